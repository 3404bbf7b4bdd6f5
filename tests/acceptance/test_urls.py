"""Picture and video may be addresses on the web."""

import shutil

from tests.acceptance.command import motioncast
from tests.acceptance.conftest import SEED


def test_a_job_from_the_web_is_the_job_from_the_disk(web, animated, portrait, talker, tmp_path, models_dir):
    address, folder = web
    shutil.copy(portrait, folder / "me")  # no suffix: the content says what it is
    shutil.copy(talker, folder / "clip.mp4")
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()
    command = ("animate", f"{address}/me?size=large", f"{address}/clip.mp4#t=1", "--seed", SEED)
    done = motioncast(*command, cwd=work, TMPDIR=str(temporary))
    assert (done.code, done.stdout, done.stderr) == (0, "me-clip.mp4\n", "")
    assert (work / "me-clip.mp4").read_bytes() == (animated[1] / "out.mp4").read_bytes()
    assert list(temporary.iterdir()) == []
