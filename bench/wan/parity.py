"""Are our frames, bit for bit, those of diffusers' pipeline?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from diffusers import WanAnimatePipeline

from bench.wan.checkpoint import NANO, tiny_pipeline
from bench.wan.drawn import DrawnClip
from bench.wan.loops import Take, diffusers_frames, our_frames, our_transformer
from motioncast.engines.wan.model.transformer import AnimateTransformer

#: one segment with and without padding, two by a single frame, two, and three or four
LENGTHS = (2, 77, 78, 100, 230)
SIZE = (48, 32)
STEPS = 2


@dataclass(frozen=True)
class Case:
    """One combination."""

    mode: str
    guidance: float
    carried: int
    frames: int

    @property
    def take(self) -> Take:
        clip = DrawnClip(self.frames, SIZE, NANO.face_px, self.mode == "replace")
        return Take(clip, self.carried, self.guidance, STEPS)


def all_cases() -> Iterator[Case]:
    """Every combination, and clips of one frame, which diffusers cannot render at all."""
    yield from (Case(*parts) for parts in product(("animate", "replace"), (1.0, 3.0), (1, 5), LENGTHS))
    yield from (Case(mode, 1.0, carried, 1) for mode in ("animate", "replace") for carried in (1, 5))


class Parity:
    """Renders cases on one tiny checkpoint."""

    def __init__(self) -> None:
        self._pipeline: WanAnimatePipeline = tiny_pipeline(NANO)
        self._transformer: AnimateTransformer = our_transformer(self._pipeline.transformer)

    def check(self, case: Case) -> dict[str, Any]:
        """The case, with `equal` (`numpy.array_equal`) and the largest difference of values in [0, 1]."""
        take = case.take
        ours = our_frames(self._pipeline, self._transformer, take)
        theirs = diffusers_frames(self._pipeline, take, played_to_and_fro=case.frames <= case.carried)
        same_shape = ours.shape == theirs.shape
        return vars(case) | {
            "rendered": len(ours),
            "equal": len(ours) == case.frames and bool(np.array_equal(ours, theirs)),
            "max_difference": float(np.abs(ours - theirs).max()) if same_shape else None,
        }


def measure_parity(on_step: Callable[[str], None]) -> dict[str, Any]:
    """`parity`: whether all `cases` are equal."""
    parity, cases = Parity(), []
    for case in all_cases():
        on_step(f"parity: {case.mode}, guidance {case.guidance:g}, {case.carried} carried, {case.frames} frames")
        cases.append(parity.check(case))
    return {"parity": all(case["equal"] for case in cases), "cases": cases}
