"""Every command and script of the documentation runs: see `snippets.py` for what a page may ask for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.page_run import PageRun, needs_server
from tests.docs.shell import Shell
from tests.docs.snippets import ROOT, code_of, english, pages, snippets_of

#: a Chinese page whose code is the English page's runs there
PAGES = [
    page for page in pages() if snippets_of(page) and not (english(page) and code_of(page) == code_of(english(page)))
]
DOCKER_PAGES = [page for page in PAGES if any(each.directive == "docker" for each in snippets_of(page))]


@pytest.mark.parametrize("page", PAGES)
def test_page(page, folder, environment, request, tmp_path):
    snippets, text = snippets_of(page), (ROOT / page).read_text(encoding="utf-8")
    caller = request.getfixturevalue("caller") if needs_server(snippets) else None
    wan = {}
    if any(each.directive == "wan" for each in snippets):
        wan = request.getfixturevalue("wan")
        shutil.copy(request.getfixturevalue("blink"), folder / "dance.mp4")  # a frame of this engine takes seconds
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    served = {"KEY": caller.key, "MOTIONCAST_DATA_DIR": str(caller.server.data_dir)} if caller else {}
    with Shell(folder, tmp_path, {**environment, **path, **served}) as shell:
        run = PageRun(folder, shell, caller, text, wan)
        left_out = []
        for snippet in snippets:
            try:
                run.run(snippet)
            except pytest.skip.Exception as reason:
                left_out.append(f"{snippet.where}: {reason}")
    if left_out:
        pytest.skip(f"{len(left_out)} of {len(snippets)} blocks did not run. {'; '.join(left_out)}")


@pytest.mark.parametrize("page", DOCKER_PAGES)
def test_docker(page, environment, tmp_path):
    if _docker("info") != 0:
        pytest.skip("There is no Docker engine here.")
    project = {"COMPOSE_PROJECT_NAME": f"motioncast-docs-{os.getpid()}"}  # nobody's data
    environment = {**environment, **project, "HOME": os.environ["HOME"]}
    try:
        with Shell(ROOT, tmp_path, environment) as shell:
            for snippet in snippets_of(page):
                if snippet.directive == "docker":
                    shell.run(snippet, snippet.code)
    finally:
        _docker("compose", "down", "--volumes", "--rmi", "local", **project)


def _docker(*arguments: str, **environment: str) -> int:
    """Exit status of a command of Docker."""
    try:
        return subprocess.run(
            ["docker", *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, check=False
        ).returncode
    except FileNotFoundError:
        return 127
