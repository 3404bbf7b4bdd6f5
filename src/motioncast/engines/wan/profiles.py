"""How thoroughly the model works: fewer steps or skipped ones against quality."""

from dataclasses import dataclass

from motioncast.errors import InputError


@dataclass(frozen=True, slots=True)
class Profile:
    """One trade of time against quality."""

    steps: int
    #: diffusers' first-block cache: a step whose first block changes by less than this share reuses the last result
    cache_threshold: float | None = None
    distilled: bool = False  #: needs a step-distillation LoRA
    skipped: float = 0.0  #: largest share of steps that the cache is assumed to skip; never measured


PROFILES = {
    "quality": Profile(steps=20),
    "balanced": Profile(steps=20, cache_threshold=0.08, skipped=0.5),
    "turbo": Profile(steps=4, distilled=True),
}


def choose_profile(name: str, distill: str) -> Profile:
    """The profile called `name`; `distill` names the LoRA of the `turbo` profile. Raises `InputError` without it."""
    profile = PROFILES[name]
    if profile.distilled and not distill:
        raise InputError(
            "The turbo profile needs a step-distillation LoRA: set MOTIONCAST_WAN_DISTILL to its file or hub id, "
            "or choose the profile quality or balanced."
        )
    return profile
