"""Whether the wan extra is installed, without importing any of it."""

from importlib.util import find_spec

from motioncast.errors import InputError

_NEEDED = (
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "peft",
    "safetensors",
    "torchao",
    "ftfy",
    "sentencepiece",
)


def is_installed() -> bool:
    """Whether everything that the engine needs is there."""
    return not _missing()


def require_extra() -> None:
    """Raises `InputError` when something that the wan engine needs is not installed."""
    missing = _missing()
    if missing:
        raise InputError(
            f"The wan engine is not installed ({', '.join(missing)} missing): run `make install-wan` or "
            "`pip install 'motioncast[wan]'`, or use --engine puppet."
        )


def _missing() -> list[str]:
    return [name for name in _NEEDED if find_spec(name) is None]
