"""A driving video over two minutes is cut."""

from fractions import Fraction

import pytest

from motioncast.media.probe import probe_video
from tests.acceptance.command import frames_of, motioncast
from tests.clips import Clip, audio_packets, make_clip


def test_only_the_first_two_minutes_are_performed(portrait, samples_dir, tmp_path, models_dir):
    faces = frames_of(samples_dir / "carphone_pristine.mp4")
    clip = Clip(count=126, size=(faces[0].shape[1] // 2 * 2, 144), rate=Fraction(1), audio="aac", audio_rate=8000)
    width = clip.size[0]
    make_clip(tmp_path / "long.mp4", clip, (faces[number % len(faces)][:, :width] for number in range(clip.count)))
    done = motioncast("animate", portrait, "long.mp4", "-o", "out.mp4", "--json", "--seed", "0", cwd=tmp_path)
    report = done.report
    assert (report["frames"], report["fps"], report["duration_s"]) == (120, 1.0, 120.0)
    assert len(report["warnings"]) == 1
    assert "longer than 120 s" in report["warnings"][0]
    output = probe_video(tmp_path / "out.mp4")
    assert (len(output.timeline), output.duration_s) == (120, pytest.approx(120))
    source, kept = audio_packets(tmp_path / "long.mp4"), audio_packets(tmp_path / "out.mp4")
    assert kept == source[: len(kept)]
    assert len(kept) / len(source) == pytest.approx(120 / 126, abs=0.01)
