"""A picture and a video in, a performed video out."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.skeleton import FACE_SIDES
from motioncast.perception.tracker import track_video
from motioncast.progress import ignore_progress
from tests.acceptance.command import PROMISED, boxes, frames_of, motioncast, video_packets
from tests.acceptance.conftest import SEED
from tests.clips import audio_packets

UPPER_LIP, LOWER_LIP = 13, 14  #: inner rims of the lips in the face mesh


def tracked(path, models_dir) -> PerformanceTrack:
    info = probe_video(path)
    frames = VideoReader(info, max_side=640)
    rate = float(info.rate)
    return track_video(frames, info.width, info.height, rate, len(info.timeline), models_dir, ignore_progress)


def mouth_opening(track: PerformanceTrack):
    """(N,) distance of the lips in face widths."""
    points = track.face_px[..., :2]
    width = np.linalg.norm(points[:, FACE_SIDES[0]] - points[:, FACE_SIDES[1]], axis=1).mean()
    return np.linalg.norm(points[:, UPPER_LIP] - points[:, LOWER_LIP], axis=1) / width


def test_the_answer_is_one_json_object_with_the_promised_fields(animated):
    done, folder = animated
    report = done.report
    assert list(report) == PROMISED
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert (report["output"], report["engine"], report["seed"]) == ("out.mp4", "puppet", int(SEED))
    assert (report["frames"], report["fps"], report["duration_s"]) == (25, 25.0, 1.0)
    assert sorted(report["timings"]) == ["fetch", "finish", "prepare", "render", "track"]
    assert all(isinstance(ms, int) and ms >= 0 for ms in report["timings"].values())
    assert report["warnings"] == []
    assert [path.name for path in folder.iterdir()] == ["out.mp4"]


def test_frames_rate_and_size_are_as_promised(animated, talker):
    done, folder = animated
    with av.open(str(folder / "out.mp4")) as file:
        video = file.streams.video[0]
        width, height = video.width, video.height
        assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
        assert video.average_rate == Fraction(25)
        assert len(list(file.decode(video))) == len(frames_of(talker))
    assert (width, height) == (done.report["width"], done.report["height"])
    assert width % 16 == height % 16 == 0
    assert width == height  # the reference is square
    assert width * height == pytest.approx(832 * 480, rel=0.05)


def test_the_file_may_be_played_while_it_loads(animated):
    names = boxes(animated[1] / "out.mp4")
    assert names.index("moov") < names.index("mdat")


def test_the_sound_is_the_driving_videos_bit_for_bit(animated, talker):
    assert audio_packets(animated[1] / "out.mp4") == audio_packets(talker) != []


def test_the_character_does_what_the_performer_does(animated, talker, models_dir):
    driver, character = (tracked(path, models_dir) for path in (talker, animated[1] / "out.mp4"))
    assert character.face_valid.all()
    performed, shown = mouth_opening(driver), mouth_opening(character)
    assert performed.max() > performed.min() + 0.1, "the clip must have a performance in it"
    assert np.corrcoef(performed, shown)[0, 1] > 0.85
    assert 0.4 < np.polyfit(performed, shown, 1)[0] < 1.8


def test_it_is_the_character_in_its_own_place(animated, portrait):
    first = frames_of(animated[1] / "out.mp4")[0]
    info = probe_video(animated[1] / "out.mp4")
    picture = cv2.cvtColor(cv2.imread(str(portrait)), cv2.COLOR_BGR2RGB)
    picture = cv2.resize(picture, (info.width, info.height), interpolation=cv2.INTER_AREA)
    apart = np.abs(first.astype(int) - picture).mean(axis=2)
    assert np.median(apart) < 6


def test_without_json_stdout_is_the_path_alone_and_sound_may_be_left_out(animated, portrait, talker, tmp_path):
    output = tmp_path / "silent.mp4"
    done = motioncast("animate", portrait, talker, "-o", output, "--seed", SEED, "--no-audio", cwd=tmp_path)
    assert (done.code, done.stdout, done.stderr) == (0, f"{output}\n", "")
    with av.open(str(output)) as file:
        assert not file.streams.audio
    assert video_packets(output) == video_packets(animated[1] / "out.mp4")


def test_720p_is_the_larger_area_and_the_name_may_be_left_to_the_command(portrait, talker, tmp_path):
    done = motioncast("animate", portrait, talker, "--resolution", "720p", "--seed", SEED, cwd=tmp_path)
    assert (done.code, done.stdout) == (0, "astronaut-talker.mp4\n")
    info = probe_video(tmp_path / "astronaut-talker.mp4")
    assert info.width % 16 == info.height % 16 == 0
    assert info.width * info.height == pytest.approx(1280 * 720, rel=0.05)
