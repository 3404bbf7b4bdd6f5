"""BlazePose: where the body of one person is. Grishchenko et al., "BlazePose GHUM Holistic" (2022)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.landmarks import BODY_POINTS, MASK_SIDE
from motioncast.perception.networks import Network, pose_parts, sigmoid
from motioncast.perception.roi import Roi, circle

POSE_SIDE = 256
_AUXILIARY = slice(33, 35)  #: the two extra pose points that say where the next region is
_HEATMAP_REACH = 4  #: a landmark is refined within 4 heatmap cells
_LANDMARK_OUTPUTS = 4  #: outputs before those that only the mask needs


@dataclass(frozen=True)
class Pose:
    """One person as the pose network sees it."""

    score: float  #: 0..1, that there is a person
    body_px: Float32  #: (33, 3)
    visibility: Float32  #: (33,)
    world_m: Float32  #: (33, 3)
    frame_px: Float32  #: (2, 2) middle of the hips, and the rim of the circle around the body: the next region
    mask_features: tuple[Float32, ...]  #: what `PoseMask` makes the person mask from
    mask_to_px: Float32  #: (2, 3) affine from mask pixels to picture pixels

    @property
    def circle(self) -> Roi:
        """The circle around the body, head up."""
        return circle(self.frame_px[0], self.frame_px[1])


class PoseLandmarks:
    """BlazePose GHUM, "full", without its person mask: that is 40 % of the work and no landmark waits for it."""

    def __init__(self, models: Path, masks: bool = True) -> None:
        """Without `masks`, poses hold no `mask_features`."""
        self._network = Network(lambda: pose_parts(models)[0])
        self._outputs = None if masks else _LANDMARK_OUTPUTS

    def __call__(self, image: Image, roi: Roi) -> Pose:
        """The person in `roi` of `image`."""
        raw, flag, heatmap, world, *features = self._network.see(roi.crop(image, POSE_SIDE), outputs=self._outputs)
        values = raw.reshape(-1, 5)
        points = values[:, :3].copy()
        points[:, :2] = refine_by_heatmap(points[:, :2], heatmap)
        placed = roi.landmarks_px(points, POSE_SIDE)
        cosine, sine = np.cos(roi.angle), np.sin(roi.angle)
        world_m = world.reshape(-1, 3)[:BODY_POINTS].copy()
        world_m[:, :2] = world_m[:, :2] @ np.array([[cosine, sine], [-sine, cosine]], np.float32)
        return Pose(
            score=float(flag.ravel()[0]),
            body_px=placed[:BODY_POINTS],
            visibility=sigmoid(values[:BODY_POINTS, 3]),
            world_m=world_m,
            frame_px=placed[_AUXILIARY, :2],
            mask_features=tuple(features),
            mask_to_px=roi.pixel_to_px(MASK_SIDE).astype(np.float32),
        )


def refine_by_heatmap(points: Float32, heatmap: Float32) -> Float32:
    """Move each landmark (K, 2) in crop pixels to the confidence-weighted mean of its (H, W, K) heatmap around it.

    Only where the heatmap is sure, .5 at least (mediapipe's RefineLandmarksFromHeatmapCalculator, kernel 9).
    """
    height, width, count = heatmap.shape
    scale = np.array([width, height], np.float32) / POSE_SIDE
    cell = np.floor(points * scale).astype(np.intp)
    inside = ((cell >= 0) & (cell < [width, height])).all(axis=1)
    offset = np.arange(-_HEATMAP_REACH, _HEATMAP_REACH + 1)
    column, row = cell[:, :1] + offset, cell[:, 1:] + offset
    known = (((row >= 0) & (row < height))[:, :, None]) & (((column >= 0) & (column < width))[:, None, :])
    index = (np.clip(row, 0, height - 1)[:, :, None], np.clip(column, 0, width - 1)[:, None, :])
    weight = sigmoid(heatmap[*index, np.arange(count)[:, None, None]]) * known
    total = weight.sum(axis=(1, 2))
    x = (weight.sum(axis=1) * column).sum(axis=1) / np.maximum(total, 1e-9)
    y = (weight.sum(axis=2) * row).sum(axis=1) / np.maximum(total, 1e-9)
    sure = inside & (weight.max(axis=(1, 2)) >= 0.5)
    return np.where(sure[:, None], np.stack([x, y], axis=1) / scale, points).astype(np.float32)
