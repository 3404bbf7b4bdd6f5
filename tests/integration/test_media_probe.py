import wave
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image as Pillow

from motioncast.errors import InputError
from motioncast.media.probe import probe_video
from tests.clips import Clip, make_clip


def seconds(info):
    return [float(p * info.timeline.time_base) for p in info.timeline.pts]


def test_a_plain_clip(tmp_path):
    info = probe_video(make_clip(tmp_path / "c.mp4", Clip(count=30, audio="aac")))
    assert (info.width, info.height, info.rate) == (96, 64, 25)
    assert len(info.timeline) == 30
    assert seconds(info) == pytest.approx(np.arange(30) / 25)
    assert info.duration_s == pytest.approx(1.2)
    assert info.has_audio
    assert not info.truncated


@pytest.mark.parametrize(
    ("clip", "size"),
    [
        (Clip(rotation=90), (64, 96)),
        (Clip(rotation=-90), (64, 96)),
        (Clip(rotation=180), (96, 64)),
        (Clip(aspect=Fraction(4, 3)), (128, 64)),
        (Clip(aspect=Fraction(1, 2)), (96, 128)),
        (Clip(aspect=Fraction(4, 3), rotation=90), (64, 128)),
    ],
)
def test_the_size_is_that_of_the_upright_picture_with_square_pixels(tmp_path, clip, size):
    info = probe_video(make_clip(tmp_path / "c.mp4", clip))
    assert (info.width, info.height) == size
    assert not info.has_audio


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("c.mkv", Clip(audio="libopus")),
        ("c.webm", Clip(codec="libvpx-vp9")),
        ("alt_ref.webm", Clip(codec="libvpx", options={"auto-alt-ref": "1", "lag-in-frames": "16"})),
        ("c.avi", Clip(codec="mpeg4")),
        ("c.ts", Clip(options={"g": "10", "bf": "3"}, audio="aac")),
        ("c.mov", Clip(codec="prores_ks", pix_fmt="yuv422p10le", audio="pcm_s16le")),
        ("c.gif", Clip(codec="gif", pix_fmt="rgb8")),
        ("stampless.h264", Clip()),
    ],
)
def test_every_frame_counts_in_any_container(tmp_path, name, clip):
    info = probe_video(make_clip(tmp_path / name, clip))
    assert len(info.timeline) == 30
    assert info.rate == 25
    assert seconds(info) == pytest.approx(np.arange(30) / 25, abs=1e-3)


def test_variable_frame_times_are_kept(tmp_path):
    pts = [0, 1, 5, 6, 7, 20, 21, 40]
    info = probe_video(make_clip(tmp_path / "v.mp4", Clip(count=8, pts=pts, time_base=Fraction(1, 50))))
    assert seconds(info) == pytest.approx(np.array(pts) / 50)
    assert info.rate == pytest.approx(7 / 0.8, rel=0.01)


@pytest.mark.parametrize(
    ("rate", "expected"), [(60, 60), (Fraction(60000, 1001), Fraction(60000, 1001)), (75, 30), (120, 30)]
)
def test_over_60_frames_a_second_become_30(tmp_path, rate, expected):
    for name in ("f.mp4", "f.mkv"):  # exact and millisecond time stamps
        info = probe_video(make_clip(tmp_path / name, Clip(count=120, rate=Fraction(rate))))
        assert info.rate == expected
        assert len(info.timeline) == pytest.approx(float(120 / rate * expected), abs=0.5)
        assert info.duration_s == pytest.approx(float(120 / rate), abs=0.04)


@pytest.mark.parametrize(("rate", "count"), [(10, 1200), (75, 3600)])
def test_the_clip_ends_at_120_seconds(tmp_path, rate, count):
    small = ([np.zeros((64, 64, 3), np.uint8)] * 125 * rate)[: 125 * rate]
    clip = Clip(count=125 * rate, rate=Fraction(rate), size=(64, 64), options={"preset": "ultrafast"})
    info = probe_video(make_clip(tmp_path / "long.mp4", clip, small))
    assert info.truncated
    assert len(info.timeline) == count
    assert info.duration_s == 120


def test_exactly_120_seconds_is_not_too_long(tmp_path):
    info = probe_video(make_clip(tmp_path / "c.mp4", Clip(count=240, rate=Fraction(2), size=(64, 64))))
    assert not info.truncated
    assert len(info.timeline) == 240


def refused(path, says):
    with pytest.raises(InputError, match=says) as caught:
        probe_video(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tiff"])
def test_a_still_image_is_refused(tmp_path, suffix):
    Pillow.new("RGB", (96, 96)).save(tmp_path / f"still.{suffix}")
    refused(tmp_path / f"still.{suffix}", "still image")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"plain text that FFmpeg would show on a terminal\n" * 20),
        ("noise.mp4", bytes(range(256)) * 40),
        ("header.mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"),
        ("page.html", b"<!doctype html><title>404</title>" * 10),
    ],
)
def test_what_is_no_video_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, "not a")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "e.mp4").touch()
    refused(tmp_path / "e.mp4", "empty")


def test_a_missing_file_is_refused(tmp_path):
    refused(tmp_path / "m.mp4", "cannot be read")


def test_sound_alone_is_refused_even_with_cover_art(tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    refused(tmp_path / "a.wav", "no video stream")


@pytest.mark.parametrize(
    ("name", "text"),
    [("p.m3u8", "#EXTM3U\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n"), ("p.txt", "ffconcat version 1.0\nfile {}\n")],
)
def test_a_playlist_cannot_name_other_files(tmp_path, name, text):
    make_clip(tmp_path / "secret.mp4", Clip())
    (tmp_path / name).write_text(text.format("secret.mp4"))
    refused(tmp_path / name, "not a")


def test_one_frame_is_too_few(tmp_path):
    refused(make_clip(tmp_path / "one.mp4", Clip(count=1)), "fewer than 2 frames")
    assert len(probe_video(make_clip(tmp_path / "two.mp4", Clip(count=2))).timeline) == 2


def test_frames_larger_than_8k_are_refused(tmp_path):
    black = [np.zeros((64, 8256, 3), np.uint8)] * 2
    refused(
        make_clip(tmp_path / "wide.mkv", Clip(count=2, size=(8256, 64), codec="mjpeg", pix_fmt="yuvj420p"), black), "8K"
    )


def test_a_video_that_never_decodes_is_refused(tmp_path):
    path = make_clip(tmp_path / "c.avi", Clip(codec="mjpeg", pix_fmt="yuvj420p"))
    data = bytearray(path.read_bytes())
    start = data.index(b"movi") + 4
    end = data.index(b"idx1")
    at = start
    while at + 8 < end:  # keep the chunk headers, blank what they hold
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        data[at + 8 : at + 8 + size] = bytes(size)
        at += 8 + size + size % 2
    path.write_bytes(data)
    refused(path, "decoded")
