"""Whether the wan extra is installed, without importing any of it."""

from importlib.util import find_spec

from motioncast.errors import InputError

_NEEDED = ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors")


def require_extra() -> None:
    """Raises `InputError` when something that the wan engine needs is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(
            f"The wan engine is not installed ({', '.join(missing)} missing): run `make install-wan` or "
            "`pip install 'motioncast[wan]'`, or use --engine puppet."
        )
