"""The rigged character: every layer bound to the skeleton, ready to be posed and drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float32, Float64, Int32
from motioncast.engines.puppet.body.joints import SHOULDER, SIDES, Joints, Side
from motioncast.engines.puppet.body.layers import BodyLayers, Layer
from motioncast.engines.puppet.body.mesh import drawing_order, grid_mesh
from motioncast.engines.puppet.body.planar import length, unit
from motioncast.engines.puppet.body.skeleton import side_joints
from motioncast.engines.puppet.body.skinning import LimbSkin, bind_limb, bone_rotations
from motioncast.engines.puppet.body.sleeve import Sleeve, is_wide, loose_cloth
from motioncast.engines.puppet.body.torso import TorsoMap
from motioncast.engines.puppet.texture import Texture
from motioncast.perception.smoothing import smoothstep

_ARM_ZONES, _LEG_ZONES, _SKIRT_ZONES = (0.6, 0.9, 0.7), (1.2, 1.0, 0.5), (1.6, 1.2, 0.5)
_LEG_RADII = 1.15  #: legs are thicker than the limb radius
_TORN = 2.6  #: a triangle edge stretched beyond this spans two parts that only touched in the picture
_TORN_CLOTH = 8.0  #: the same in a sleeve, whose folds open
#: how far an upper arm may turn against the chest: raised outwards, never through the body
_SHOULDER_RANGE: Mapping[Side, tuple[float, float]] = {"left": (-3.6, 1.9), "right": (-1.9, 3.6)}


@dataclass(frozen=True)
class PosedMesh:
    """A textured mesh where it stands in one frame."""

    vertices_px: Float32  #: (V, 3) canvas px and depth
    uv_px: Float32  #: (V, 2) texture px
    triangles: Int32  #: (T, 3)
    texture: Texture


@dataclass(frozen=True)
class _Limb:
    """One limb's layer with its skin."""

    texture: Texture
    uv_px: Float32
    triangles: Int32
    skin: LimbSkin

    @classmethod
    def bind(
        cls,
        layer: Layer,
        joints_px: Float64,
        parent_axis: Float64,
        radius: float,
        zones: tuple[float, float, float],
        step: int,
    ) -> "_Limb":
        uv, triangles = grid_mesh(layer.rgba[..., 3], step)
        skin = bind_limb(uv + layer.origin_px, joints_px, parent_axis, radius, zones)
        # from the root outwards: a folded forearm is drawn over the upper arm
        ordered = drawing_order(triangles, skin.order)
        return cls(Texture.of(layer.rgba), uv.astype(np.float32), ordered, skin)

    def at(self, vertices_px: Float64, thickness: float, torn: float = _TORN) -> PosedMesh:
        """The layer with its vertices (V, 2) where they are in a frame, without what is stretched beyond `torn`."""
        stretch = _edges(vertices_px, self.triangles) / _edges(self.skin.rest_px, self.triangles)
        whole = self.triangles[stretch.max(axis=1) <= torn * max(thickness, 0.2)]
        posed = np.hstack([vertices_px, np.zeros((len(vertices_px), 1))]).astype(np.float32)
        return PosedMesh(posed, self.uv_px, whole, self.texture)


