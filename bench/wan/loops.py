"""One clip through both loops: diffusers' own pipeline, and ours on the same weights."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch
from diffusers import WanAnimatePipeline, WanAnimateTransformer3DModel
from PIL import Image as Pillow

from bench.wan.drawn import DrawnClip
from motioncast.arrays import Float32, Image
from motioncast.engines.wan.model.encoders import encode_picture, encode_prompt
from motioncast.engines.wan.model.latents import LatentSpace
from motioncast.engines.wan.model.pixels import to_pixels, to_unit
from motioncast.engines.wan.model.sampler import Embeddings, Networks, Sampler
from motioncast.engines.wan.model.shot import Shot
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.engines.wan.segments import LONGEST, plan_segments

PROMPT, NEGATIVE = "w1 w2 w3", "w5 w6"
SEED = 0


@dataclass(frozen=True)
class Take:
    """A clip and how it is rendered."""

    clip: DrawnClip
    carried: int = 1
    guidance: float = 1.0
    steps: int = 2

    @property
    def mode(self) -> str:
        return "replace" if self.clip.replace else "animate"


def our_transformer(theirs: WanAnimateTransformer3DModel) -> AnimateTransformer:
    """Ours, on the very weights of `theirs`."""
    ours = AnimateTransformer.from_config(theirs.config)
    ours.load_state_dict(theirs.state_dict(), assign=True)
    return ours.eval().remember_invariants()


def diffusers_frames(pipeline: WanAnimatePipeline, take: Take, played_to_and_fro: bool = False) -> Float32:
    """(N, H, W, 3) in [0, 1] from diffusers' pipeline; None of our code takes part.

    The pipeline fails on a clip that is no longer than the frames carried over. `played_to_and_fro` gives it a whole
    segment instead, played as it plays longer clips beyond their end, and keeps the first N frames.
    """
    clip = take.clip
    conditions = list(clip.conditions())
    if played_to_and_fro:
        conditions = list(islice(cycle(conditions + conditions[-2:0:-1]), LONGEST))
    given: dict[str, Any] = {}
    if clip.replace:
        given["background_video"] = _pillows(condition.background for condition in conditions)
        given["mask_video"] = _pillows(condition.mask for condition in conditions)
    frames: Float32 = pipeline(
        image=Pillow.fromarray(clip.reference),
        pose_video=_pillows(condition.pose for condition in conditions),
        face_video=_pillows(condition.face for condition in conditions),
        prompt=PROMPT,
        negative_prompt=NEGATIVE,
        mode=take.mode,
        guidance_scale=take.guidance,
        width=clip.size[0],
        height=clip.size[1],
        num_inference_steps=take.steps,
        prev_segment_conditioning_frames=take.carried,
        generator=torch.Generator().manual_seed(SEED),
        output_type="np",
        **given,
    ).frames[0]
    return frames[: clip.frames]


def our_frames(pipeline: WanAnimatePipeline, transformer: AnimateTransformer, take: Take) -> Float32:
    """(N, H, W, 3) in [0, 1] from our loop, everything computed here and now: nothing comes from a cache on disk."""
    clip, space = take.clip, LatentSpace(pipeline.vae)
    width, height = clip.size
    shot = Shot(
        clip.frames,
        clip.size,
        clip.replace,
        plan_segments(clip.frames, take.carried),
        take.carried,
        take.steps,
        take.guidance,
        SEED,
    )
    sampler = Sampler(
        Networks(transformer, space, pipeline.scheduler, torch.device("cpu"), torch.float32),
        shot,
        _embeddings(pipeline, space, take),
        lambda segment: space.encode(torch.zeros(1, 3, segment.length, height, width)),
    )
    parts = sampler.run(clip.conditions(), 0, None, lambda segment, step: None)
    return np.concatenate([to_unit(part).numpy() for part in parts])


@torch.inference_mode()
def _embeddings(pipeline: WanAnimatePipeline, space: LatentSpace, take: Take) -> Embeddings:
    def text(prompt: str) -> torch.Tensor:
        return encode_prompt(prompt, pipeline.tokenizer, pipeline.text_encoder)

    reference = take.clip.reference
    return Embeddings(
        text=text(PROMPT),
        negative=text(NEGATIVE) if take.guidance > 1 else None,
        image=encode_picture(reference, pipeline.image_encoder, pipeline.image_processor, "diffusers"),
        reference=space.encode(to_pixels([reference])),
    )


def _pillows(images: Iterable[Image | None]) -> list[Pillow.Image]:
    return [Pillow.fromarray(image) for image in images if image is not None]
