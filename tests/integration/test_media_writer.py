import hashlib
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from motioncast.errors import InputError, MotioncastError
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.media.writer import EncodedSegment, encode_segment, write_mp4
from tests.clips import Clip, audio_packets, make_clip, number_of, numbered, onsets

SIZE = (160, 96)
LENGTH = 16


def segments(info, size=SIZE, order=None):
    starts = list(range(0, len(info.timeline), LENGTH))
    made = {}
    for start in order(starts) if order else starts:
        frames = (frame for _, frame in VideoReader(info, size=size, start=start, stop=start + LENGTH))
        made[start] = encode_segment(frames, start, size, info.rate)
    return [made[start] for start in starts]


def rewritten(tmp_path, clip, name="in.mp4", keep_audio=True):
    source = make_clip(tmp_path / name, clip)
    info = probe_video(source)
    output = tmp_path / "out.mp4"
    write_mp4(output, segments(info), info, keep_audio)
    return source, info, output


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("in.mp4", Clip(count=40)),
        ("vfr.mp4", Clip(count=8, pts=[0, 1, 5, 6, 7, 20, 21, 40], time_base=Fraction(1, 50))),
        ("vfr.mkv", Clip(count=40, pts=[n * 40 + n % 3 * 9 for n in range(40)], time_base=Fraction(1, 1000))),
        ("ntsc.mkv", Clip(count=40, rate=Fraction(30000, 1001))),
        ("fast.mp4", Clip(count=100, rate=Fraction(75))),
        ("two.mp4", Clip(count=2)),
    ],
)
def test_every_kept_frame_is_written_at_its_own_time(tmp_path, name, clip):
    _source, info, output = rewritten(tmp_path, clip, name)
    again = probe_video(output)
    assert (again.width, again.height) == SIZE
    assert len(again.timeline) == len(info.timeline)
    before, after = (np.array([float(p * i.timeline.time_base) for p in i.timeline.pts]) for i in (info, again))
    assert after == pytest.approx(before, abs=1e-4)
    expected = [number_of(frame) for _, frame in VideoReader(info)]
    assert [number_of(frame) for _, frame in VideoReader(again)] == expected


def test_the_stream_is_tagged_and_starts_every_segment_with_a_key_frame(tmp_path):
    _, _, output = rewritten(tmp_path, Clip(count=40))
    with av.open(str(output)) as file:
        video = file.streams.video[0]
        context = video.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        packets = [p for p in file.demux(video) if p.size]
    assert [n for n, p in enumerate(packets) if p.is_keyframe] == [0, 16, 32]
    stamps = [p.dts for p in packets]
    assert stamps == sorted(set(stamps))
    assert any(p.pts != p.dts + 2 * packets[0].duration for p in packets)  # B-frames are in use
    content = output.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert b"Lavf" not in content


def test_colours_survive(tmp_path):
    frames = [np.full((96, 160, 3), (200, 60, 30), np.uint8)] * 4
    info = probe_video(make_clip(tmp_path / "in.mp4", Clip(count=4, size=SIZE)))
    write_mp4(tmp_path / "out.mp4", [encode_segment(frames, 0, SIZE, info.rate)], info, False)
    for _, frame in VideoReader(probe_video(tmp_path / "out.mp4")):
        assert np.abs(frame.astype(int) - (200, 60, 30)).max() <= 3


def test_straight_resumed_and_shuffled_runs_give_the_same_file(tmp_path):
    info = probe_video(make_clip(tmp_path / "in.mp4", Clip(count=70, audio="aac", options={"g": "20"})))
    runs = [
        segments(info),
        segments(info, order=lambda starts: starts[::-1]),
        [EncodedSegment.from_bytes(s.to_bytes()) for s in segments(info)],
    ]
    assert runs[0] == runs[1] == runs[2]
    digests = set()
    for number, run in enumerate(runs):
        write_mp4(tmp_path / f"{number}.mp4", iter(run), info, True)
        digests.add(hashlib.sha256((tmp_path / f"{number}.mp4").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_encoding_moving_detail_is_repeatable():
    rng = np.random.default_rng(1)
    texture = rng.integers(0, 255, (600, 900, 3), dtype=np.uint8)
    texture = np.asarray(texture[::1] // 2 + np.roll(texture, 1, 0) // 2, np.uint8)
    frames = [np.ascontiguousarray(texture[2 * n : 2 * n + 464, 3 * n : 3 * n + 832]) for n in range(12)]
    runs = {encode_segment(frames, 0, (832, 464), Fraction(30)).to_bytes() for _ in range(5)}
    assert len(runs) == 1


def test_a_segment_is_itself_after_storage_and_damage_is_noticed():
    segment = encode_segment(numbered(5, SIZE), 32, SIZE, Fraction(30000, 1001))
    stored = segment.to_bytes()
    assert EncodedSegment.from_bytes(stored) == segment
    assert segment.count == 5
    assert [p.is_key for p in segment.packets] == [True, False, False, False, False]
    assert sorted(p.frame for p in segment.packets) == [32, 33, 34, 35, 36]
    for damaged in (b"", stored[:20], stored[:-1], stored[:-9] + b"x" + stored[-8:], b"x" + stored):
        with pytest.raises(ValueError, match="segment"):
            EncodedSegment.from_bytes(damaged)


def test_a_segment_needs_frames_of_its_size():
    with pytest.raises(ValueError, match="at least one"):
        encode_segment([], 0, SIZE, Fraction(25))
    with pytest.raises(ValueError, match="shape"):
        encode_segment(numbered(2, (96, 64)), 0, SIZE, Fraction(25))


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("in.mp4", "aac"),
        ("in.mkv", "aac"),
        ("in.avi", "libmp3lame"),
        ("in.mp4", "ac3"),
        ("in.mkv", "eac3"),
        ("in.webm", "libopus"),
        ("in.mkv", "flac"),
        ("in.mov", "alac"),
    ],
)
def test_sound_that_mp4_can_hold_is_copied_bit_for_bit_and_in_sync(tmp_path, name, codec):
    video = {"in.webm": "libvpx", "in.avi": "mpeg4"}.get(name, "libx264")
    source, _info, output = rewritten(tmp_path, Clip(count=60, codec=video, audio=codec), name)
    assert audio_packets(output) == audio_packets(source)
    assert onsets(output) == pytest.approx(onsets(source), abs=0.003)
    assert len(onsets(output)) == 3


def test_adts_aac_loses_only_its_frame_headers(tmp_path):
    source, _, output = rewritten(tmp_path, Clip(count=60, audio="aac"), "in.ts")
    assert audio_packets(output) == [packet[7:] for packet in audio_packets(source)]


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("in.mov", "pcm_s16le", 48000),
        ("in.avi", "pcm_s16le", 44100),
        ("in.mkv", "vorbis", 48000),
        ("in.mov", "pcm_s24le", 8000),
        ("in.mkv", "pcm_s16le", 192000),
    ],
)
def test_other_sound_becomes_aac_in_sync(tmp_path, name, codec, rate):
    video = "mpeg4" if name == "in.avi" else "libx264"
    options = Clip(count=75, codec=video, audio=codec, audio_rate=rate)
    _source, _info, output = rewritten(tmp_path, options, name)
    with av.open(str(output)) as file:
        assert file.streams.audio[0].codec_context.name == "aac"
        assert file.streams.audio[0].duration * file.streams.audio[0].time_base == pytest.approx(3, abs=0.03)
    assert onsets(output) == pytest.approx([0, 1, 2], abs=0.01)


