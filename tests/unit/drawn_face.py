"""A drawn face and a made-up performance, with exactly the landmarks that belong to them."""

import cv2
import numpy as np

from motioncast.arrays import Float64, Image
from motioncast.engines.puppet.face.geometry import rotation_from_euler
from motioncast.engines.puppet.face.regions import lip_weights
from motioncast.engines.puppet.face.topology import (
    CANONICAL,
    EYES,
    FACE,
    INNER_LOWER,
    INNER_UPPER,
    OUTER_LOWER,
    OUTER_UPPER,
    OVAL,
    contour,
)
from motioncast.perception.landmarks import PerformanceTrack, PersonMasks, StillLandmarks

SIDE, FACE_WIDTH = 240, 110.0
SKIN, WHITE, IRIS, LIPS = (220, 175, 150), (240, 240, 235), (60, 90, 140), (180, 80, 80)


def shape(*, gap: float = 0.0, closed: float = 0.0, gaze: float = 0.0) -> Float64:
    """Canonical face (478, 3): lips `gap` face widths apart, lids `closed` 0..1, irises `gaze` eye widths aside."""
    face = CANONICAL.copy()
    half = 0.5 * gap * np.sin(np.linspace(0, np.pi, 11))[1:-1]
    half -= 0.5 * (face[INNER_LOWER[1:-1], 1] - face[INNER_UPPER[1:-1], 1])
    lower, upper = lip_weights()
    # the spread reaches the lips themselves only in part: repeat until they are where they should be
    for _ in range(6):
        done = face[INNER_LOWER[1:-1], 1] - CANONICAL[INNER_LOWER[1:-1], 1]
        face[:FACE, 1] += lower @ (half - done)
        done = CANONICAL[INNER_UPPER[1:-1], 1] - face[INNER_UPPER[1:-1], 1]
        face[:FACE, 1] -= upper @ (half - done)
    for eye in EYES:
        width = np.linalg.norm(face[eye.upper[0], :2] - face[eye.upper[-1], :2])
        opening = face[eye.lower, 1] - face[eye.upper, 1]
        face[eye.upper, 1] += 0.9 * closed * opening
        face[eye.iris : eye.iris + 5, 0] += gaze * width
    return face


def place(
    face: Float64, angles_deg: tuple[float, float, float] = (0, 0, 0), shift: tuple[float, float] = (0, 0)
) -> Float64:
    """Face (478, 3) as landmarks in a SIDE x SIDE picture."""
    turned = FACE_WIDTH * face @ rotation_from_euler(np.array(angles_deg, float)).T
    return turned + np.array([SIDE / 2 + shift[0], SIDE * 0.42 + shift[1], 0.0])


def draw(landmarks_px: Float64) -> Image:
    """Picture (SIDE, SIDE, 3) of the face with these landmarks, on grey."""
    image = np.full((SIDE, SIDE, 3), 90, np.uint8)

    def fill(ids: np.ndarray, colour: tuple[int, int, int]) -> None:
        cv2.fillPoly(image, [np.round(landmarks_px[ids, :2]).astype(np.int32)], colour, cv2.LINE_AA)

    fill(OVAL, SKIN)
    for eye in EYES:
        skin = image.copy()
        fill(contour(eye.upper, eye.lower), WHITE)
        rim = landmarks_px[eye.iris + 1 : eye.iris + 5, :2] - landmarks_px[eye.iris, :2]
        radius = round(float(np.linalg.norm(rim, axis=1).mean()))
        centre = np.round(landmarks_px[eye.iris, :2]).astype(int)
        cv2.circle(image, (int(centre[0]), int(centre[1])), radius, IRIS, -1, cv2.LINE_AA)
        inside = np.zeros((SIDE, SIDE), np.uint8)
        outline = np.round(landmarks_px[contour(eye.upper, eye.lower), :2]).astype(np.int32)
        cv2.fillPoly(inside, [outline], 255)
        image[inside == 0] = skin[inside == 0]
    fill(contour(OUTER_UPPER, OUTER_LOWER), LIPS)
    fill(contour(INNER_UPPER, INNER_LOWER), (30, 15, 15))
    return image


def still(landmarks_px: Float64, spread: float = 0.002) -> StillLandmarks:
    """What a tracker would say about `draw(landmarks_px)`."""
    return StillLandmarks(
        SIDE,
        SIDE,
        None,
        None,
        None,
        landmarks_px.astype(np.float32),
        spread,
        None,
        None,
        np.full((SIDE, SIDE), 255, np.uint8),
    )


def track(
    frames_px: list[Float64], valid: list[bool] | None = None, body_px: Float64 | None = None
) -> PerformanceTrack:
    """A track of these face landmarks, at 25 frames per second. body_px (N, 33, 3), fully visible, if given."""
    count = len(frames_px)
    flags = np.ones(count, bool) if valid is None else np.array(valid)
    body = np.zeros((count, 33, 3), np.float32) if body_px is None else body_px.astype(np.float32)
    seen = body_px is not None
    hand, none = np.zeros((count, 21, 3), np.float32), np.zeros(count, bool)
    return PerformanceTrack(
        width=SIDE,
        height=SIDE,
        rate=25.0,
        body_px=body,
        body_visibility=np.full((count, 33), float(seen), np.float32),
        body_world_m=np.zeros((count, 33, 3), np.float32),
        body_valid=np.full(count, seen),
        face_px=np.array(frames_px, np.float32),
        face_valid=flags,
        left_hand_px=hand,
        left_hand_valid=none,
        right_hand_px=hand,
        right_hand_valid=none,
        masks=PersonMasks((b"",) * count, np.zeros((count, 2, 3), np.float32)),
    )
