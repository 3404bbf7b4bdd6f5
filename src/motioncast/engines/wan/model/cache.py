"""Tensors that the next job would compute again, kept by what they were made of: on disk or in memory."""

import contextlib
import hashlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

KEPT = 64  #: files of a folder; those not used for the longest time make room


class TensorCache:
    """A folder of tensors. A file that cannot be read is made anew; a folder that cannot be written is not used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, kind: str, made_of: tuple[str | bytes, ...], compute: Callable[[], Tensor]) -> Tensor:
        """The tensor that `compute` makes of `made_of`, which must name all it depends on, the weights included."""
        path = self.folder / f"{kind}-{_name(made_of)}.safetensors"
        try:
            tensor = load_file(path)["tensor"]
        except Exception:  # missing, or anything that safetensors says of a damaged file
            tensor = compute().cpu().contiguous()
            self._keep(path, tensor)
        else:
            with contextlib.suppress(OSError):
                path.touch()
        return tensor

    def _keep(self, path: Path, tensor: Tensor) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder) as part:
                save_file({"tensor": tensor}, Path(part, path.name))
                os.replace(Path(part, path.name), path)
            by_age = sorted(self.folder.glob("*.safetensors"), key=lambda file: file.stat().st_mtime_ns)
            for old in by_age[:-KEPT]:
                old.unlink(missing_ok=True)
        except (OSError, SafetensorError):  # no place to write, or none left
            return


class MemoryCache:
    """The tensors of the last few pictures, as long as the process lives."""

    def __init__(self, kept: int = 16) -> None:
        self._kept = kept
        self._tensors: OrderedDict[str, Tensor] = OrderedDict()

    def get(self, kind: str, made_of: tuple[str | bytes, ...], compute: Callable[[], Tensor]) -> Tensor:
        """See `TensorCache.get`."""
        name = f"{kind}-{_name(made_of)}"
        if name not in self._tensors:
            self._tensors[name] = compute().cpu()
        self._tensors.move_to_end(name)
        while len(self._tensors) > self._kept:
            self._tensors.popitem(last=False)
        return self._tensors[name]


def _name(made_of: tuple[str | bytes, ...]) -> str:
    digest = hashlib.sha256()
    for part in made_of:
        part = part.encode() if isinstance(part, str) else part
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:32]
