"""Scores, medians and pictures of the bench."""

import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.clips import looped, to_and_fro
from bench.frames import fit, read_frame, read_frames, write_png
from bench.jobs import media_jobs
from bench.judge import BenchError, JudgeTrack, find_judge
from bench.product import run_measured
from bench.scores import collect, score
from bench.self_reenactment import HIGHEST_DB, compare_to_still, neutral_frame, psnr_inside
from bench.sheets import SheetRow, contact_sheet
from bench.speed import medians, summary
from bench.tables import print_quality
from motioncast.arrays import Image


def moving_square(count: int, side: int = 64) -> list[Image]:
    """A white square that wanders over a grey ramp."""
    frames = []
    for index in range(count):
        frame = np.repeat(np.linspace(40, 160, side).astype(np.uint8)[None, :, None], side, axis=0)
        frame = np.repeat(frame, 3, axis=2)
        frame[20:40, index : index + 20] = 230
        frames.append(frame)
    return frames


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """12 frames of 64 × 64 pixels."""
    source = tmp_path / "square.png"
    write_png(source, moving_square(1)[0])
    return looped(source, tmp_path / "clip.mp4", 0.4, 64 * 64)


def judge_track(count: int, **arrays: Any) -> JudgeTrack:
    mask = zlib.compress(np.full((256, 256), 255, np.uint8).tobytes())
    nowhere = {
        "body_px": np.full((count, 33, 3), np.nan),
        "body_visibility": np.zeros((count, 33)),
        "body_world_m": np.full((count, 33, 3), np.nan),
        "face_px": np.full((count, 478, 3), np.nan),
    }
    return JudgeTrack(size_px=(64, 64), masks=(mask,) * count, **(nowhere | arrays))


def pair(name: str, r: float, bones: float, *, moves: bool = True) -> dict[str, Any]:
    channel = {"r": r, "slope": 1.0, "driver_std": 0.1, "moves": moves}
    return {
        "name": name,
        "face": {"channels": dict.fromkeys(("mouth_open", "yaw", "pitch"), channel)},
        "body": {"mean_deg": bones},
        "keypoints": {"driver": 0.1, "output": 0.12},
        "identity_distance": 0.05 + r / 100,
    }


def result(*pairs: dict[str, Any], **rows: Any) -> dict[str, Any]:
    tables = ("self_reenactment", "face_baseline", "body_baseline", "stills")
    return {"jobs": list(pairs), "identity_allowance": 0.02} | {name: [] for name in tables} | rows


def test_scores_are_means_over_the_jobs_in_which_the_driver_moves() -> None:
    still = pair("c", -1.0, float("nan"), moves=False)
    found = score(collect(result(pair("a", 0.94, 20.0), pair("b", 1.0, 4.0), still)))
    assert found["mouth_open_r"]["value"] == pytest.approx(0.97)
    assert (found["mouth_open_r"]["jobs"], found["mouth_open_r"]["passed"]) == (2, True)
    assert found["bone_angle_median_deg"]["value"] == pytest.approx(12)
    assert found["missing_keypoints_excess"] == {
        "value": pytest.approx(0.02), "target": [None, 0.03], "passed": True, "jobs": 3, "worst": "a",
        "worst_value": pytest.approx(0.02),
    }  # fmt: skip
    assert found["identity_excess"]["value"] == pytest.approx(0.03 + 0.94 / 300)


def test_the_worst_job_is_named_by_its_side_of_the_target() -> None:
    found = score(collect(result(pair("a", 0.94, 16.0), pair("b", 1.0, 4.0))))
    assert (found["mouth_open_r"]["worst"], found["mouth_open_r"]["worst_value"]) == ("a", 0.94)
    assert (found["bone_angle_worst_deg"]["worst"], found["bone_angle_worst_deg"]["value"]) == ("a", 16.0)
    assert not found["bone_angle_worst_deg"]["passed"]
    met = score(collect(result(pair("a", 1.0, 2.0), pair("b", 1.0, 4.0))))["bone_angle_worst_deg"]
    assert (met["worst"], met["passed"], met["target"]) == ("b", True, [None, 15.0])


def test_a_share_of_clips_counts_those_that_are_not_worse() -> None:
    rows = [{"name": str(gain), "puppet_gain_db": gain, "drawn_mouth_gain_db": -1.0} for gain in (2, 1, 0, -0.1, 3)]
    found = score(collect(result(face_baseline=rows)))
    assert found["face_not_worse_share"]["value"] == pytest.approx(0.8)
    assert found["face_not_worse_share"]["passed"]
    assert found["face_not_worse_share"]["worst"] == "-0.1"
    assert found["face_drawn_mouth_not_worse_share"]["value"] == 0


