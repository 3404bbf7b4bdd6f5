"""Whether a picture came with its subject already cut out."""

from motioncast.arrays import Image


def is_cutout(alpha: Image) -> bool:
    """Whether the transparency (H, W) uint8 has see-through and solid parts."""
    return bool((alpha < 16).mean() > 0.02 and (alpha > 240).mean() > 0.01)
