"""Settings: `MOTIONCAST_*` environment variables over a TOML file over defaults.

A settings class is a frozen dataclass whose fields are made by `setting`; `read_settings` fills it. The TOML file is
named by `MOTIONCAST_CONFIG`; its keys are the field names.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from motioncast.errors import InputError

PREFIX = "MOTIONCAST_"
CONFIG_VARIABLE = "MOTIONCAST_CONFIG"
_Class = TypeVar("_Class")


def setting(help: str, default: Any, read: Callable[[str], Any], *, show: Callable[[Any], str] = str) -> Any:
    """A field with what it means, its default (or a function that makes it), and how its text is read."""
    metadata = {"help": help, "read": read, "show": show}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def whole(least: int, most: int = 2**31 - 1) -> Callable[[str], int]:
    """Reads a whole number of a range."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return read


def amount(text: str) -> float:
    """Reads a number from 0 on."""
    return 0.0 if text.strip("0.") == "" else positive(text)


def positive(text: str) -> float:
    """Reads a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e12:
        raise ValueError("a number above 0")
    return value


def switch(text: str) -> bool:
    """Reads on or off."""
    words = {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise ValueError("on or off")
    return words[text.lower()]


def choice(*options: str) -> Callable[[str], str]:
    """Reads one of some words."""

    def read(text: str) -> str:
        if text not in options:
            raise ValueError(" or ".join(options))
        return text

    return read


def folder(text: str) -> Path:
    """Reads a path; ~ is the home directory."""
    return Path(text).expanduser()


def available_cpus() -> int:
    """CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _default_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "motioncast"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where Motioncast keeps what it fetches, and how much of the machine it uses."""

    home: Path = setting("cache of network weights and samples", _default_home, folder)
    threads: int = setting(
        "threads for tracking and rendering; never changes the result", lambda: max(2, available_cpus()), whole(1, 4096)
    )
    models: Path | None = setting(
        "folder with the network weights, if not inside the cache", None, folder, show=lambda path: str(path or "")
    )

    @property
    def models_dir(self) -> Path:
        return self.models or self.home / "models"

    @property
    def samples_dir(self) -> Path:
        return self.home / "samples"


def load_settings() -> Settings:
    """The settings of every job. Raises `InputError` when one has no usable value."""
    return read_settings(Settings)


def read_settings(kind: type[_Class], given: Mapping[str, Any] | None = None) -> _Class:
    """Fill the settings class `kind`: `given` options (None counts as absent) before environment before file.

    Raises `InputError` when a value cannot be used or the file cannot be read.
    """
    stored, options, values = _config_file(), given or {}, {}
    for entry in fields(kind):  # type: ignore[arg-type]  # a dataclass
        option, variable = options.get(entry.name), variable_of(entry.name)
        text, origin = os.environ.get(variable), variable
        if option is not None:
            text, origin = str(option), f"--{entry.name.replace('_', '-')}"
        elif not text and entry.name in stored:
            text, origin = _text(stored[entry.name]), f"{entry.name} in the settings file"
        if not text:
            continue
        try:
            values[entry.name] = entry.metadata["read"](text)
        except ValueError as error:
            raise InputError(f"{origin} must be {error}, not {text!r}.") from None
    return kind(**values)


def given(name: str) -> bool:
    """Whether the operator has set `name`, by variable or file."""
    return bool(os.environ.get(variable_of(name))) or name in _config_file()


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def describe(settings: Any) -> list[tuple[str, str, str]]:
    """(variable, value, meaning) of every setting of a settings object."""
    return [
        (variable_of(entry.name), entry.metadata["show"](getattr(settings, entry.name)), entry.metadata["help"])
        for entry in fields(settings)
    ]


def _config_file() -> dict[str, Any]:
    path = os.environ.get(CONFIG_VARIABLE)
    if not path:
        return {}
    try:
        with Path(path).expanduser().open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"The settings file {path} of {CONFIG_VARIABLE} cannot be read: {error}.") from None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    return str(value)
