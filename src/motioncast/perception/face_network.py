"""The face mesh. Grishchenko et al., "Attention Mesh" (2020)."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception import attention_mesh
from motioncast.perception.landmarks import FACE_POINTS
from motioncast.perception.networks import Network, Points, mesh_parts, sigmoid
from motioncast.perception.roi import Roi

FACE_SIDE = 192


class FaceMesh:
    """The attention mesh: 478 points, irises last, accurate at the lips, lids and irises."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._backbone = Network(lambda: self._wiring.backbone)
        self._heads = Network(lambda: self._wiring.heads)

    @cached_property
    def _wiring(self) -> attention_mesh.SplitMesh:
        return mesh_parts(self._models)

    def __call__(self, image: Image, roi: Roi) -> Points:
        """The face in `roi` of `image`."""
        features, *rest = self._backbone.see(roi.crop(image, FACE_SIDE))
        *meshes, mesh, flag = rest
        specs = self._wiring.crops
        affines = [attention_mesh.crop_affine(m, spec) for m, spec in zip(meshes, specs, strict=True)]
        crops = [attention_mesh.crop_features(features, affines[c], specs[c].size) for c in self._wiring.input_crop]
        points = np.zeros((FACE_POINTS, 3), np.float32)
        points[:468] = mesh.reshape(-1, 3)
        self._refine(points, self._heads(*crops), affines, FACE_SIDE / features.shape[0])
        return Points(float(sigmoid(flag.ravel())[0]), roi.landmarks_px(points, FACE_SIDE))

    def _refine(self, points: Float32, refined: list[Float32], affines: list[Any], cell: float) -> None:
        """Put the refined lips, eyes and irises in place; an iris lies at the mean depth of its eye's contour."""
        iris = 468
        for found, crop in zip(refined, self._wiring.head_crop, strict=True):
            # `TransformLandmarks`: the heads' unit is already the crop pixel, only the origin is in feature cells
            placed = found @ affines[crop][:, :2].T + affines[crop][:, 2] * cell
            owner = self._wiring.crops[crop].points
            if len(placed) == len(owner):
                points[owner, :2] = placed
            else:
                points[iris : iris + len(placed), :2] = placed
                points[iris : iris + len(placed), 2] = points[owner[:16], 2].mean()
                iris += len(placed)
