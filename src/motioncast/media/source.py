"""From what the user gave (a path or an http(s) URL) to a file on this machine."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from motioncast.errors import InputError

if TYPE_CHECKING:
    from motioncast.media.download import FetchLimits
    from motioncast.media.guard import HostPolicy

What = Literal["image", "video", "file"]
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]+)://|^(data):", re.IGNORECASE)


def local_file(
    reference: str | Path,
    workdir: Path,
    what: What,
    policy: "HostPolicy | None" = None,
    limits: "FetchLimits | None" = None,
) -> Path:
    """A readable file for `reference`: the path itself, or an http(s) URL downloaded into `workdir`.

    By default any host may be reached, within generous limits. Raises `InputError` if there is no such file, it is
    empty or a directory, or as `download` does.
    """
    scheme = _SCHEME.match(reference) if isinstance(reference, str) else None
    if scheme is None:
        return _checked(Path(reference), what)
    name = (scheme[1] or scheme[2]).lower()
    if name not in ("http", "https"):
        hint = "give the file's path instead" if name == "file" else "give a path or an http(s) URL"
        raise InputError(f"The {what} cannot be read from a {name}: address; {hint}.")
    # the HTTP client takes a tenth of a second to load, and most jobs come with files
    from motioncast.media.download import FetchLimits, download
    from motioncast.media.guard import HostPolicy

    return download(str(reference), workdir, what, policy or HostPolicy.open(), limits or FetchLimits())


def _checked(path: Path, what: What) -> Path:
    try:
        if path.is_dir():
            raise InputError(f"The {what} {path} is a directory; give the path of one file.")
        if not path.is_file():
            raise InputError(f"The {what} {path} does not exist; check the path.")
        if path.stat().st_size == 0:
            raise InputError(f"The {what} {path} is empty (0 bytes); check how it was made.")
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:  # no permission, a name too long, a NUL in it
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The {what} {_short(str(path))} cannot be read: {reason}.") from error
    return path


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:197]}..."
