"""Something in front of the performer (a desk, a caption bar): where the frame must stay in front of the character.

What stands in front shows as a nearly level edge that runs through the scene *and* straight through the performer, in
every frame: an edge of the background would be covered there, an edge of the performer would move and end with them.
"""

import cv2
import numpy as np

from motioncast.arrays import Bools, Float64, Image
from motioncast.engines.puppet.scene.performer import PerformerRegion
from motioncast.media.geometry import fit

SLOPES = np.linspace(-0.12, 0.12, 25)
STEP_LEVELS = 14.0  #: change of grey over two rows that makes an edge
ON_PERFORMER = 0.6  #: share of the performer's columns that must show the edge
BESIDE = 0.5  #: share of the other columns that must show it


def occluding_edge(
    samples: dict[int, Image], motions: dict[int, Float64], region: PerformerRegion, size: tuple[int, int]
) -> Float64 | None:
    """(2,) slope and height of the upper edge of what stands in front of the performer, or None when nothing does.

    samples: frame index -> (H, W, 3) of one shot; motions: frame index -> (3, 3) output px of its first frame ->
    output px of that frame. The edge y = slope x + height is in output px of that first frame; size: (W, H) of the
    output. Ask only when feet are hidden.
    """
    edges, person = _steady_edges(samples, motions, region, size)
    height = person.shape[0]
    columns = np.asarray(person.any(axis=0))
    if columns.mean() < 0.06 or columns.mean() > 0.9:
        return None
    rows = np.flatnonzero(person.any(axis=1))
    top = max(0.5 * height, (rows[0] + rows[-1]) / 2)
    found = _upper_line(edges, person, columns, top)
    return None if found is None else np.array([found[0], (found[1] + 0.5) * size[1] / height])


def _steady_edges(
    samples: dict[int, Image], motions: dict[int, Float64], region: PerformerRegion, size: tuple[int, int]
) -> tuple[Bools, Bools]:
    """Level edges of the temporal median of everything, person included, and where the person mostly was; (h, w)."""
    width, height = region.work_size
    k = np.diag([width / size[0], height / size[1], 1.0])
    greys, person = [], np.zeros((height, width))
    for t, image in samples.items():
        back = k @ np.linalg.inv(motions[t]) @ np.linalg.inv(k)
        grey = cv2.cvtColor(fit(image, region.work_size), cv2.COLOR_RGB2GRAY)
        greys.append(cv2.warpPerspective(grey, back, (width, height), borderMode=cv2.BORDER_REPLICATE))
        person += cv2.warpPerspective(region.plain(t), back, (width, height)) > 128
    middle = np.median(np.array(greys), axis=0).astype(np.float32)
    change = np.zeros_like(middle)
    change[1:-1] = np.abs(middle[2:] - middle[:-2])
    edges = cv2.dilate((change > STEP_LEVELS).astype(np.uint8), np.ones((3, 1), np.uint8))
    return np.asarray(edges > 0), np.asarray(person > 0.4 * len(greys))


def _upper_line(edges: Bools, person: Bools, columns: Bools, top: float) -> tuple[float, float] | None:
    """Slope and height of the uppermost line with enough edge under it on the person and beside them."""
    height, width = edges.shape
    x = np.arange(width)
    reach = np.ones((2 * (height // 24) + 1, 1), np.uint8)
    touching = cv2.dilate(person.astype(np.uint8), reach) > 0
    best: tuple[float, float, float] | None = None
    for slope in SLOPES:
        shift = np.rint(slope * (x - width / 2)).astype(int)
        for base in range(int(top), round(0.965 * height)):
            y = np.clip(base + shift, 0, height - 1)
            hit = edges[y, x]
            inside = columns & touching[y, x]
            if inside.sum() < 0.5 * columns.sum() or hit[inside].mean() < ON_PERFORMER or hit[~columns].mean() < BESIDE:
                continue
            score = float(hit.mean())
            if best is None or score > best[0] + 0.02:
                best = (score, float(slope), base - slope * width / 2)
    return None if best is None else best[1:]


def occluder_mask(edge: Float64, motion: Float64, size: tuple[int, int]) -> Image:
    """(H, W) uint8: 255 below the edge as the frame with this `motion` (3, 3) sees it, soft over a few pixels."""
    width, height = size
    ends = motion @ np.array([[0, edge[1], 1], [width, edge[0] * width + edge[1], 1]]).T
    (x0, x1), (y0, y1) = ends[0] / ends[2], ends[1] / ends[2]
    slope = (y1 - y0) / (x1 - x0)
    line = y0 + slope * (np.arange(width, dtype=np.float32) - x0)
    soft = max(2.0, height / 240)
    rows = np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(np.clip(((rows - line) / soft + 0.5) * 255, 0, 255), np.uint8)