@pytest.mark.parametrize(("name", "codec"), [("in.mkv", "aac"), ("in.mov", "pcm_s16le"), ("in.mp4", "aac")])
@pytest.mark.parametrize("start", [0.4, 1.5])
def test_sound_that_starts_late_stays_late(tmp_path, name, codec, start):
    clip = Clip(count=75, audio=codec, audio_start_s=start, audio_seconds=3 - start)
    _, _, output = rewritten(tmp_path, clip, name)
    expected = [1, 2] if start < 1 else [2]
    assert onsets(output) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("name", "codec"), [("in.mkv", "aac"), ("in.mkv", "pcm_s16le")])
def test_a_picture_that_starts_late_keeps_its_sound_in_step(tmp_path, name, codec):
    late = [15 + n for n in range(60)]  # 0.6 s of sound before the first frame
    _source, info, output = rewritten(tmp_path, Clip(count=60, pts=late, audio=codec, audio_seconds=3.0), name)
    assert info.timeline.origin_s == Fraction(3, 5)
    assert onsets(output) == pytest.approx([0.4, 1.4], abs=0.012)


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_ends_with_the_last_frame(tmp_path, codec):
    _, info, output = rewritten(tmp_path, Clip(count=25, audio=codec, audio_seconds=4.0), "in.mov")
    with av.open(str(output)) as file:
        sound = file.streams.audio[0]
        assert float(sound.duration * sound.time_base) == pytest.approx(info.duration_s, abs=0.03)


def test_sound_can_be_left_out(tmp_path):
    _, _, output = rewritten(tmp_path, Clip(audio="aac"), keep_audio=False)
    assert not probe_video(output).has_audio


def test_an_empty_sound_track_does_no_harm(tmp_path):
    info = probe_video(make_clip(tmp_path / "in.mp4", Clip(count=8, audio="aac", audio_seconds=0)))
    write_mp4(tmp_path / "out.mp4", segments(info), info, True)
    assert len(probe_video(tmp_path / "out.mp4").timeline) == 8


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_leaves_nothing_and_keeps_the_old_file(tmp_path, error):
    info = probe_video(make_clip(tmp_path / "in.mp4", Clip(count=40, audio="aac")))
    made = segments(info)
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "out.mp4").write_bytes(b"the last good one")

    def interrupted():
        yield made[0]
        raise error

    with pytest.raises(error):
        write_mp4(folder / "out.mp4", interrupted(), info, True)
    assert [p.name for p in folder.iterdir()] == ["out.mp4"]
    assert (folder / "out.mp4").read_bytes() == b"the last good one"


def test_missing_or_misplaced_segments_are_refused(tmp_path):
    info = probe_video(make_clip(tmp_path / "in.mp4", Clip(count=40)))
    made = segments(info)
    for wrong in (made[:2], made[1:], [made[0], made[2], made[1]], []):
        with pytest.raises(ValueError, match=r"segment|frames"):
            write_mp4(tmp_path / "out.mp4", wrong, info, False)
    other = replace(made[1], extradata=b"from elsewhere")
    with pytest.raises((ValueError, MotioncastError)):
        write_mp4(tmp_path / "out.mp4", [made[0], other, made[2]], info, False)
    assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]


def test_a_place_that_cannot_be_written_is_said_before_any_work(tmp_path):
    info = probe_video(make_clip(tmp_path / "in.mp4", Clip(count=4)))

    def untouched():
        raise AssertionError("rendered for nothing")
        yield

    for path in (tmp_path / "missing" / "out.mp4", tmp_path, tmp_path / "in.mp4" / "out.mp4"):
        with pytest.raises(InputError, match="output"):
            write_mp4(path, untouched(), info, False)
    assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]
