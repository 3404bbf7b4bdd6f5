"""The checkpoint's files: a folder in diffusers' format, or the hub's copy of one. Needs no torch."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motioncast.engines.wan.settings import HUB_ID
from motioncast.errors import InputError, ProcessingError

COMPONENTS = (
    "transformer",
    "vae",
    "text_encoder",
    "tokenizer",
    "image_encoder",
    "image_processor",
    "scheduler",
)


@dataclass(frozen=True)
class Checkpoint:
    """A folder in diffusers' format, all components there."""

    folder: Path

    def fingerprint(self, *components: str) -> str:
        """Changes with every change of the files of `components`."""
        return fingerprint(*(self.folder / component for component in components))


def fingerprint(*paths: Path) -> str:
    """Of files and of the files in folders: name, size and time, and each configuration. What is not there counts."""
    digest = hashlib.sha256()
    for root in paths:
        for path in sorted(root.iterdir()) if root.is_dir() else [root]:
            about = path.stat() if path.is_file() else None
            stamp = (root.name, path.name, about and about.st_size, about and about.st_mtime_ns)
            digest.update(f"{stamp}\n".encode())
            if about and path.suffix == ".json" and about.st_size < 1 << 20:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def find_checkpoint(model: str, transformer: bool = True) -> Checkpoint:
    """The checkpoint that `model` names: a folder, or a hub id, which is fetched into the hub's own cache.

    Its `transformer`, by far the largest part, may be left out by who has another. Raises `InputError` when it is
    neither or incomplete, `ProcessingError` when it cannot be fetched.
    """
    path, needed = Path(model).expanduser(), COMPONENTS[0 if transformer else 1 :]
    if not path.exists():
        if model.count("/") != 1 or model.startswith((".", "/", "~")):
            raise InputError(f"There is no folder {model}: set MOTIONCAST_WAN_MODEL to a checkpoint or a hub id.")
        path = _fetched(model, needed)
    missing = [name for name in needed if not (path / name).is_dir()]
    if missing:
        raise InputError(
            f"The checkpoint {model} has no {', '.join(missing)}: set MOTIONCAST_WAN_MODEL to a whole one in "
            f"diffusers' format, such as {HUB_ID}."
        )
    return Checkpoint(path)


def _fetched(hub_id: str, components: Sequence[str]) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(hub_id, allow_patterns=["model_index.json", *(f"{c}/*" for c in components)]))
    except Exception as error:  # the hub's own errors, and those of several HTTP libraries
        raise ProcessingError(
            f"The model {hub_id} could not be fetched from its hub ({type(error).__name__}): check the network, or "
            "set MOTIONCAST_WAN_MODEL to a folder that holds it."
        ) from error
