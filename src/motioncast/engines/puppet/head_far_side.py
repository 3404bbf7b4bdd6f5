"""How the mesh of the head shows the completed far side of a half turned face: the more, the further it turns.

In the pose of its picture the head must look as it does there. So the triangles in question exist several times: once
with the picture's own pixels, and for every step of the completion with those; a pose uses one of the steps and
collapses the others to a point, which costs next to nothing.
"""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64, Int32
from motioncast.engines.puppet.face.far_side import FarSide
from motioncast.engines.puppet.face.geometry import ramp
from motioncast.engines.puppet.face.topology import FILLED_TRIANGLES, OVAL

_TURN = (1.0, 9.0)  #: degrees towards the camera in which the completion appears


@dataclass(frozen=True)
class Steps:
    """Vertices repeated at the end of a mesh, for each step of the completion."""

    copied: Int32  #: (K,) which vertices the last K ones repeat
    step: Int32  #: (K,) for which step, 0 for the picture's own pixels
    texture_px: Float64  #: (K, 2)
    triangles: Int32  #: (T, 3) of the whole mesh, those of all steps included
    count: int  #: steps beyond 0
    yaw_deg: float  #: of the head in its picture

    def show(self, vertices: Float64, yaw_deg: float) -> None:
        """Set the repeated vertices of (V, 3) posed ones, for a head turned to `yaw_deg`. In place."""
        toward = (self.yaw_deg - yaw_deg) * np.sign(self.yaw_deg)
        step = round(self.count * ramp(*_TURN, float(toward)))
        placed = vertices[self.copied]
        placed[self.step != step] = vertices[0]
        vertices[len(vertices) - len(placed) :] = placed


def far_side_steps(triangles: Int32, texture_px: Float64, far: FarSide, yaw_deg: float) -> Steps:
    """The steps for a mesh of `triangles` (T, 3), the last of which are the face's, and its `texture_px` (V, 2)."""
    first = len(triangles) - len(FILLED_TRIANGLES)
    rim = np.zeros(len(texture_px), bool)
    rim[OVAL[far.rim]] = True
    # what lies around the far side starts at the face's contour, before which the cheek hides the oval
    around = np.flatnonzero(rim[triangles[:first]].any(axis=1))
    inside = first + np.flatnonzero(far.triangles)
    outwards = np.zeros_like(texture_px)
    outwards[OVAL[far.rim]] = far.rim_px - texture_px[OVAL[far.rim]]
    kept = np.delete(triangles, np.r_[around, inside], axis=0)
    parts, copied, steps, texture, total = [kept], [], [], [], len(texture_px)
    count = len(far.origins_px)
    for step in range(count + 1):
        for group, is_face in ((around, False), (inside, True)):
            ids, corners = np.unique(triangles[group], return_inverse=True)
            place = texture_px[ids] + step / count * outwards[ids]
            if is_face:
                place = texture_px[ids] if step == 0 else far.texel_px[ids] + far.origins_px[step - 1]
            parts.append((total + corners.reshape(-1, 3)).astype(np.int32))
            copied.append(ids)
            steps.append(np.full(len(ids), step))
            texture.append(place)
            total += len(ids)
    return Steps(
        np.concatenate(copied).astype(np.int32),
        np.concatenate(steps).astype(np.int32),
        np.vstack(texture),
        np.ascontiguousarray(np.vstack(parts), np.int32),
        count,
        yaw_deg,
    )
