import threading
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from motioncast.errors import InputError
from motioncast.media.geometry import fit, fit_affine
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from tests.clips import Clip, make_clip, number_of, numbered


def numbers(info, **options):
    return [number_of(frame) for _, frame in VideoReader(info, **options)]


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("c.mp4", Clip(options={"g": "10", "bf": "3"})),
        ("open_gop.mkv", Clip(options={"x264-params": "open-gop=1:keyint=8:bframes=3:scenecut=0"})),
        ("intra_refresh.mkv", Clip(options={"x264-params": "intra-refresh=1:keyint=8:bframes=0:threads=1"})),
        ("c.ts", Clip(options={"g": "10", "bf": "3"})),
        ("c.avi", Clip(codec="mpeg4", options={"g": "7"})),
        ("c.webm", Clip(codec="libvpx", options={"g": "9", "auto-alt-ref": "1", "lag-in-frames": "8"})),
        ("stampless.h264", Clip(options={"g": "10"})),
        ("odd.mkv", Clip(size=(97, 65), codec="ffv1", pix_fmt="yuv444p")),
        ("deep.mov", Clip(codec="prores_ks", pix_fmt="yuv422p10le")),
        ("vfr.mkv", Clip(pts=[n * 40 + n % 3 * 9 for n in range(30)], time_base=Fraction(1, 1000), options={"g": "6"})),
    ],
)
def test_every_frame_arrives_in_order_and_a_late_start_gives_the_same_pixels(tmp_path, name, clip):
    info = probe_video(make_clip(tmp_path / name, clip))
    straight = list(VideoReader(info))
    assert [index for index, _ in straight] == list(range(30))
    assert [number_of(frame) for _, frame in straight] == list(range(30))
    assert straight[0][1].shape == (info.height, info.width, 3)
    for start in (1, 9, 10, 17, 29):
        late = list(VideoReader(info, start=start, stop=start + 4))
        assert [index for index, _ in late] == list(range(start, min(start + 4, 30)))
        for index, frame in late:
            assert np.array_equal(frame, straight[index][1])


def test_75_frames_a_second_are_thinned_by_time(tmp_path):
    info = probe_video(make_clip(tmp_path / "c.mp4", Clip(count=75, rate=Fraction(75), options={"g": "9"})))
    assert numbers(info) == [int(k * 2.5) for k in range(30)]
    assert numbers(info, start=11, stop=15) == [27, 30, 32, 35]


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, 3), (None, 0)])
def test_frames_are_turned_upright(tmp_path, rotation, turns):
    clip = Clip(count=3, rotation=rotation)
    frames = list(numbered(3, clip.size))
    info = probe_video(make_clip(tmp_path / "c.mp4", clip, frames))
    for index, frame in VideoReader(info):
        assert np.abs(frame.astype(int) - np.rot90(frames[index], turns)).mean() < 6


def test_square_pixels(tmp_path):
    info = probe_video(make_clip(tmp_path / "c.mp4", Clip(count=3, aspect=Fraction(4, 3))))
    assert [frame.shape for _, frame in VideoReader(info)] == [(64, 128, 3)] * 3


def test_sizes(tmp_path):
    info = probe_video(make_clip(tmp_path / "c.mp4", Clip(count=4, size=(200, 120))))
    assert next(iter(VideoReader(info, max_side=100)))[1].shape == (60, 100, 3)
    assert next(iter(VideoReader(info, max_side=832)))[1].shape == (120, 200, 3)
    full, fitted = next(iter(VideoReader(info)))[1], next(iter(VideoReader(info, size=(320, 192))))[1]
    assert np.abs(fit(full, (320, 192)).astype(int) - fitted).mean() < 2


COLOURS = np.array([[200, 30, 30], [30, 180, 40], [40, 50, 190], [128, 128, 128], [250, 250, 250], [8, 8, 8]], np.uint8)


