"""A region as it looked in a frame: what has not changed since stands still."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Image
from motioncast.perception.roi import Roi

_THUMBNAIL = 48  #: px a side
_STILL = 0.5  #: grey levels: what changes less stands still


@dataclass(frozen=True)
class Glance:
    """A region, and what it showed.

    A network sees a slightly shifted crop slightly differently, and what it sees shifts the next crop: what stands
    still would wander. So while nothing changes, a network looks where it looked.
    """

    region: Roi
    thumbnail: Image

    @classmethod
    def of(cls, region: Roi, image: Image) -> "Glance":
        """At `region` of the frame `image` (H, W, 3)."""
        return cls(region, region.crop(image, _THUMBNAIL))

    def change(self, image: Image) -> float:
        """How much of it another frame changes: mean of the largest channel's, grey levels."""
        now = self.region.crop(image, _THUMBNAIL).astype(np.int16)
        return float(np.abs(now - self.thumbnail).max(axis=2).mean())

    def still(self, image: Image) -> bool:
        """Does it look the same in another frame?"""
        return self.change(image) <= _STILL