def test_a_score_without_jobs_fails_unless_the_run_is_partial() -> None:
    values = collect(result(pair("a", 0.8, 12.5), {"name": "b", "error": "it failed"}))
    assert score(values)["self_gain_db"] == {
        "value": None, "target": [3.0, None], "passed": False, "jobs": 0, "worst": None, "worst_value": None,
    }  # fmt: skip
    assert "self_gain_db" not in score(values, partial=True)
    assert not score(values, partial=True)["mouth_open_r"]["passed"]


def test_medians_follow_nested_figures_and_the_summary_takes_the_slower_shape() -> None:
    same = {"over_floor": 2.0, "prepare_s": 1, "start_to_first_tracked_s": 1, "tracked_to_first_image_s": 1}
    rows = [{"fps": fps, "stages_s": {"prepare": fps / 10}, "peak_mib": 100.0} | same for fps in (9, 30, 12)]
    middle = medians(rows)
    assert middle["fps"] == 12
    assert middle["stages_s"]["prepare"] == pytest.approx(1.2)
    cases = {"480p_landscape": middle, "480p_portrait": middle | {"fps": 7.0}, "720p_landscape": middle}
    found = summary(cases)["scores"]
    assert [found[name]["value"] for name in ("fps_480p", "fps_720p", "peak_mib_720p")] == [7.0, 12.0, 100.0]
    assert [name for name, score in found.items() if not score["passed"]] == ["fps_480p", "over_floor"]
    quick = {name: case | {"fps": 30.0, "over_floor": 1.4} for name, case in cases.items()}
    assert summary(quick)["passed"]
    assert not summary(cases)["passed"]


def test_psnr_counts_only_the_inside_and_is_capped() -> None:
    truth = np.full((8, 8, 3), 100, np.uint8)
    picture, inside = truth.copy(), np.zeros((8, 8), bool)
    picture[4:] = 200
    inside[:4] = True
    assert psnr_inside(picture, truth, inside) == HIGHEST_DB
    assert psnr_inside(picture, truth, ~inside) == pytest.approx(20 * np.log10(255 / 100))


def picture_sequence(folder: Path, frames: list[Image]) -> Path:
    """The frames as numbered pictures, which FFmpeg reads as a clip without loss."""
    for index, frame in enumerate(frames):
        write_png(folder / f"{index:03}.png", frame)
    return folder / "%03d.png"


def test_gain_is_high_for_a_perfect_output_and_zero_for_the_held_still(tmp_path: Path) -> None:
    frames = moving_square(30)
    driving = picture_sequence(tmp_path / "driving", frames)
    still = picture_sequence(tmp_path / "still", [frames[0]] * 30)
    perfect = compare_to_still(driving, driving, frames[0], 0, judge_track(30))
    assert perfect.gain_db > 10
    assert perfect.frames == 29
    assert compare_to_still(still, driving, frames[0], 0, judge_track(30)).gain_db == 0


def test_the_neutral_frame_of_a_body_stands_facing_the_camera_with_all_limbs_in_view() -> None:
    standing = {11: (60, 0), 12: (0, 0), 13: (90, 60), 14: (-30, 60), 15: (110, 120), 16: (-50, 120)}
    standing |= {23: (50, 120), 24: (10, 120), 25: (50, 220), 26: (10, 220), 27: (50, 320), 28: (10, 320)}
    body, seen = np.zeros((5, 33, 3)), np.ones((5, 33))
    for point, place in standing.items():
        body[:, point, :2] = place
    body[0, [15, 16], 1] = 0  # forearms raised
    body[1, :, 0] *= -1  # seen from the back
    seen[2, [15, 16]] = 0.1
    body[4, [25, 26, 27, 28], 1] -= 60  # crouching
    assert neutral_frame(judge_track(5, body_px=body, body_visibility=seen)) == 3


def test_to_and_fro_never_jumps() -> None:
    frames = [np.full((2, 2, 3), value, np.uint8) for value in range(4)]
    played = to_and_fro(frames)
    assert [int(next(played)[0, 0, 0]) for _ in range(10)] == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]


def test_a_looped_clip_has_the_length_and_size_asked_for(clip: Path) -> None:
    frames = list(read_frames(clip))
    assert len(frames) == 12
    assert frames[0].shape == (64, 64, 3)


