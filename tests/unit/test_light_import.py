"""Importing the package or the command line loads nothing heavy; each command loads what it needs."""

import subprocess
import sys

import pytest

HEAVY = ("alembic", "av", "cv2", "dbos", "fastapi", "httpx2", "numba", "numpy", "onnxruntime", "pydantic", "sqlalchemy")


@pytest.mark.parametrize("module", ["motioncast", "motioncast.cli.main"])
def test_nothing_heavy_is_loaded(module):
    code = f"import sys, {module}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
