"""Carry out the Dockerfile without Docker: `python -m tests.docs.dockerfile FOLDER [--bind PATH]...`, as root.

FOLDER keeps a Debian root, made by debootstrap the first time, that stands in for the Python image. Each stage is a
copy of it; RUN happens in a chroot. What of this machine pip needs in there is named with --bind. At the end CMD runs
in a network of its own, with nothing in it, until HEALTHCHECK passes.
"""

import argparse
import fnmatch
import json
import os
import re
import shlex
import shutil
import string
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.snippets import ROOT

_PACKAGES = "python3,python3-venv,ca-certificates"
_PASSED_ON = ("PIP_", "SSL_CERT_")


@dataclass
class Stage:
    """A file system in the making, and what the instructions so far have set."""

    root: Path
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    workdir: str = "/"
    user: str = "root"
    command: str = ""
    health: str = ""

    def chroot(self, command: str, extra: dict[str, str]) -> str:
        """A shell command that runs `command` inside."""
        variables = [f"{name}={value}" for name, value in {**extra, **self.environment}.items()]
        home = 'HOME=$(getent passwd "$(id -u)" | cut -d: -f6); export HOME'
        inside = f"{home}; cd {shlex.quote(self.workdir)} && {command}"
        where = ["chroot", f"--userspec={self.user}", str(self.root), "env", "-i"]
        return shlex.join([*where, *variables, "sh", "-c", inside])


class Build:
    """The stages of a Dockerfile, in `folder`."""

    def __init__(self, folder: Path, binds: list[str]) -> None:
        self.folder, self.binds = folder, binds
        self.stages: dict[str, Stage] = {}
        self.stage = Stage(folder)

    def carry_out(self, dockerfile: Path) -> None:
        """Every instruction, in order."""
        for name, rest in instructions(dockerfile.read_text()):
            print(name, rest, flush=True)
            getattr(self, f"_{name.lower()}")(rest)

    def start(self) -> None:
        """Run CMD as a container without a network; raises where HEALTHCHECK does not pass."""
        stage = self.stage
        running, asking = stage.chroot(f"exec {stage.command}", {}), stage.chroot(stage.health, {})
        self._outside(
            f"ip link set lo up; {running} & server=$!\n"
            f"for _ in $(seq 120); do sleep 1; if {asking} 2>/dev/null; then healthy=1; break; fi; done\n"
            'kill "$server"; wait "$server" || echo "CMD ended with $?"\n'
            '[ "${healthy:-}" ] && echo "HEALTHCHECK passed"',
            "--net",
        )

    def _outside(self, script: str, *apart: str) -> None:
        """Run a script whose mounts are seen by nobody else."""
        root = self.stage.root
        mounts = [f"mount -t proc proc {root}/proc", f"mount --rbind /dev {root}/dev"]
        for bind in self.binds if not apart else []:
            inside = root / bind.lstrip("/")
            if Path(bind).is_dir():
                inside.mkdir(parents=True, exist_ok=True)
            else:
                inside.parent.mkdir(parents=True, exist_ok=True)
                inside.touch()
            mounts.append(f"mount --bind {bind} {inside}")
        script = "\n".join(["set -eu", *mounts, script])
        subprocess.run(["unshare", "--mount", "--propagation", "private", *apart, "bash", "-c", script], check=True)

    def _from(self, rest: str) -> None:
        base, _, name = re.fullmatch(r"(\S+)(\s+AS\s+(\S+))?", rest, re.IGNORECASE).groups()
        assert base.startswith("python:3."), f"nothing here stands in for {base}"
        self.stage = Stage(self.folder / f"stage-{len(self.stages)}")
        self.stages[name or ""] = self.stage
        shutil.rmtree(self.stage.root, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", self.folder / "base", self.stage.root], check=True)

    def _workdir(self, rest: str) -> None:
        self.stage.workdir = rest
        (self.stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _env(self, rest: str) -> None:
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            self.stage.environment[name] = string.Template(value).substitute(self.stage.environment)

    def _run(self, rest: str) -> None:
        passed = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
        self._outside(self.stage.chroot(rest, passed))

    def _copy(self, rest: str) -> None:
        *options, source, target = rest.split()
        into = self.stage.root / os.path.join(self.stage.workdir, target).lstrip("/")
        if options:
            other = self.stages[options[0].removeprefix("--from=")]
            subprocess.run(["cp", "-aT", other.root / source.lstrip("/"), into], check=True)
            return
        for path in context():
            if Path(source) in (path, Path("."), *path.parents):
                (into / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, into / path)

    def _user(self, rest: str) -> None:
        self.stage.user = rest

    def _cmd(self, rest: str) -> None:
        self.stage.command = shlex.join(json.loads(rest))

    def _healthcheck(self, rest: str) -> None:
        self.stage.health = shlex.join(json.loads(rest[rest.index("CMD") + 3 :]))

    def _volume(self, rest: str) -> None:
        assert (self.stage.root / rest.lstrip("/")).is_dir()

    def _expose(self, rest: str) -> None:
        assert rest.isdecimal()


def instructions(text: str) -> list[tuple[str, str]]:
    """(name, rest) of each instruction."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1].strip()) for line in joined.splitlines()]


def context() -> list[Path]:
    """The files that .dockerignore lets through, relative to the repository."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().split("\n") if line and not line.startswith("#")]
    found = []
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in (".git", ".venv")]
        relative = (Path(folder, name).relative_to(ROOT) for name in files)
        found += [path for path in relative if not _ignored(path, rules)]
    return found


def _ignored(path: Path, rules: list[str]) -> bool:
    """Whether the last rule that matches the path or a folder around it excludes it."""
    names = [each.as_posix() for each in (path, *path.parents) if each.name]
    ignored = False
    for rule in rules:
        pattern = rule.lstrip("!").rstrip("/")
        any_depth = pattern.removeprefix("**/") if pattern.startswith("**/") else None
        if any(fnmatch.fnmatch(name, pattern) or any_depth == name.rsplit("/")[-1] for name in names):
            ignored = not rule.startswith("!")
    return ignored


def make_base(folder: Path, suite: str) -> None:
    """A small Debian with Python, once."""
    base = folder / "base"
    if (base / "usr/local/bin/python").is_symlink():
        return
    shutil.rmtree(base, ignore_errors=True)
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", suite, base], check=True)
    (base / "usr/local/bin/python").symlink_to("/usr/bin/python3")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bind", action="append", default=[], metavar="PATH", help="make a file or folder visible")
    parser.add_argument("--suite", default="bookworm", help="the Debian release")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    make_base(given.folder, given.suite)
    build = Build(given.folder.resolve(), given.bind)
    build.carry_out(ROOT / "Dockerfile")
    build.start()
