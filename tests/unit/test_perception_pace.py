"""What the tracker leaves out: looks between looks, masks carried along, graphs kept on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast.perception.body_pace import BodyLook, bridged_poses
from motioncast.perception.graph_store import kept
from motioncast.perception.hand import NotLookedAt, bridged
from motioncast.perception.mask import similarity
from motioncast.perception.networks import Points
from motioncast.perception.pose_network import Pose


def hand_at(x: float) -> Points:
    return Points(0.9, np.full((21, 3), x, np.float32))


def pose_at(x: float) -> Pose:
    return Pose(
        score=0.9,
        body_px=np.full((33, 3), x, np.float32),
        visibility=np.full(33, 0.8, np.float32),
        world_m=np.full((33, 3), x / 100, np.float32),
        frame_px=np.array([[x, 0], [x, 50]], np.float32),
        mask_features=(),
        mask_to_px=np.eye(2, 3, dtype=np.float32),
    )


def test_a_hand_between_two_looks_is_halfway() -> None:
    hands = bridged([hand_at(10), NotLookedAt(), hand_at(20)], cuts=())
    assert hands[1] is not None
    np.testing.assert_array_equal(hands[1].points_px, np.full((21, 3), 15))


def test_a_hand_that_is_gone_in_the_next_look_is_gone_between() -> None:
    assert bridged([hand_at(10), NotLookedAt(), None], cuts=())[1] is None


@pytest.mark.parametrize("cuts", [(2,), ()])
def test_the_end_of_a_shot_keeps_the_hand_before_it(cuts: tuple[int, ...]) -> None:
    looks = [hand_at(10), NotLookedAt(), *([hand_at(90)] if cuts else [])]
    hands = bridged(looks, cuts)
    assert hands[1] is not None
    np.testing.assert_array_equal(hands[1].points_px, hand_at(10).points_px)


def test_a_body_between_two_looks_is_halfway_but_never_across_a_cut() -> None:
    before, after = pose_at(10), pose_at(30)
    looks = [BodyLook(before), BodyLook(before, own=False), BodyLook(after), BodyLook(after, own=False)]
    poses = bridged_poses(looks, cuts=())
    assert [float(p.body_px[0, 0]) for p in poses if p is not None] == [10, 20, 30, 30]
    assert poses[1] is not None
    assert poses[1].world_m[0, 0] == pytest.approx(0.2)
    cut = bridged_poses(looks, cuts=(2,))[1]
    assert cut is not None
    assert cut.body_px[0, 0] == 10


def test_a_body_lost_in_the_next_look_stays_where_it_was() -> None:
    before = pose_at(10)
    pose = bridged_poses([BodyLook(before), BodyLook(before, own=False), BodyLook(None)], cuts=())[1]
    assert pose is not None
    assert pose.body_px[0, 0] == 10


@given(st.floats(-3, 3), st.floats(0.5, 2), st.floats(-50, 50), st.floats(-50, 50))
def test_the_similarity_of_moved_points_is_their_motion(turn: float, scale: float, x: float, y: float) -> None:
    points = np.random.default_rng(3).uniform(0, 300, (9, 2))
    motion = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * scale
    found = similarity(points, points @ motion.T + [x, y])
    np.testing.assert_allclose(found, np.column_stack([motion, [x, y]]), atol=1e-6)


def test_kept_parts_are_made_once_and_again_when_damaged(tmp_path: Path) -> None:
    made = []

    def make() -> tuple[bytes, ...]:
        made.append(1)
        return b"landmarks" * 100, b"", b"mask"

    first = kept(tmp_path, "net.tflite", "a" * 64, make)
    assert kept(tmp_path, "net.tflite", "a" * 64, make) == first == (b"landmarks" * 100, b"", b"mask")
    assert len(made) == 1
    assert kept(tmp_path, "net.tflite", "b" * 64, make) == first  # other weights
    assert len(made) == 2
    for path in (tmp_path / "cut").iterdir():
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    assert kept(tmp_path, "net.tflite", "a" * 64, make) == first
    assert len(made) == 3


def test_a_folder_that_cannot_be_written_to_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "cut").write_text("in the way")
    assert kept(tmp_path, "net.tflite", "a" * 64, lambda: (b"x",)) == (b"x",)


def test_halfway_poses_keep_what_is_not_a_place() -> None:
    before = replace(pose_at(10), score=0.7)
    pose = bridged_poses([BodyLook(before), BodyLook(before, own=False), BodyLook(pose_at(20))], cuts=())[1]
    assert pose is not None
    assert pose.score == 0.7
