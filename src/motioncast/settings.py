"""Settings from the environment: MOTIONCAST_* variables, each with a working default."""

import os
from dataclasses import dataclass
from pathlib import Path

from motioncast.errors import InputError


@dataclass(frozen=True, slots=True)
class Settings:
    """Where Motioncast keeps what it fetches, and how much of the machine it uses."""

    home: Path  #: cache directory of network weights and samples (MOTIONCAST_HOME)
    threads: int  #: worker threads for tracking and rendering (MOTIONCAST_THREADS); never changes the result
    models: Path | None = None  #: folder of network weights, if not inside `home` (MOTIONCAST_MODELS)

    @property
    def models_dir(self) -> Path:
        return self.models or self.home / "models"

    @property
    def samples_dir(self) -> Path:
        return self.home / "samples"


def load_settings() -> Settings:
    """Read the environment. Raises `InputError` when a variable has no usable value."""
    default_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "motioncast"
    home = Path(os.environ.get("MOTIONCAST_HOME") or default_home).expanduser()
    threads = os.environ.get("MOTIONCAST_THREADS", "")
    if threads and not (threads.isdigit() and int(threads) > 0):
        raise InputError(f"MOTIONCAST_THREADS must be a positive whole number, not {threads!r}.")
    models = os.environ.get("MOTIONCAST_MODELS")
    return Settings(
        home=home,
        threads=int(threads) if threads else max(2, available_cpus()),
        models=Path(models).expanduser() if models else None,
    )


def available_cpus() -> int:
    """CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
