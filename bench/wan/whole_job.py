"""A whole job of two segments, from prompt and pictures to frames, through both loops."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.wan.checkpoint import MINI, tiny_pipeline
from bench.wan.drawn import DrawnClip
from bench.wan.loops import Take, diffusers_frames, our_frames, our_transformer
from bench.wan.measure import medians

_TAKE = Take(DrawnClip(100, (64, 64), MINI.face_px), steps=8)
_ROUNDS = 3


def measure_whole_job(on_step: Callable[[str], None]) -> dict[str, Any]:
    """`whole_job_ratio`, and under `whole_job` the times of both, encoders and VAE included."""
    pipeline = tiny_pipeline(MINI)
    transformer = our_transformer(pipeline.transformer)
    made: dict[str, Any] = {}

    def theirs() -> None:
        on_step("whole job, diffusers")
        made["theirs"] = diffusers_frames(pipeline, _TAKE)

    def ours() -> None:
        on_step("whole job, ours")
        made["ours"] = our_frames(pipeline, transformer, _TAKE)

    their_s, our_s = medians(theirs, ours, _ROUNDS)
    job = {
        "frames": _TAKE.clip.frames,
        "steps": _TAKE.steps,
        "diffusers_s": round(their_s, 2),
        "ours_s": round(our_s, 2),
        "equal": bool(np.array_equal(made["theirs"], made["ours"])),
    }
    return {"whole_job_ratio": round(their_s / our_s, 3), "whole_job": job}
