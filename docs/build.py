"""Build the guide: `python docs/build.py FOLDER`. The wheel's build hook and `make docs` run this."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
#: what the pages are made of, besides this folder
INCLUDED = ("CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml")
_STAMP = ROOT / "build" / "guide.sha256"  # not in the guide: it has no place in the wheel
_LEFT_BEHIND = (".buildinfo", "objects.inv", "**/*.map")


def is_current(target: Path) -> bool:
    """Whether `target` holds the guide as its sources are now."""
    return (target / "index.html").exists() and _STAMP.exists() and _STAMP.read_text() == _fingerprint(target)


def build(target: Path, *options: str) -> None:
    """Write the guide in English, and in Chinese under zh/, into `target`. Raises `RuntimeError` where Sphinx fails."""
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch) / "guide"
        _sphinx(DOCS, built, *options)
        _sphinx(DOCS / "zh", built / "zh", "-t", "zh", *options)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(built, target)
    _STAMP.parent.mkdir(exist_ok=True)
    _STAMP.write_text(_fingerprint(target))


def _sphinx(source: Path, target: Path, *options: str) -> None:
    from sphinx.cmd.build import main

    with tempfile.TemporaryDirectory() as doctrees:
        if main(["-q", "-b", "html", "-c", str(DOCS), "-d", doctrees, *options, str(source), str(target)]):
            raise RuntimeError(f"Sphinx could not build {source}: its messages above say why.")
    for pattern in _LEFT_BEHIND:
        for path in target.glob(pattern):
            path.unlink()


def _fingerprint(target: Path) -> str:
    """SHA-256 over the sources and their names, and where the guide was built from them."""
    files = [path for path in DOCS.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    total = hashlib.sha256(str(target.resolve()).encode())
    for path in sorted([*files, *(ROOT / name for name in INCLUDED)]):
        total.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


if __name__ == "__main__":
    build(Path(sys.argv[1]), "-W", "--keep-going", "-n")
