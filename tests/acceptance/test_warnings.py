"""What does not fit is said, and the job runs all the same."""

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from tests.acceptance.command import frames_of, motioncast
from tests.acceptance.conftest import SEED


def test_a_prompt_is_ignored_with_a_warning(animated, portrait, talker, tmp_path):
    command = ("animate", portrait, talker, "-o", "out.mp4", "--seed", SEED, "--prompt", "in the rain")
    done = motioncast(*command, cwd=tmp_path)
    assert (done.code, done.stdout) == (0, "out.mp4\n")
    assert done.stderr.startswith("warning: ")
    assert done.stderr.count("\n") == 1
    assert "prompt" in done.stderr
    assert (tmp_path / "out.mp4").read_bytes() == (animated[1] / "out.mp4").read_bytes()


def test_another_composition_and_aspect_than_the_driving_videos_are_pointed_out(portrait, walker, tmp_path):
    warnings = motioncast("animate", portrait, walker, "-o", "out.mp4", "--json", cwd=tmp_path).report["warnings"]
    assert any("aspect" in warning for warning in warnings), warnings
    assert any("whole person" in warning for warning in warnings), warnings
    assert len(frames_of(tmp_path / "out.mp4")) == 20


def test_a_subject_without_a_readable_pose_moves_as_a_whole(talker, tmp_path):
    picture = Pillow.new("RGBA", (480, 480), (0, 0, 0, 0))
    drawing = ImageDraw.Draw(picture)
    drawing.ellipse((120, 180, 380, 420), fill=(240, 150, 40, 255))
    drawing.polygon([(150, 200), (170, 90), (230, 190)], fill=(200, 110, 30, 255))
    drawing.ellipse((300, 260, 330, 290), fill=(20, 20, 20, 255))
    picture.save(tmp_path / "creature.png")
    done = motioncast("animate", "creature.png", talker, "-o", "out.mp4", "--json", "--seed", "1", cwd=tmp_path)
    warnings = done.report["warnings"]
    assert any("pose" in warning or "body" in warning for warning in warnings), warnings
    frames = frames_of(tmp_path / "out.mp4")
    assert len(frames) == 25
    orange = [np.abs(frame.astype(int) - (240, 150, 40)).max(axis=2) < 40 for frame in frames]
    assert min(shown.mean() for shown in orange) > 0.1
    assert any((orange[0] != shown).any() for shown in orange[1:])


def test_of_what_is_no_person_one_warning_says_how_it_moves(walker, tmp_path):
    picture = Pillow.new("RGB", (480, 480), (225, 215, 200))
    drawing = ImageDraw.Draw(picture)
    drawing.rectangle((140, 200, 340, 430), fill=(60, 90, 160))
    drawing.ellipse((320, 260, 400, 360), outline=(60, 90, 160), width=20)
    picture.save(tmp_path / "mug.png")
    done = motioncast("animate", "mug.png", walker, "-o", "out.mp4", "--json", "--seed", "1", cwd=tmp_path)
    warnings = [warning for warning in done.report["warnings"] if "aspect" not in warning]
    assert warnings == ["No pose could be read in the reference image: the character moves as a whole."]
    frames = frames_of(tmp_path / "out.mp4")
    blue = [np.abs(frame.astype(int) - (60, 90, 160)).max(axis=2) < 40 for frame in frames]
    assert min(shown.mean() for shown in blue) > 0.15
    assert any((blue[0] != shown).any() for shown in blue[1:])
