"""Where the character may go in replace mode, and what is left of the driving frame around it.

Shaping as in Wan2.2's preprocessing (UserGuider.md, `get_mask_body_img`, `get_aug_mask`): the silhouette is dilated,
then every cell of a grid over its bounding box that it touches is filled. A small, fine mask keeps more of the
background but gives the performer's outline away; a large, coarse one lets the character be of another build.
"""

from dataclasses import dataclass, fields

import cv2
import numpy as np

from motioncast.arrays import Image, Int32
from motioncast.errors import InputError

PERSON = 255
_HALF = 128


@dataclass(frozen=True, slots=True)
class MaskShape:
    """How a silhouette becomes a mask; the defaults are the official ones: a box around the dilated person.

    Raises `InputError` when a number is out of range.
    """

    kernel: int = 7  #: side of the square it is dilated with, in output pixels
    iterations: int = 3  #: how often; 0 leaves the silhouette as it is
    columns: int = 1  #: of the grid over the bounding box: more follow the outline more closely
    rows: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), 0 if field.name == "iterations" else 1
            if not least <= value <= 1000:
                raise InputError(f"The mask's {field.name} must be a whole number from {least} to 1000, not {value}.")


def silhouette(soft: Image, shape: MaskShape) -> Image:
    """(H, W) of 0 and 255: where the soft mask (H, W) is at least half person, dilated but on no grid."""
    person = np.where(soft >= _HALF, np.uint8(PERSON), np.uint8(0))
    kernel = np.ones((shape.kernel, shape.kernel), np.uint8)
    return np.asarray(cv2.dilate(person, kernel, iterations=shape.iterations), np.uint8)


def shaped_mask(soft: Image, shape: MaskShape) -> Image:
    """(H, W) of 0 and 255: the dilated silhouette of the soft mask (H, W), on its grid.

    Nobody in the frame gives an empty mask: the driving frame then stays as it is. The grid has exactly `columns` x
    `rows` cells whose sizes differ by a pixel at most (the official one has a cut-off cell at the end, and fails where
    the person is narrower than the number of cells).
    """
    mask = silhouette(soft, shape)
    across, down = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if len(across) == 0:
        return mask
    box = mask[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
    x, y = _cell_of(box.shape[1], shape.columns), _cell_of(box.shape[0], shape.rows)
    touched = np.zeros((shape.rows, shape.columns), np.uint8)
    inside_y, inside_x = np.nonzero(box)
    touched[y[inside_y], x[inside_x]] = PERSON
    box[...] = touched[y[:, None], x[None, :]]
    return mask


def without_person(frame: Image, mask: Image) -> Image:
    """The (H, W, 3) frame, black wherever the (H, W) mask is not 0."""
    return np.asarray(frame * (mask == 0)[..., None], np.uint8)


def _cell_of(length: int, cells: int) -> Int32:
    """(length,) number of the cell that each pixel lies in."""
    return (np.arange(length) * cells // length).astype(np.int32)
