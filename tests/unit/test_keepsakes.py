"""Frames kept while the performer is followed."""

import numpy as np
import pytest
from drawn_face import place, shape, track

from motioncast.engines.puppet.face.driver_look import study_frames
from motioncast.engines.puppet.face.performance import analyse_face
from motioncast.engines.puppet.keepsakes import Keepsakes, as_rendered, offered_frames
from motioncast.media.geometry import within

PICTURE = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize("count", [1, 2, 47, 48, 49, 300, 3600])
def test_the_frames_kept_are_few_and_spread_over_the_whole_clip(count):
    frames = list(offered_frames(count))
    assert len(frames) <= 48
    assert len(set(np.diff(frames))) <= 1
    assert count - frames[-1] <= max(1, frames[1] if len(frames) > 1 else 1)


def test_every_frame_may_be_shown_but_only_those_offered_are_held():
    kept = Keepsakes(300)
    for index in range(300):
        kept.see(index, PICTURE)
    assert list(kept.frames) == list(offered_frames(300))


def test_the_study_wants_none_but_offered_frames_the_calm_and_the_open_ones():
    opened = shape(gap=0.15)
    shapes = [opened if index % 20 >= 12 else shape() for index in range(200)]
    performance = analyse_face(track([place(s) for s in shapes]))
    offered = offered_frames(200)
    wanted = study_frames(performance, offered).tolist()
    assert set(wanted) <= set(offered)
    assert any(shapes[index] is opened for index in wanted)
    assert sum(shapes[index] is not opened for index in wanted) >= 5


def test_the_moment_that_the_picture_shows_is_studied_whether_kept_or_not():
    performance = analyse_face(track([place(shape(gap=0.001 * (i % 7))) for i in range(100)]))
    pictured = performance.rested_at(np.array([41], np.int32))
    assert 41 in study_frames(pictured, offered_frames(100))


@pytest.mark.parametrize(("source", "same"), [((1280, 720), True), ((698, 572), True), ((854, 480), False)])
def test_kept_frames_count_only_where_the_rendering_reads_the_same_pixels(source, same):
    kept = {0: PICTURE}
    assert bool(as_rendered(kept, source, within(source, 832))) is same
