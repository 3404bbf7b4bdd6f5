"""Looking again until a region stays where it is."""

from dataclasses import replace

import pytest

from motioncast.perception.roi import Roi
from motioncast.perception.settling import settled

THERE = Roi(100.0, 60.0, 80.0, 0.2)


def seen_in(region: Roi) -> Roi:
    """What a network makes of a region that is off: half way to the truth."""
    side = (region.side + THERE.side) / 2
    return Roi((region.x + THERE.x) / 2, (region.y + THERE.y) / 2, side, (region.angle + THERE.angle) / 2)


def test_a_rough_detection_is_looked_at_until_its_region_fits() -> None:
    found, region = settled(seen_in, lambda seen: seen, Roi(130.0, 60.0, 80.0), 0.05)
    assert region is not None
    assert region.near(THERE, 0.1)
    assert region.near(found, 0.05)
    assert seen_in(region) == found


def test_looking_ends_though_nothing_settles() -> None:
    looks = []

    def restless(region: Roi) -> Roi:
        looks.append(region)
        return region.moved(50.0, 0.0)

    settled(restless, lambda seen: seen, THERE, 0.01)
    assert len(looks) == 4


def test_what_is_not_to_be_believed_is_not_taken() -> None:
    assert settled(lambda region: None, lambda seen: seen, THERE, 0.01) == (THERE, None)


FULL_TURN = 6.283185307179586


@pytest.mark.parametrize("step", [1.0, -1.0])
def test_near_is_a_share_of_the_side_and_an_angle(step: float) -> None:
    def others(share: float) -> list[Roi]:
        size = THERE.side * (1 + share * step)
        turned = THERE.angle + share * step
        return [
            THERE.moved(80 * share * step, 0),
            THERE.moved(0, 80 * share * step),
            replace(THERE, side=size),
            replace(THERE, angle=turned),
            replace(THERE, angle=turned + FULL_TURN),
        ]

    assert all(THERE.near(other, 0.05) for other in others(0.04))
    assert not any(THERE.near(other, 0.05) for other in others(0.07))
