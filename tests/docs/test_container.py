"""Dockerfile and compose.yaml, as far as that can be judged without running them: see `dockerfile.py` for more."""

import tomllib
from pathlib import Path

import yaml

from tests.docs.dockerfile import Build, context, instructions
from tests.docs.snippets import ROOT


def test_every_instruction_can_be_carried_out_by_the_script():
    names = {name for name, _ in instructions((ROOT / "Dockerfile").read_text())}
    assert [name for name in names if not hasattr(Build, f"_{name.lower()}")] == []


def test_a_build_is_sent_what_the_package_is_made_of_and_nothing_of_this_checkout():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    sent = set(context())
    needed = {"pyproject.toml", "constraints.txt", "hatch_build.py", "src/motioncast/__init__.py", "docs/conf.py"}
    assert {Path(name) for name in {*needed, project["readme"], *project["license-files"]}} <= sent
    assert not [path for path in sent if {"__pycache__", "tests", "guide"} & set(path.parts)]


def test_compose_refers_to_what_is_there():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    for service in compose["services"].values():
        build = service["build"] if isinstance(service["build"], dict) else {"context": service["build"]}
        assert (ROOT / build["context"] / build.get("dockerfile", "Dockerfile")).is_file()
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose.get("volumes", {}) or (ROOT / source).exists(), f"there is no {source}"
