"""Looking again until a region stays where it is: a detection is rough, but what it shows says where to look."""

from collections.abc import Callable
from typing import TypeVar

from motioncast.perception.roi import Roi

_LOOKS = 4  #: at most
Found = TypeVar("Found")


def settled(
    look: Callable[[Roi], Found | None], region_of: Callable[[Found], Roi], found: Found, within: float
) -> tuple[Found, Roi | None]:
    """What was `found`, looked at again where it says that it is, and the region of the last look that saw it.

    look: what a region shows, or None for what is not to be believed; region_of: where to look for it next. Ends when
    the region moves by no more than `within` sides and radians. Without a second look that sees it, no region.
    """
    looked, wanted = None, region_of(found)
    for _ in range(_LOOKS):
        again = look(wanted)
        if again is None:
            break
        found, looked, wanted = again, wanted, region_of(again)
        if looked.near(wanted, within):
            break
    return found, looked
