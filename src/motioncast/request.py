"""What a caller asks for: the parameters of the hosted Wan 2.2 Animate endpoint, validated."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from motioncast.errors import InputError

MAX_SEED = 2_147_483_647
MAX_DURATION_S = 120
ENGINES = ("auto", "puppet", "wan")
PROFILES = ("quality", "balanced", "turbo")

_Choice = TypeVar("_Choice", bound=StrEnum)


class Mode(StrEnum):
    """`animate`: the character performs. `replace`: the character takes the performer's place."""

    ANIMATE = "animate"
    REPLACE = "replace"


class Resolution(StrEnum):
    """Output area: 480p is 832 × 480 pixels, 720p is 1280 × 720, in any aspect ratio."""

    P480 = "480p"
    P720 = "720p"

    @property
    def area_px(self) -> int:
        return 832 * 480 if self is Resolution.P480 else 1280 * 720


@dataclass(frozen=True, slots=True)
class AnimateRequest:
    """One job. Names, defaults and ranges are those of the hosted endpoint.

    Raises `InputError` when a value is out of range.
    """

    image: str | Path  #: reference image: a path or an http(s) URL
    video: str | Path  #: driving video: a path or an http(s) URL
    prompt: str = ""
    mode: Mode = Mode.ANIMATE
    resolution: Resolution = Resolution.P480
    seed: int = -1  #: -1 draws a random seed
    engine: str = "auto"  #: one of `ENGINES`; auto is the best one installed
    keep_audio: bool = True
    profile: str = ""  #: wan: one of `PROFILES`; "" leaves it to the settings
    conditions: Path | None = None  #: wan: folder of preprocessed conditions, rendered instead of the video's own

    def __post_init__(self) -> None:
        object.__setattr__(self, "mode", _choice("mode", Mode, self.mode))
        object.__setattr__(self, "resolution", _choice("resolution", Resolution, self.resolution))
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not -1 <= self.seed <= MAX_SEED:
            raise InputError(f"seed must be a whole number from -1 to {MAX_SEED}, not {self.seed!r}.")
        if self.engine not in ENGINES:
            raise InputError(f"engine must be {', '.join(ENGINES[:-1])} or {ENGINES[-1]}, not {self.engine!r}.")
        if self.profile and self.profile not in PROFILES:
            raise InputError(f"profile must be {', '.join(PROFILES[:-1])} or {PROFILES[-1]}, not {self.profile!r}.")
        for name in ("image", "video"):
            if not str(getattr(self, name)).strip():
                raise InputError(f"{name} is empty: give a file path or an http(s) URL.")

    def drawn_seed(self) -> int:
        """The seed to run with: the caller's, or a fresh random one for -1."""
        return self.seed if self.seed >= 0 else secrets.randbelow(MAX_SEED + 1)


def _choice(name: str, kind: type[_Choice], value: object) -> _Choice:
    try:
        return kind(str(value))
    except ValueError:
        options = " or ".join(str(option) for option in kind)
        raise InputError(f"{name} must be {options}, not {value!r}.") from None
