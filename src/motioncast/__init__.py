"""Motioncast: a picture and a driving video in, a performed video out.

    import motioncast
    result = motioncast.animate(motioncast.AnimateRequest("me.png", "dance.mp4"), output="out.mp4")

Importing this package loads no video, vision or network library; `animate` loads them when it is called.
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from motioncast.errors import Cancelled, InputError, MotioncastError, ProcessingError
from motioncast.progress import OnProgress, Progress
from motioncast.request import AnimateRequest, Mode, Resolution

if TYPE_CHECKING:
    from motioncast.pipeline import AnimateResult, animate

__version__ = version("motioncast")
__all__ = [
    "AnimateRequest",
    "AnimateResult",
    "Cancelled",
    "InputError",
    "Mode",
    "MotioncastError",
    "OnProgress",
    "ProcessingError",
    "Progress",
    "Resolution",
    "animate",
]


def __getattr__(name: str) -> Any:
    if name in {"animate", "AnimateResult"}:
        from motioncast import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