def test_fit_crops_a_little_but_stretches_what_differs_more() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:, :1] = 255
    assert fit(picture, (99, 50)).shape == (50, 99, 3)
    stretched = fit(picture, (100, 100))
    assert stretched[:, 0].max() > 0
    assert stretched.shape == (100, 100, 3)


def test_a_contact_sheet_holds_reference_and_columns(clip: Path, tmp_path: Path) -> None:
    still = tmp_path / "reference.png"
    write_png(still, read_frame(clip, 0))
    one = contact_sheet([SheetRow(still, clip, clip)], 3)
    two = contact_sheet([SheetRow(still, clip, clip)] * 2, 3)
    assert two.shape == (2 * one.shape[0], one.shape[1], 3)
    assert one.shape[1] == pytest.approx(4 * one.shape[0] / 2, rel=0.02)


def test_a_missing_judge_is_answered_with_the_commands_that_make_it(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"pip install mediapipe==0\.10\.21.* dlib-bin"):
        find_judge(tmp_path / "python", make=False)
    with pytest.raises(BenchError, match="incomplete"):
        find_judge(Path(sys.executable), make=False)  # this one has no judge's packages


def test_a_folder_without_a_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="none of the pairs"):
        media_jobs(tmp_path, tmp_path)


def test_jobs_are_found_by_their_files_in_the_folder_and_among_the_samples(tmp_path: Path) -> None:
    media, samples = tmp_path / "media", tmp_path / "samples"
    for path in (media / "anyone_11.png", media / "dance.mp4", samples / "carphone_pristine.mp4"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    jobs = media_jobs(media, samples)
    assert [job.mode for job in jobs.pairs] == ["animate", "replace"]
    assert [path.name for path in jobs.own] == ["dance.mp4", "carphone_pristine.mp4"]
    assert [path.name for path in jobs.faces + jobs.bodies] == ["carphone_pristine.mp4", "dance.mp4"]
    assert [path.name for path in jobs.stills] == ["anyone_11.png"]


def test_only_the_jobs_asked_for_are_run(tmp_path: Path) -> None:
    for name in ("anyone_11.png", "dance.mp4"):
        (tmp_path / name).touch()
    jobs = media_jobs(tmp_path, tmp_path)
    some = jobs.only(["(replace)", "(body)"])
    assert [job.mode for job in some.pairs] == ["replace"]
    assert (len(some.own), len(some.bodies), len(some.stills)) == (0, 1, 0)
    with pytest.raises(BenchError, match="holds 'nothing'"):
        jobs.only(["nothing"])


def test_a_child_process_is_measured_with_its_memory() -> None:
    program = "import sys, time; block = bytearray(150 << 20); time.sleep(.5); sys.stdout.write(str(len(block)))"
    stdout, cost = run_measured([sys.executable, "-c", program])
    assert int(stdout) == 150 << 20
    assert 150 < cost.peak_mib < 400
    assert cost.wall_s > 0


def test_the_gaze_of_a_statue_does_not_count() -> None:
    painted, statue = pair("painted", 0.9, 4.0) | {"iris_darkness": 0.4}, pair("statue", -0.3, 4.0)
    for row in (painted, statue):
        row["face"]["channels"]["gaze"] = row["face"]["channels"]["yaw"]
    found = score(collect(result(painted, statue | {"iris_darkness": -0.2})))
    assert (found["gaze_r"]["value"], found["gaze_r"]["jobs"]) == (pytest.approx(0.9), 1)
    assert found["yaw_r"]["jobs"] == 2


def test_a_failing_child_is_reported_with_its_last_words() -> None:
    with pytest.raises(BenchError, match="exit code 3: no such thing"):
        run_measured([sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"])


def test_the_tables_show_every_job_score_and_failure(capsys: pytest.CaptureFixture[str]) -> None:
    whole = pair("mascot + cam01", 0.9, 5.0) | {"flips": {}, "seconds": 3.0}
    channels = whole["face"]["channels"]
    whole["face"] = {"channels": dict.fromkeys(("mouth_open", "eye_open", "brow", "gaze", "yaw"), channels["yaw"])}
    found = result(
        whole, {"name": "elf", "error": "it failed"}, stills=[{"name": "doll", "share_off": 0.5, "largest": 9}]
    )
    print_quality(found | {"scores": score(collect(found), partial=True)})
    shown = capsys.readouterr().out
    for word in ("mascot + cam01", "0.90/1.00", "elf", "it failed", "doll", "still_largest_difference", "missed"):
        assert word in shown
