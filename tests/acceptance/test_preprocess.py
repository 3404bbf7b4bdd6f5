"""`motioncast preprocess`: what the wan engine would see, as files for other tools and a sheet for the eye."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from motioncast.media.image import load_image
from motioncast.media.probe import probe_video
from tests.acceptance.command import Finished, frames_of, motioncast

VIDEOS = ["src_bg.mp4", "src_face.mp4", "src_mask.mp4", "src_pose.mp4"]


@pytest.fixture(scope="module")
def replaced_files(
    mascot: Path, walker: Path, models_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Finished, Path]:
    """The command's answer, and the folder that it wrote."""
    folder = tmp_path_factory.mktemp("preprocess")
    return motioncast("preprocess", mascot, walker, "-o", "out", "--mode", "replace", cwd=folder), folder / "out"


def test_replace_writes_the_official_files_and_a_sheet(replaced_files: tuple[Finished, Path]) -> None:
    done, folder = replaced_files
    assert done.code == 0, done.stderr
    assert done.stdout.strip() == "out"
    assert sorted(path.name for path in folder.iterdir()) == ["sheet.png", *VIDEOS, "src_ref.png"]
    sheet = load_image(folder / "sheet.png").rgb
    assert sheet.shape[0] > 6 * 240  # reference, driving video, pose, face, mask, background


def test_every_file_has_the_frames_and_the_rate_of_the_driving_video(
    replaced_files: tuple[Finished, Path], walker: Path
) -> None:
    """The official preprocessing makes everything 30 frames a second."""
    driving = probe_video(walker)
    assert float(driving.rate) != 30
    for name in VIDEOS:
        video = probe_video(replaced_files[1] / name)
        assert (len(video.timeline), video.rate) == (len(driving.timeline), driving.rate), name
        assert (video.width, video.height) == ((512, 512) if name == "src_face.mp4" else (464, 832)), name


def test_mask_covers_the_performer_and_the_background_has_its_hole(replaced_files: tuple[Finished, Path]) -> None:
    masks, backgrounds = (frames_of(replaced_files[1] / name) for name in ("src_mask.mp4", "src_bg.mp4"))
    for mask, background in zip(masks, backgrounds, strict=True):
        assert set(np.unique(mask)) == {0, 255}
        assert 0.03 < (mask > 0).mean() < 0.7
        assert not background[mask > 0].any()
        assert background[mask == 0].mean() > 40


def test_skeleton_is_where_the_mask_is(replaced_files: tuple[Finished, Path]) -> None:
    masks, poses = (frames_of(replaced_files[1] / name) for name in ("src_mask.mp4", "src_pose.mp4"))
    for mask, pose in zip(masks, poses, strict=True):
        drawn = pose.any(axis=2)
        assert drawn.sum() > 200
        assert (mask[drawn] > 0).mean() > 0.95


def test_finer_mask_keeps_more_of_the_background(
    mascot: Path, walker: Path, models_dir: Path, tmp_path: Path, replaced_files: tuple[Finished, Path]
) -> None:
    options = ("--mode", "replace", "--mask-kernel", "3", "--mask-iterations", "1")
    grid = ("--mask-columns", "12", "--mask-rows", "20")
    done = motioncast("preprocess", mascot, walker, "-o", "fine", *options, *grid, cwd=tmp_path)
    assert done.code == 0, done.stderr
    fine, coarse = (
        np.mean([(mask > 0).mean() for mask in frames_of(folder / "src_mask.mp4")])
        for folder in (tmp_path / "fine", replaced_files[1])
    )
    assert fine < 0.8 * coarse


def test_animate_writes_pose_face_and_reference_in_the_pictures_aspect(
    cutout: Path, talker: Path, models_dir: Path, tmp_path: Path
) -> None:
    done = motioncast("preprocess", cutout, talker, "-o", "out", cwd=tmp_path)
    assert done.code == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["sheet.png", "src_face.mp4", "src_pose.mp4", "src_ref.png"]
    pose = probe_video(tmp_path / "out" / "src_pose.mp4")
    assert (pose.width, pose.height) == (624, 624)
    assert len(pose.timeline) == len(probe_video(talker).timeline)
    assert load_image(tmp_path / "out" / "src_ref.png").rgb.shape == (624, 624, 3)
    faces = frames_of(tmp_path / "out" / "src_face.mp4")
    assert min(face.std() for face in faces) > 20
    assert np.abs(faces[0].astype(int) - faces[-1]).mean() > 3  # his mouth opens


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--mode", "swap"), "mode must be animate or replace"),
        (("--mask-kernel", "0"), "kernel must be a whole number"),
        (("--resolution", "8k"), "resolution must be 480p or 720p"),
    ],
)
def test_wrong_option_is_one_sentence_and_leaves_nothing(
    cutout: Path, talker: Path, models_dir: Path, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    done = motioncast("preprocess", cutout, talker, "-o", "out", *options, cwd=tmp_path)
    assert (done.code, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_output_that_is_a_file_is_refused_before_the_work(
    cutout: Path, talker: Path, models_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    done = motioncast("preprocess", cutout, talker, "-o", "out", cwd=tmp_path)
    assert done.code == 2
    assert "is a file" in done.stderr
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_the_wan_extra_is_not_needed() -> None:
    look = "import sys, motioncast.preprocess; sys.exit(any(m in sys.modules for m in ('torch', 'diffusers')))"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
