"""`--engine wan` as its users run it, on a tiny checkpoint of the true architecture."""

import os
import signal
import subprocess
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from motioncast.errors import Cancelled, ProcessingError
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.pipeline import animate
from motioncast.progress import Progress
from motioncast.request import AnimateRequest, Mode
from tests.acceptance.command import COMMAND, frames_of, motioncast, video_packets
from tests.acceptance.wan_fixtures import FRAMES, conditions, write_conditions
from tests.clips import Clip, make_clip

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")


@pytest.fixture(scope="module")
def model(checkpoint) -> dict[str, str]:
    """Environment that names the checkpoint; so small a network is slower on several threads."""
    return {"MOTIONCAST_WAN_MODEL": str(checkpoint), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def quick(model, distilled) -> dict[str, str]:
    """The same with four steps."""
    return model | {"MOTIONCAST_WAN_PROFILE": "turbo", "MOTIONCAST_WAN_DISTILL": str(distilled)}


@pytest.fixture(scope="module")
def straight(quick, performer, tmp_path_factory) -> Path:
    """The result of an undisturbed run."""
    folder = tmp_path_factory.mktemp("straight")
    done = motioncast(
        "animate", "--from-preprocessed", performer, "--seed", 5, "-o", "out.mp4", "--json", cwd=folder, **quick
    )
    assert done.report["engine"] == "wan"
    assert done.stderr == ""
    return folder / "out.mp4"


def test_a_job_has_the_frames_rate_and_size_of_its_conditions(straight):
    info = probe_video(straight)
    assert (len(info.timeline), float(info.rate)) == (FRAMES, 25.0)
    assert (info.width, info.height) == (96, 64)


def test_the_seed_decides(straight, quick, performer, tmp_path):
    command = ("animate", "--from-preprocessed", performer)
    for seed, same in ((5, True), (6, False)):
        assert motioncast(*command, "--seed", seed, "-o", "out.mp4", cwd=tmp_path, **quick).code == 0
        assert (video_packets(tmp_path / "out.mp4") == video_packets(straight)) is same


def test_a_job_killed_in_its_second_segment_goes_on_from_there(straight, quick, performer, tmp_path):
    command = (
        *COMMAND,
        "animate",
        "--from-preprocessed",
        str(performer),
        "--seed",
        "5",
        "--work",
        "work",
        "-o",
        "o.mp4",
    )
    process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | quick)
    first = tmp_path / "work" / "segment-0000"
    deadline = time.monotonic() + 240
    while not first.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.3)  # into the second one
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "work" / "segment-0002").exists()
    written = first.stat().st_mtime_ns
    assert subprocess.run(command, cwd=tmp_path, env=os.environ | quick, check=False).returncode == 0
    assert video_packets(tmp_path / "o.mp4") == video_packets(straight)
    assert first.stat().st_mtime_ns == written


