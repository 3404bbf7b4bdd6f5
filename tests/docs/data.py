"""Blocks of data: they parse, and a settings file is one."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.acceptance.command import COMMAND
from tests.docs.snippets import Snippet


def check_data(snippet: Snippet, folder: Path) -> None:
    """Parse a block; load one of TOML as the settings. What is only looked at passes."""
    try:
        if snippet.language == "json":
            json.loads(snippet.code)
        elif snippet.language == "yaml":
            yaml.safe_load(snippet.code)
        elif snippet.language == "toml":
            _check_settings(snippet, folder)
    except ValueError as error:
        pytest.fail(f"{snippet.where}: this is no {snippet.language}: {error}", pytrace=False)
    except yaml.YAMLError as error:
        pytest.fail(f"{snippet.where}: this is no YAML: {error}", pytrace=False)


def _check_settings(snippet: Snippet, folder: Path) -> None:
    """`motioncast config` reads the file, and every key is a setting (it passes over others)."""
    keys = tomllib.loads(snippet.code)
    file = folder / "settings.toml"
    file.write_text(snippet.code, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOTIONCAST_")}
    done = subprocess.run(
        [*COMMAND, "config"],
        env={**environment, "MOTIONCAST_CONFIG": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{snippet.where}: {done.stderr}", pytrace=False)
    known = re.findall(r"^MOTIONCAST_(\w+)=", done.stdout, re.MULTILINE)
    if unknown := [key for key in keys if key.upper() not in known]:
        pytest.fail(f"{snippet.where}: no settings: {', '.join(unknown)}.", pytrace=False)