@pytest.mark.parametrize("matrix", [1, 5, None])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(
    ("height", "pix_fmt"), [(96, "yuv420p"), (720, "yuv420p"), (96, "yuv422p10le"), (97, "yuv444p")]
)
def test_colours_follow_the_matrix_and_range_of_the_file(tmp_path, matrix, full_range, height, pix_fmt):
    image = np.repeat(np.repeat(COLOURS[None], height, axis=0), 32, axis=1)
    used = matrix or (Colorspace.ITU709 if height >= 720 else Colorspace.ITU601)  # what players assume
    extent = ColorRange.JPEG if full_range else ColorRange.MPEG
    path = tmp_path / "c.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = (
            image.shape[1],
            height - height % 2 if "420" in pix_fmt else height,
            pix_fmt,
        )
        stream.codec_context.color_range = extent
        if matrix:
            stream.codec_context.colorspace = matrix
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(image[: stream.height], format="rgb24")
            frame = frame.reformat(
                format=pix_fmt, src_color_range=ColorRange.JPEG, dst_colorspace=used, dst_color_range=extent
            )
            frame.pts = number
            if matrix is None:
                frame.colorspace = 2
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    frame = next(iter(VideoReader(probe_video(path))))[1]
    assert np.abs(frame[height // 2, 16::32].astype(int) - COLOURS).max() <= 5


def broken_in_the_middle(tmp_path):
    path = make_clip(tmp_path / "c.avi", Clip(codec="mjpeg", pix_fmt="yuvj420p", options={"qmin": "2", "qmax": "2"}))
    data = bytearray(path.read_bytes())
    at = data.index(b"movi") + 4
    for number in range(30):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if number in (20, 21):
            data[at + 8 : at + 8 + size] = bytes(size)
        at += 8 + size + size % 2
    path.write_bytes(data)
    return path


def test_a_frame_that_does_not_decode_repeats_the_one_before(tmp_path):
    info = probe_video(broken_in_the_middle(tmp_path))
    expected = [*range(20), 19, 19, *range(22, 30)]
    assert numbers(info) == expected
    for start in (20, 21, 22):
        assert numbers(info, start=start) == expected[start:]


def test_a_file_cut_short_gives_what_is_there(tmp_path):
    path = make_clip(tmp_path / "c.mkv", Clip(count=60, size=(320, 192), options={"crf": "10"}))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    info = probe_video(path)
    assert 10 < len(info.timeline) < 60
    assert numbers(info)[:-2] == list(range(len(info.timeline) - 2))


def test_leaving_early_ends_the_thread(tmp_path):
    info = probe_video(make_clip(tmp_path / "c.mp4", Clip(count=60)))
    before = threading.active_count()
    for index, _ in VideoReader(info):
        if index == 3:
            break
    assert threading.active_count() == before


def test_a_file_that_went_away_reaches_the_consumer(tmp_path):
    path = make_clip(tmp_path / "c.mp4", Clip())
    info = probe_video(path)
    path.write_bytes(b"gone bad")
    with pytest.raises(InputError):
        list(VideoReader(info))


def test_a_change_of_size_within_the_stream_keeps_the_first_size(tmp_path):
    parts = [
        make_clip(tmp_path / f"{n}.h264", Clip(count=10, size=size)) for n, size in enumerate([(96, 64), (192, 128)])
    ]
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = [frame for _, frame in VideoReader(probe_video(path))]
    assert {frame.shape for frame in frames} == {(64, 96, 3)}
    assert [number_of(frame) for frame in frames] == [*range(10)] * 2


@pytest.mark.parametrize(
    "wanted", [{"max_side": 200}, {"size": (208, 128)}, {"size": (800, 480)}, {"size": (160, 160)}]
)
@pytest.mark.parametrize("rotation", [None, 90])
def test_a_mark_is_where_the_affine_says(tmp_path, wanted, rotation):
    image = np.zeros((240, 402, 3), np.uint8)
    cv2.circle(image, (301, 77), 20, (255, 255, 255), -1)
    if rotation:
        image = np.rot90(image, -1)
    clip = Clip(count=2, size=(image.shape[1], image.shape[0]), rotation=rotation)
    reader = VideoReader(probe_video(make_clip(tmp_path / "c.mp4", clip, [np.ascontiguousarray(image)] * 2)), **wanted)
    shown = next(iter(reader))[1][..., 0].astype(float)
    assert shown.shape == reader.size[::-1]
    shown[shown < 40] = 0
    found = [shown.sum(axis=0) @ np.arange(shown.shape[1]), shown.sum(axis=1) @ np.arange(shown.shape[0])] / shown.sum()
    assert fit_affine((402, 240), reader.size) @ [301, 77, 1] == pytest.approx(found, abs=0.25)


def test_only_the_wanted_frames_come_out_the_same_as_in_a_straight_read(tmp_path):
    info = probe_video(make_clip(tmp_path / "c.mp4", Clip(options={"g": "10", "bf": "3"})))
    straight = dict(VideoReader(info))
    reader = VideoReader(info, start=2, stop=28, only={1, 3, 17, 27, 29})
    picked = dict(reader)
    assert list(picked) == [3, 17, 27]
    assert len(reader) == 3
    for index, frame in picked.items():
        np.testing.assert_array_equal(frame, straight[index])
