"""One job of a given length in a process of its own: `python -m bench.wan.length_job KIND CHECKPOINT FRAMES WORK`.

KIND is `diffusers`, whose pipeline takes and gives whole clips, or `ours`: the same conditions one by one, our engine,
our encoder, an MP4. Prints the most memory that it has held, in MiB. One denoising step a segment: more take time, not
memory.
"""

import os
import sys
from pathlib import Path

import torch
from diffusers import WanAnimatePipeline

from bench.product import high_water_mib
from bench.wan.checkpoint import LONG
from bench.wan.drawn import DrawnClip
from bench.wan.loops import Take, diffusers_frames
from motioncast.engines.engine import Job
from motioncast.engines.wan.checkpoint import find_checkpoint
from motioncast.engines.wan.model.weights import quieten
from motioncast.engines.wan.profiles import Profile
from motioncast.engines.wan.rendering import Equipment, WanRendering
from motioncast.engines.wan.segments import plan_segments
from motioncast.engines.wan.settings import WanSettings
from motioncast.heap import map_large_blocks
from motioncast.media.image import ReferenceImage
from motioncast.media.probe import VideoInfo, probe_video
from motioncast.media.writer import write_mp4
from motioncast.progress import ignore_progress
from motioncast.rendering import render_segments
from motioncast.request import Mode

SIZE = (256, 256)
DRIVING = "driving.mp4"  #: in WORK: as many frames as the job has


def run_diffusers(checkpoint: Path, frames: int) -> None:
    """The clip through diffusers' pipeline."""
    pipeline = WanAnimatePipeline.from_pretrained(checkpoint)
    pipeline.set_progress_bar_config(disable=True)
    made = diffusers_frames(pipeline, Take(DrawnClip(frames, SIZE, LONG.face_px), steps=1))
    assert len(made) == frames


def run_ours(checkpoint: Path, driving: VideoInfo, work: Path) -> None:
    """As many frames as `driving` has through everything that the command line runs behind the conditions."""
    map_large_blocks()
    clip = DrawnClip(len(driving.timeline), SIZE, LONG.face_px)
    job = Job(
        reference=ReferenceImage(clip.reference, None),
        driving=driving,
        mode=Mode.ANIMATE,
        area_px=SIZE[0] * SIZE[1],
        prompt="",
        seed=0,
        models=work,
        threads=1,
        home=work,
    )
    rendering = WanRendering(
        job,
        Equipment(WanSettings(), Profile(steps=1), find_checkpoint(str(checkpoint))),
        SIZE,
        (driving.width, driving.height),
        clip.reference,
        lambda read, first: clip.conditions(first),
        plan_segments(clip.frames),
        (),
    )
    write_mp4(work / "out.mp4", render_segments(rendering, driving, ignore_progress, None), driving, keep_audio=False)


def main() -> None:
    """See the module."""
    kind, checkpoint, frames, work = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    torch.set_num_threads(1)
    quieten()
    if kind == "diffusers":
        run_diffusers(checkpoint, frames)
    else:
        run_ours(checkpoint, probe_video(work / DRIVING), work)
    print(high_water_mib(os.getpid()))


if __name__ == "__main__":
    main()
