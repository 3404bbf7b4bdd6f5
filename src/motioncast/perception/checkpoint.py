"""The state of a tracker as bytes, so that a tracked chunk of a clip outlives the process that tracked it.

Networks are left out: they hold no state of the clip. What was stored is read with a list of permitted classes, so a
changed file can break a job but cannot run code.
"""

import io
import pickle
import zlib
from collections.abc import Callable
from typing import Any

from motioncast.errors import ProcessingError

_VERSION = b"MCTRK\x02\n"
_LEVEL = 1
_PERMITTED = {
    ("collections", "deque"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("motioncast.perception.body", "BodyFollower"),
    ("motioncast.perception.body", "_OneEuro"),
    ("motioncast.perception.body_pace", "BodyLook"),
    ("motioncast.perception.body_pace", "PacedBody"),
    ("motioncast.perception.chains", "Chains"),
    ("motioncast.perception.chains", "Found"),
    ("motioncast.perception.face", "FaceFollower"),
    ("motioncast.perception.glance", "Glance"),
    ("motioncast.perception.hand", "HandFollower"),
    ("motioncast.perception.hand", "NotLookedAt"),
    ("motioncast.perception.identity", "Identity"),
    ("motioncast.perception.identity", "_Place"),
    ("motioncast.perception.mask", "MaskFollower"),
    ("motioncast.perception.mask", "PlacedMask"),
    ("motioncast.perception.networks", "Points"),
    ("motioncast.perception.pose_network", "Pose"),
    ("motioncast.perception.roi", "Roi"),
    ("motioncast.perception.shots", "CutDetector"),
    ("motioncast.perception.skeleton", "Body"),
}


def freeze(state: object, fixed: tuple[type, ...]) -> bytes:
    """`state` as bytes, each object of a `fixed` class replaced by its number of appearance."""
    buffer = io.BytesIO()
    _Writer(buffer, fixed).dump(state)
    return _VERSION + zlib.compress(buffer.getvalue(), _LEVEL)


def thaw(data: bytes, fresh: object, fixed: tuple[type, ...]) -> Any:
    """What `freeze` was given; objects of `fixed` classes are taken from `fresh`, a state that was built alike.

    Raises `ProcessingError` if the bytes are damaged or come from another version.
    """
    if not data.startswith(_VERSION):
        raise ProcessingError("The stored tracking comes from another version: it has to be done again.")
    inventory = _Writer(io.BytesIO(), fixed)
    inventory.dump(fresh)
    try:
        return _Reader(io.BytesIO(zlib.decompress(data[len(_VERSION) :])), inventory.found).load()
    except (pickle.UnpicklingError, zlib.error, EOFError, AttributeError, IndexError, TypeError, ValueError) as error:
        raise ProcessingError("The stored tracking is damaged: it has to be done again.") from error


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, fixed: tuple[type, ...]) -> None:
        super().__init__(file, protocol=5)
        self.found: list[object] = []
        self._fixed = fixed
        self._numbers: dict[int, int] = {}

    def persistent_id(self, obj: object) -> int | None:
        if not isinstance(obj, self._fixed):
            return None
        if id(obj) not in self._numbers:
            self._numbers[id(obj)] = len(self.found)
            self.found.append(obj)
        return self._numbers[id(obj)]


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, fixed: list[object]) -> None:
        super().__init__(file)
        self._fixed = fixed

    def persistent_load(self, pid: Any) -> object:
        return self._fixed[int(pid)]

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if (module, name) not in _PERMITTED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a tracker's state")
        found: Callable[..., Any] = super().find_class(module, name)
        return found
