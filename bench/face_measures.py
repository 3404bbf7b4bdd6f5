"""What a face does in every frame, measured on mesh landmarks in a head-normalised frame (numpy only).

The head pose is the similarity transform X ~ s R C + T that fits 31 points which hardly move with the expression
(forehead, nose bridge, eye corners, temples) to a mean face C (Umeyama, "Least-squares estimation of transformation
parameters between two point patterns", 1991). Y = Rᵀ(X - T) / s are the landmarks of a frontal face of width 1.
"""

import numpy as np

from motioncast.arrays import Float64

#: Landmark number → (x, y, z) on a frontal mean face: x right, y down, z away, in face widths (landmarks 234 to 454).
STABLE_FACE = {
    5: (0.0000, 0.2465, -0.3681),
    6: (0.0000, 0.1012, -0.2391),
    8: (0.0000, -0.0165, -0.2008),
    9: (0.0000, -0.0826, -0.2048),
    10: (0.0000, -0.3221, -0.1387),
    21: (-0.4753, -0.0670, 0.1561),
    33: (-0.3240, 0.0909, -0.0494),
    54: (-0.4329, -0.1615, 0.0766),
    67: (-0.2562, -0.2915, -0.0835),
    93: (-0.4904, 0.3740, 0.3213),
    103: (-0.3639, -0.2388, -0.0083),
    109: (-0.1390, -0.3169, -0.1277),
    127: (-0.5057, 0.1543, 0.3032),
    133: (-0.1248, 0.1011, -0.0890),
    151: (0.0000, -0.2055, -0.1756),
    162: (-0.4979, 0.0341, 0.2403),
    168: (0.0000, 0.0434, -0.2031),
    195: (0.0000, 0.1974, -0.3232),
    197: (0.0000, 0.1515, -0.2799),
    234: (-0.5000, 0.2648, 0.3271),
    251: (0.4753, -0.0670, 0.1561),
    263: (0.3240, 0.0909, -0.0494),
    284: (0.4329, -0.1615, 0.0766),
    297: (0.2562, -0.2915, -0.0835),
    323: (0.4904, 0.3740, 0.3213),
    332: (0.3639, -0.2388, -0.0083),
    338: (0.1390, -0.3169, -0.1277),
    356: (0.5057, 0.1543, 0.3032),
    362: (0.1248, 0.1011, -0.0890),
    389: (0.4979, 0.0341, 0.2403),
    454: (0.5000, 0.2648, 0.3271),
}
STABLE = np.array(list(STABLE_FACE))
STABLE_SHAPE = np.array(list(STABLE_FACE.values()))

INNER_LIP_PAIRS = np.array([(81, 178), (82, 87), (13, 14), (312, 317), (311, 402)])
MOUTH_CORNERS = (61, 291)
EYE_LID_PAIRS = (
    np.array([(161, 163), (160, 144), (159, 145), (158, 153), (157, 154)]),
    np.array([(388, 390), (387, 373), (386, 374), (385, 380), (384, 381)]),
)
EYE_CORNERS = ((33, 133), (362, 263))
BROWS = (np.array([70, 63, 105, 66, 107]), np.array([300, 293, 334, 296, 336]))
IRISES = (468, 473)


def head_pose(face_px: Float64) -> tuple[Float64, Float64, Float64]:
    """Scale (N,) in pixels a face width, rotation (N, 3, 3) and translation (N, 3) of (N, 478, 3) landmarks."""
    points = face_px[:, STABLE]
    centre, mean_centre = points.mean(1), STABLE_SHAPE.mean(0)
    shape = STABLE_SHAPE - mean_centre
    covariance = np.einsum("npi,pj->nij", points - centre[:, None], shape)
    u, singular, vt = np.linalg.svd(covariance)
    signs = np.ones_like(singular)
    signs[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * signs[:, None, :]) @ vt
    scale = (singular * signs).sum(1) / (shape**2).sum()
    return scale, rotation, centre - scale[:, None] * (rotation @ mean_centre)


def face_channels(face_px: Float64) -> dict[str, Float64]:
    """Every channel as (N,) of (N, 478, 3) landmarks in pixels; frames with NaN landmarks give NaN.

    Lengths are in face widths, eye openness and gaze in eye widths, angles in radians, `width_px` in pixels.
    """
    names = ("mouth_open", "mouth_width", "eye_open", "brow", "gaze", "yaw", "pitch", "roll", "width_px")
    channels = {name: np.full(len(face_px), np.nan) for name in names}
    seen = np.isfinite(face_px).all((1, 2))
    if not seen.any():
        return channels
    scale, rotation, translation = head_pose(face_px[seen])
    shape = np.einsum("nji,npj->npi", rotation, face_px[seen] - translation[:, None]) / scale[:, None, None]
    for name, values in (_expression(shape) | _angles(rotation) | {"width_px": scale}).items():
        channels[name][seen] = values
    return channels


def _angles(rotation: Float64) -> dict[str, Float64]:
    """Euler angles of R = Rz(roll) Rx(pitch) Ry(yaw)."""
    return {
        "yaw": np.arctan2(-rotation[:, 2, 0], rotation[:, 2, 2]),
        "pitch": np.arcsin(np.clip(rotation[:, 2, 1], -1, 1)),
        "roll": np.arctan2(-rotation[:, 0, 1], rotation[:, 1, 1]),
    }


def _expression(shape: Float64) -> dict[str, Float64]:
    upper, lower = INNER_LIP_PAIRS.T
    gap = (shape[:, lower, 1] - shape[:, upper, 1]).mean(1)
    corners = shape[:, MOUTH_CORNERS[0], :2] - shape[:, MOUTH_CORNERS[1], :2]
    eyes = [_eye(shape, side) for side in (0, 1)]
    opened, brow, gaze = (np.mean([eye[i] for eye in eyes], axis=0) for i in range(3))
    return {
        "mouth_open": np.maximum(gap, 0),
        "mouth_width": np.linalg.norm(corners, axis=1),
        "eye_open": opened,
        "brow": brow,
        "gaze": gaze,
    }


def _eye(shape: Float64, side: int) -> tuple[Float64, Float64, Float64]:
    """Openness (of the eye's width), brow height over the eye corners (face widths), gaze sideways (eye widths)."""
    left, right = (shape[:, corner, :2] for corner in EYE_CORNERS[side])
    across = right - left
    width = np.linalg.norm(across, axis=1)
    upper, lower = EYE_LID_PAIRS[side].T
    lids = np.linalg.norm(shape[:, upper, :2] - shape[:, lower, :2], axis=2).mean(1)
    middle = (left + right) / 2
    brow = middle[:, 1] - shape[:, BROWS[side], 1].mean(1)
    iris = shape[:, IRISES[side], :2] - middle
    return lids / width, brow, (iris * across).sum(1) / width**2
