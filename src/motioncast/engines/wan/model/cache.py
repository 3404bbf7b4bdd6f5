"""Tensors that the next job would compute again, kept on disk by what they were made of."""

import contextlib
import hashlib
import os
import tempfile
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
        digest = hashlib.sha256()
        for part in made_of:
            part = part.encode() if isinstance(part, str) else part
            digest.update(len(part).to_bytes(8, "little") + part)
        path = self.folder / f"{kind}-{digest.hexdigest()[:32]}.safetensors"
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
