"""What the prose names in passing is there: settings, commands with their options, targets of the Makefile."""

import re

import pytest
import typer

from motioncast.cli.main import app
from tests.acceptance.command import motioncast
from tests.docs.snippets import ROOT, pages

#: read by the command itself, before there are settings
APART = {"MOTIONCAST_CONFIG"}
_CODE = re.compile(r"`([^`\n]+)`")


def inline(page: str, beginning: str) -> list[list[str]]:
    """The words of every piece of inline code that begins with a word."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [code.split() for code in _CODE.findall(text) if code.split()[:1] == [beginning]]


@pytest.mark.parametrize("page", pages())
def test_the_makefile_has_the_targets(page):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [words for words in inline(page, "make") if words[1] not in targets] == []


@pytest.mark.parametrize("page", pages())
def test_the_command_has_the_subcommands_and_options(page):
    unknown = []
    for words in inline(page, "motioncast"):
        command, rest = typer.main.get_command(app), words[1:]
        while rest and rest[0] in getattr(command, "commands", {}):
            command, rest = command.commands[rest[0]], rest[1:]
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        lost = [word for word in rest if word.startswith("-") and word not in known]
        if lost or (rest and hasattr(command, "commands")):
            unknown.append(words)
    assert unknown == []


def test_every_setting_exists(tmp_path):
    known = APART | set(re.findall(r"^(MOTIONCAST_\w+)=", motioncast("config", cwd=tmp_path).stdout, re.MULTILINE))
    named = {
        (page, name)
        for page in (*pages(), "Dockerfile", "compose.yaml")
        for name in re.findall(r"MOTIONCAST_[A-Z0-9_]*[A-Z0-9]\b", (ROOT / page).read_text(encoding="utf-8"))
    }
    assert {(page, name) for page, name in named if name not in known} == set()
