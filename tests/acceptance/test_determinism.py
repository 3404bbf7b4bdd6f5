"""The same inputs and seed give the same video, however and wherever it is made."""

import numpy as np
import pytest

from motioncast.engines.engine import Job, Rendering
from motioncast.engines.registry import choose_engine
from motioncast.media.image import load_image
from motioncast.media.probe import VideoInfo, probe_video
from motioncast.media.reader import VideoReader
from motioncast.media.segment import EncodedSegment, encode_segment
from motioncast.perception.tracker import track_video
from motioncast.progress import ignore_progress
from motioncast.request import Mode, Resolution
from tests.acceptance.command import frames_of, motioncast, video_packets
from tests.acceptance.conftest import SEED
from tests.clips import audio_packets

SEGMENT = 8


@pytest.mark.parametrize("threads", ["1", "3"])
def test_another_process_with_other_threads_makes_the_same_file(animated, portrait, talker, tmp_path, threads):
    command = ("animate", portrait, talker, "-o", "out.mp4", "--seed", SEED, "--json")
    assert motioncast(*command, cwd=tmp_path, MOTIONCAST_THREADS=threads).report["seed"] == int(SEED)
    assert (tmp_path / "out.mp4").read_bytes() == (animated[1] / "out.mp4").read_bytes()


def test_replace_mode_makes_the_same_file_again(replaced, mascot, walker, tmp_path):
    command = ("animate", mascot, walker, "-o", "out.mp4", "--mode", "replace", "--seed", SEED, "--json")
    assert motioncast(*command, cwd=tmp_path, MOTIONCAST_THREADS="1").report["frames"] == 20
    assert (tmp_path / "out.mp4").read_bytes() == (replaced[1] / "out.mp4").read_bytes()


def test_a_random_seed_is_reported_and_gives_the_same_variant_again(animated, portrait, talker, tmp_path):
    command = ("animate", portrait, talker, "--json")
    drawn = motioncast(*command, "-o", "drawn.mp4", cwd=tmp_path).report["seed"]
    assert 0 <= drawn < 2**31
    assert drawn != int(SEED)
    assert motioncast(*command, "-o", "again.mp4", "--seed", drawn, cwd=tmp_path).report["seed"] == drawn
    again, variant, base = tmp_path / "again.mp4", tmp_path / "drawn.mp4", animated[1] / "out.mp4"
    assert video_packets(again) == video_packets(variant)
    assert audio_packets(again) == audio_packets(variant) == audio_packets(base)
    apart = [np.abs(a.astype(int) - b) for a, b in zip(frames_of(variant), frames_of(base), strict=True)]
    changed = [(difference.max(axis=2) > 20).mean() for difference in apart]
    assert max(changed) > 0.002, "another seed must be visible"
    assert np.mean([difference.mean() for difference in apart]) < 8, "another seed must not be another video"


def opened(reference, driving, mode, models_dir) -> Job:
    info = probe_video(driving)
    area = Resolution.P480.area_px
    return Job(load_image(reference), info, mode, area, prompt="", seed=7, models=models_dir, threads=2)


def planned(job: Job) -> Rendering:
    """Everything up to rendering, from nothing."""
    info = job.driving
    prepared = choose_engine("auto").prepare(job)
    frames = VideoReader(info, max_side=480)
    total, rate = len(info.timeline), float(info.rate)
    track = track_video(frames, info.width, info.height, rate, total, job.models, ignore_progress)
    return prepared.perform(lambda masks, see: track)


def rendered(rendering: Rendering, info: VideoInfo, start: int, stop: int) -> EncodedSegment:
    """Frames `start` to `stop` alone."""
    frames = VideoReader(info, size=rendering.driving_size, start=start, stop=stop)
    return encode_segment(rendering.render(lambda _: frames), start, rendering.size, info.rate)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_job_resumed_after_a_crash_gives_the_same_packets(mode, portrait, mascot, talker, walker, models_dir):
    reference, driving = (portrait, talker) if mode is Mode.ANIMATE else (mascot, walker)
    job = opened(reference, driving, mode, models_dir)
    straight, total = planned(job), len(job.driving.timeline)
    images = list(straight.render(lambda _: VideoReader(job.driving, size=straight.driving_size)))
    assert len(images) == total
    resumed = planned(job)
    for start in reversed(range(SEGMENT, total, SEGMENT)):
        stop = min(start + SEGMENT, total)
        expected = encode_segment(images[start:stop], start, straight.size, job.driving.rate)
        assert rendered(resumed, job.driving, start, stop) == expected