def test_progress_counts_segments_and_steps_and_cancel_ends_at_the_next_step(model, performer, tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    for name, value in model.items():
        monkeypatch.setenv(name, value)
    request = AnimateRequest(
        performer / "src_ref.png", performer / "src_pose.mp4", engine="wan", seed=1, conditions=performer
    )
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if progress.doing == "segment 2 of 3, step 3 of 20":
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        animate(request, tmp_path / "out.mp4", stop)
    doing = [progress.doing for progress in seen if progress.doing]
    assert doing[0] == "segment 1 of 3, loading the model"
    expected = [f"segment 1 of 3, step {step} of 20" for step in range(20)]
    assert doing[1:22] == [*expected, "segment 1 of 3, decoding"]
    assert doing[22:] == [f"segment 2 of 3, step {step} of 20" for step in range(4)]
    rendered = [progress for progress in seen if progress.stage == "render"]
    assert [p.done for p in rendered] == sorted(p.done for p in rendered)
    assert sum(progress.image is not None for progress in rendered) == 77
    assert list(tmp_path.iterdir()) == []


def test_a_gpu_that_is_full_is_one_sentence(model, performer, tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    for name, value in model.items():
        monkeypatch.setenv(name, value)
    request = AnimateRequest(
        performer / "src_ref.png", performer / "src_pose.mp4", engine="wan", seed=1, conditions=performer
    )

    def fill_up(progress: Progress) -> None:
        if progress.doing.endswith("step 1 of 20"):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    with pytest.raises(ProcessingError, match="The GPU ran out of memory: choose 480p"):
        animate(request, tmp_path / "out.mp4", fill_up)


def test_replace_leaves_the_source_alone_outside_the_mask(model, tmp_path):
    folder = write_conditions(tmp_path / "conditions", Mode.REPLACE, 13)
    options = model | {"MOTIONCAST_WAN_SEGMENTS": "tail"}
    done = motioncast("animate", "--from-preprocessed", folder, "-o", "out.mp4", cwd=tmp_path, **options)
    assert done.code == 0, done.stderr
    for shown, condition in zip(frames_of(tmp_path / "out.mp4"), conditions(13, Mode.REPLACE), strict=True):
        difference = np.abs(shown.astype(int) - condition.frame).mean(axis=2)
        outside = cv2.dilate(condition.mask, np.ones((7, 7), np.uint8)) == 0  # the codec blurs the mask's edge
        inside = cv2.erode(condition.mask, np.ones((7, 7), np.uint8)) > 0
        assert difference[outside].mean() < 5
        assert difference[inside].mean() > 20


@pytest.mark.parametrize("mode", ["animate", "replace"])
def test_real_input_comes_through_with_its_length_rate_and_sound(mode, quick, cutout, samples_dir, tmp_path):
    clip = Clip(count=5, size=(192, 144), rate=Fraction(25), audio="aac", options={"crf": "10"})
    frames = VideoReader(probe_video(samples_dir / "carphone_pristine.mp4"), size=clip.size, start=50, stop=55)
    short = make_clip(tmp_path / "short.mp4", clip, (image for _, image in frames))
    options = quick | {"MOTIONCAST_WAN_SEGMENTS": "tail"}
    command = ("animate", cutout, short, "--mode", mode, "--engine", "wan", "-o", "out.mp4")
    report = motioncast(*command, "--json", cwd=tmp_path, **options).report
    source, info = probe_video(short), probe_video(tmp_path / "out.mp4")
    assert report["frames"] == len(info.timeline) == len(source.timeline)
    assert info.rate == source.rate
    assert info.has_audio
    assert info.width % 16 == info.height % 16 == 0
    assert info.width * info.height <= 832 * 480


@pytest.mark.parametrize(
    ("options", "settings", "says"),
    [
        ((), {"MOTIONCAST_WAN_MODEL": "./nowhere"}, "There is no folder ./nowhere"),
        ((), {"MOTIONCAST_WAN_MODEL": "."}, "has no transformer, vae"),
        (("--profile", "turbo"), {}, "needs a step-distillation LoRA"),
        (("--profile", "best"), {}, "profile must be quality, balanced or turbo"),
        (("--engine", "puppet"), {}, "Only the wan engine renders preprocessed conditions"),
        ((), {"MOTIONCAST_WAN_CARRIED": "3"}, "MOTIONCAST_WAN_CARRIED must be 1 or 5"),
        ((), {"MOTIONCAST_WAN_MEMORY": "full"}, "needs a GPU"),
        ((), {"MOTIONCAST_WAN_ATTENTION": "magic"}, "MOTIONCAST_WAN_ATTENTION=magic cannot be used"),
        (("--profile", "turbo"), {"MOTIONCAST_WAN_DISTILL": "none.safetensors"}, "There is no LoRA none.safetensors"),
    ],
)
def test_what_cannot_run_is_one_sentence(options, settings, says, model, performer, tmp_path):
    command = ("animate", "--from-preprocessed", performer, *options, "-o", "out.mp4")
    done = motioncast(*command, cwd=tmp_path, **(model | settings))
    assert done.code == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_conditions_and_a_video_of_another_length_are_told_apart(model, performer, talker, tmp_path):
    done = motioncast(
        "animate", performer / "src_ref.png", talker, "--from-preprocessed", performer, cwd=tmp_path, **model
    )
    assert (done.code, "are 200 frames and the driving video is" in done.stderr) == (2, True)