@dataclass(frozen=True)
class LimbRig:
    """Arms and legs of a character. A limb that the picture does not show is absent."""

    arms: Mapping[Side, _Limb]
    sockets_px: Mapping[Side, Float64]  #: (2,) where the arms hang, reference px
    sleeves: Mapping[Side, Sleeve]  #: of arms from which cloth hangs
    legs: Mapping[Side, _Limb]
    skirt: tuple[_Limb, _Limb] | None  #: the same layer bound to the left and to the right leg
    skirt_left_share: Float64 | None  #: (V,) how much a skirt vertex follows the left leg

    def arm(self, side: Side, joints_px: Float64, torso: TorsoMap, thickness: float) -> PosedMesh:
        """The posed arm; joints_px (J, 2) are the whole skeleton's targets."""
        limb = self.arms[side]
        target = joints_px[list(side_joints(side, "SHOULDER", "ELBOW", "WRIST", "HAND"))]
        # the chest does not tilt as far as the performer's shoulders may: the arm hangs where its socket is
        target = target + torso(self.sockets_px[side][None]) - target[0]
        angles = bone_rotations(target, limb.skin.bone_axes, torso.chest.angle)
        low, high = _SHOULDER_RANGE[side]
        raised = float(angles[0]) - torso.chest.angle
        angles = angles + (2 * np.pi if raised < low else -2 * np.pi if raised > high else 0.0)
        vertices = limb.skin.pose(target, angles, torso.chest, thickness)
        if side in self.sleeves:
            vertices = self.sleeves[side].hang(vertices, target, float(angles[1]), thickness)
            return limb.at(vertices, thickness, _TORN_CLOTH)
        return limb.at(vertices, thickness)

    def lower_body(self, joints_px: Float64, torso: TorsoMap, thickness: float, left_behind: bool) -> list[PosedMesh]:
        """Legs or skirt, the farther one first."""
        if self.skirt is not None:
            return [self._posed_skirt(self.skirt, joints_px, torso, thickness)]
        sides: tuple[Side, Side] = ("left", "right") if left_behind else ("right", "left")
        return [
            self.legs[side].at(_pose_leg(self.legs[side].skin, side, joints_px, torso, thickness), thickness)
            for side in sides
            if side in self.legs
        ]

    def _posed_skirt(
        self, skirt: tuple[_Limb, _Limb], joints_px: Float64, torso: TorsoMap, thickness: float
    ) -> PosedMesh:
        left, right = (
            _pose_leg(limb.skin, side, joints_px, torso, thickness) for limb, side in zip(skirt, SIDES, strict=True)
        )
        assert self.skirt_left_share is not None
        share = self.skirt_left_share[:, None]
        return skirt[0].at(right + share * (left - right), thickness)


def rig_limbs(layers: BodyLayers, joints: Joints, step: int) -> LimbRig:
    """Bind the arm, leg and skirt layers to the reference skeleton with meshes of `step` px."""
    chest = unit(joints.neck - joints.hip)
    arms: dict[Side, _Limb] = {}
    for side, arm in layers.arms.items():
        chain = joints.arms[side] if arm.limb_joints is None else arm.limb_joints
        outwards = unit(joints.arms[side][SHOULDER] - joints.neck)
        arms[side] = _Limb.bind(arm, chain, outwards, joints.radius, _ARM_ZONES, step)
    legs = {
        side: _Limb.bind(layer, joints.legs[side], -chest, _LEG_RADII * joints.radius, _LEG_ZONES, step)
        for side, layer in layers.legs.items()
    }
    skirt, share = None, None
    if layers.skirt is not None:
        left, right = (
            _Limb.bind(layers.skirt, joints.legs[side], -chest, _LEG_RADII * joints.radius, _SKIRT_ZONES, step)
            for side in SIDES
        )
        skirt = (left, _Limb(left.texture, left.uv_px, left.triangles, right.skin))
        share = _left_share(left.skin.rest_px, joints)
    # clothes are symmetric, what hides a sleeve's width is not
    wide = any(is_wide(limb.skin, joints.radius) for limb in arms.values())
    sleeves = {side: loose_cloth(limb.skin, joints.radius) for side, limb in arms.items() if wide}
    sockets = {side: joints.arms[side][SHOULDER] for side in arms}
    return LimbRig(arms, sockets, sleeves, legs, skirt, share)


def _edges(points_px: Float64, triangles: Int32) -> Float64:
    """Lengths (T, 3) of the edges of triangles (T, 3) over points (V, 2); never zero."""
    corners = points_px[triangles]
    return np.maximum(length(corners - corners[:, [1, 2, 0]]), 1e-6)


def _pose_leg(skin: LimbSkin, side: Side, joints_px: Float64, torso: TorsoMap, thickness: float) -> Float64:
    target = joints_px[list(side_joints(side, "HIP", "KNEE", "ANKLE", "TOE"))]
    angles = bone_rotations(target, skin.bone_axes, torso.hips.angle)
    return skin.pose(target, angles, torso.hips, thickness)


def _left_share(points_px: Float64, joints: Joints) -> Float64:
    """Where a skirt vertex lies between the right (0) and the left (1) leg line at its height."""
    x = {}
    for side, leg in joints.legs.items():
        downwards = leg[np.argsort(leg[:, 1])]
        x[side] = np.interp(points_px[:, 1], downwards[:, 1], downwards[:, 0])
    gap = x["left"] - x["right"]
    gap = np.where(np.abs(gap) < 4.0, 4.0, gap)
    return smoothstep(0.0, 1.0, (points_px[:, 0] - x["right"]) / gap)
