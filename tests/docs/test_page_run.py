"""A wrong block fails, and the message has the page and the line."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.page_run import PageRun
from tests.docs.shell import Shell
from tests.docs.snippets import Snippet


@pytest.fixture
def run(tmp_path: Path) -> Iterator[PageRun]:
    """A page without a server."""
    folder = tmp_path / "work"
    folder.mkdir()
    with Shell(folder, tmp_path, {"PATH": os.environ["PATH"]}) as shell:
        yield PageRun(folder, shell, None, "", {})


def snippet(language: str, code: str, directive: str = "", line: int = 12) -> Snippet:
    return Snippet("page.md", line, language, directive, code)


@pytest.mark.parametrize(
    ("language", "directive", "code", "said"),
    [
        ("bash", "", "true\nfalse | cat\ntrue\n", "page.md:13: exit status 1"),
        ("bash", "", "A=$(false)\n", "page.md:12: exit status 1"),
        ("bash", "", 'echo "$NOTHING"\n', "NOTHING: unbound variable"),
        ("bash", "background", "echo no server\n", "page.md:12: the server ended with 0"),
        ("bash", "checkout", "make install\nmake nothing  # at all\n", "page.md:13: neither make nor CI knows"),
        ("bash", "wavespeed-cli", "true\n", "the page does not say `npm install"),
        ("python", "", "\nimport numpy\n", "line 13"),
        ("python", "", "import wavespeed\n", "the page does not say `pip install"),
        ("js", "", "throw new Error('x');\n", "page.md:12: the script ended with 1"),
        ("json", "", "{'a': 1}\n", "page.md:12: this is no json"),
        ("yaml", "", "a: b: c\n", "page.md:12: this is no YAML"),
        ("toml", "", "workers = -1\n", "workers in the settings file must be"),
        ("toml", "", "worker = 1\n", "page.md:12: no settings: worker."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(run, language, directive, code, said):
    with pytest.raises(pytest.fail.Exception) as failure:
        run.run(snippet(language, code, directive))
    assert said in str(failure.value)
    assert "page.md:1" in str(failure.value)


def test_the_blocks_of_a_page_share_one_session_and_scripts_can_go_on(run):
    run.run(snippet("bash", "NAME=shared\ncd ..\n"))
    run.run(snippet("bash", '[ "$NAME" = shared ] && [ "$(basename "$PWD")" != work ]\n', line=20))
    run.run(snippet("python", "value = 3\n", line=30))
    run.run(snippet("python", "assert value == 3\n", "continues", line=40))


def test_what_needs_the_wan_extra_is_passed_over_without_it(run):
    with pytest.raises(pytest.skip.Exception, match="wan extra"):
        run.run(snippet("bash", "false\n", "wan"))
