"""An installation without the wan extra does everything else, and says how to get it."""

import json

import pytest

from tests.acceptance.command import motioncast


@pytest.mark.parametrize("command", [("animate", "me.png", "dance.mp4"), ("serve", "--data-dir", "data")])
def test_the_wan_engine_says_how_to_install_it(command, no_extra, cutout, talker, tmp_path):
    paths = {"me.png": cutout, "dance.mp4": talker}
    done = motioncast(*(paths.get(part, part) for part in command), "--engine", "wan", cwd=tmp_path, **no_extra)
    assert done.code == 2
    assert "make install-wan" in done.stderr
    assert done.stderr.count("\n") == 1


def test_auto_is_the_puppet_and_plans_and_conditions_need_no_extra(no_extra, cutout, talker, performer, tmp_path):
    plan = motioncast("plan", "--gpu", "RTX 4090", "--json", cwd=tmp_path, **no_extra)
    assert plan.report["gpu"]["name"] == "RTX 4090"
    done = motioncast("preprocess", cutout, talker, "-o", "conditions", cwd=tmp_path, **no_extra)
    assert (done.code, (tmp_path / "conditions" / "src_pose.mp4").exists()) == (0, True)
    settings = motioncast("config", "--json", cwd=tmp_path, **no_extra)
    assert json.loads(settings.stdout)["MOTIONCAST_WAN_PROFILE"] == "quality"
