"""Settings of the wan engine: `MOTIONCAST_WAN_*` variables or keys of the settings file."""

from dataclasses import dataclass
from typing import Literal

from motioncast.engines.wan.segments import CARRIED, Sizing
from motioncast.request import PROFILES
from motioncast.settings import amount, choice, setting, switch

HUB_ID = "Wan-AI/Wan2.2-Animate-14B-Diffusers"
MEMORY_PLANS = ("auto", "full", "int8", "fp8", "offload", "cpu")


def _on_off(value: bool) -> str:
    return "on" if value else "off"


def _carried(text: str) -> int:
    if text not in {str(count) for count in CARRIED}:
        raise ValueError(" or ".join(str(count) for count in CARRIED))
    return int(text)


@dataclass(frozen=True)
class WanSettings:
    """What an operator may decide about the model."""

    wan_model: str = setting("weights: a folder in diffusers' format, or a hub id", HUB_ID, str)
    wan_transformer: str = setting("folder of the transformer in the original format, if not the model's own", "", str)
    wan_profile: str = setting("how thoroughly to work, where a job does not say", "quality", choice(*PROFILES))
    wan_memory: str = setting("where the weights live; auto asks the device", "auto", choice(*MEMORY_PLANS))
    wan_attention: str = setting(
        "attention kernel by diffusers' name; auto takes the best this device can", "auto", str
    )
    wan_guidance: float = setting("strength of the prompt; 1 is off, more doubles the work", 1.0, amount)
    wan_segments: Sizing = setting(
        "length of segments: fixed (as published), tail (the last one shorter) or balanced",
        Sizing.FIXED,
        lambda text: Sizing(choice(*Sizing)(text)),
    )
    wan_carried: int = setting("frames that a segment takes over from the one before, 1 or 5", 1, _carried)
    wan_match_colour: bool = setting("match colours where segments join", False, switch, show=_on_off)
    wan_paste_back: bool = setting(
        "replace: keep the source's own pixels outside the performer's mask", True, switch, show=_on_off
    )
    wan_shortcuts: bool = setting(
        "rearranged arithmetic, equal up to rounding instead of to the bit", False, switch, show=_on_off
    )
    wan_clip: str = setting(
        "how CLIP sees the picture: official (squeezed) or diffusers (cropped)",
        "official",
        choice("official", "diffusers"),
    )
    wan_distill: str = setting("turbo: file, folder or hub id of a step-distillation LoRA", "", str)
    wan_relight: str = setting("replace: file, folder or hub id of the relighting LoRA; empty does without", "", str)
    wan_pose: str = setting("ONNX file of a whole-body pose network for rtmlib, if not our own perception", "", str)
    wan_pose_detector: str = setting("ONNX file of a person detector for it", "", str)
    wan_sam2: str = setting(
        "folder or cached hub id of SAM 2 for the masks of replace, if not our own perception", "", str
    )

    @property
    def clip_fit(self) -> Literal["official", "diffusers"]:
        return "diffusers" if self.wan_clip == "diffusers" else "official"
