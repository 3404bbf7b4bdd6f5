"""A hard cut-out of the subject: GrabCut (Rother et al., SIGGRAPH 2004) seeded by a person mask and by landmarks.

The mask network is soft by some pixels and misses fingers, claws and the wedge between arm and body. The seeds give
those back: hand skeletons may become subject, and pixels that look like the plain background around them become
background.
"""

import cv2
import numpy as np
from scipy import ndimage

from motioncast.arrays import Bools, Floats, Image
from motioncast.perception.landmarks import StillLandmarks

WORK_SIDE = 448  #: long side of the picture GrabCut sees; more is slower and no better
ITERATIONS = 4  #: at most
_SETTLED = 1e-3  #: share of the pixels that may still change sides
SEED = 20_221

HAND_BONES = (
    *((0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 7), (7, 8), (5, 9), (9, 10), (10, 11), (11, 12)),
    *((9, 13), (13, 14), (14, 15), (15, 16), (13, 17), (17, 18), (18, 19), (19, 20), (0, 17)),
)
_TRUNK = (11, 12, 24, 23)
_GAPS = ((11, 13, 15, 23), (12, 14, 16, 24), (23, 24, 26, 28, 27, 25))  # corners: under the arms, between the legs
_BONES = (
    *((11, 13), (13, 15), (15, 19), (12, 14), (14, 16), (16, 20)),
    *((23, 25), (25, 27), (27, 31), (29, 31), (24, 26), (26, 28), (28, 32), (30, 32), (0, 11), (0, 12)),
)
_LIMB_RADIUS = 0.13  #: over the torso length
_FINGER_ENDS = ((4, 3), (8, 7), (12, 11), (16, 15), (20, 19))


def cut_out(image: Image, person_mask: Image, landmarks: StillLandmarks) -> Bools:
    """The subject's pixels, (H, W) bool, of an (H, W, 3) RGB picture and its soft (H, W) person mask, 255 = person.

    The result is all False when the mask holds nobody.
    """
    height, width = image.shape[:2]
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    prob = cv2.resize(person_mask, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    if not (prob > 0.5).any():
        return np.zeros((height, width), bool)
    labels = _seed_labels(small, prob, landmarks, scale)
    sure = (labels & 1) > 0
    if (labels & 1).any() and not (labels & 1).all():
        cv2.setRNGSeed(SEED)
        _grab_cut(_lift_shadows(small)[..., ::-1].copy(), labels)
    cut = _tidy((labels & 1) > 0, sure)
    grown = cv2.resize(cut.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    result: Bools = grown > 0.5
    return result


def _grab_cut(bgr: Image, labels: Image) -> None:
    """Settle the undecided `labels` in place, until next to nothing changes."""
    models = np.zeros((1, 65)), np.zeros((1, 65))
    way = cv2.GC_INIT_WITH_MASK
    for _ in range(ITERATIONS):
        before = labels & 1
        cv2.grabCut(bgr, labels, None, *models, 1, way)  # type: ignore[call-overload]
        if ((labels & 1) != before).mean() < _SETTLED:
            break
        way = cv2.GC_EVAL


def _seed_labels(small: Image, prob: Floats, landmarks: StillLandmarks, scale: float) -> Image:
    extent = float(np.sqrt((prob > 0.5).sum()))
    kernel = _disc(int(max(1, extent * 0.0225)))
    labels = np.full(prob.shape, cv2.GC_BGD, np.uint8)
    labels[cv2.dilate((prob > 0.3).astype(np.uint8), kernel, iterations=2) > 0] = cv2.GC_PR_BGD
    labels[_above_head(labels.shape, landmarks, scale)] = cv2.GC_PR_BGD
    _allow_second_arm(labels, prob, landmarks, scale)
    labels[prob > 0.5] = cv2.GC_PR_FGD
    labels[cv2.erode((prob > 0.8).astype(np.uint8), kernel) > 0] = cv2.GC_FGD
    _distrust_far_from_bones(labels, small, prob, landmarks, scale)
    for hand in (landmarks.left_hand_px, landmarks.right_hand_px):
        if hand is not None:
            _allow_hand(labels, hand[:, :2] * scale)
    _carve_plain_background(labels, small, extent)
    if landmarks.face_px is not None:
        hull = cv2.convexHull(np.round(landmarks.face_px[:, :2] * scale).astype(np.int32))
        cv2.fillConvexPoly(labels, hull, cv2.GC_FGD)
    labels[_trunk(labels.shape, landmarks, scale) & (prob > 0.8)] = cv2.GC_FGD
    return labels


def _trunk(shape: tuple[int, ...], landmarks: StillLandmarks, scale: float) -> Bools:
    """Between shoulders and hips there is no gap to be found: a shirt may well have the background's colour."""
    area = np.zeros(shape, np.uint8)
    if landmarks.body_px is not None and landmarks.body_visibility is not None:
        corners = list(_TRUNK)
        if landmarks.body_visibility[corners].min() > 0.5:
            hull = cv2.convexHull(np.round(landmarks.body_px[corners, :2] * scale).astype(np.int32))
            cv2.fillConvexPoly(area, hull, 1)
    result: Bools = area > 0
    return result


def _above_head(shape: tuple[int, ...], landmarks: StillLandmarks, scale: float) -> Bools:
    """Where hats, buns and crowns are: mask networks like to leave them out."""
    area = np.zeros(shape, np.uint8)
    if landmarks.face_px is not None:
        brow, chin = landmarks.face_px[[10, 152], :2] * scale
        centre, height = brow + 0.45 * (brow - chin), float(np.linalg.norm(brow - chin))
        cv2.circle(area, np.round(centre).astype(int).tolist(), round(0.6 * height), 1, -1)
    result: Bools = area > 0
    return result


def _distrust_far_from_bones(
    labels: Image, small: Image, prob: Floats, landmarks: StillLandmarks, scale: float
) -> None:
    """Believe the mask less where there is no bone: it fills armpits and the gap between the legs."""
    if landmarks.body_px is None or landmarks.body_visibility is None:
        return
    body, seen = landmarks.body_px[:, :2].astype(np.float64) * scale, landmarks.body_visibility
    if seen[list(_TRUNK)].min() < 0.5:
        return
    radius = _LIMB_RADIUS * float(np.linalg.norm(body[[11, 12]].mean(axis=0) - body[[23, 24]].mean(axis=0)))
    free = np.ones(labels.shape, np.uint8)
    points = np.round(body).astype(int)
    for a, b in _BONES:
        if min(seen[a], seen[b]) > 0.5:
            cv2.line(free, points[a].tolist(), points[b].tolist(), 0, 2)
    cv2.fillConvexPoly(free, cv2.convexHull(points[list(_TRUNK)].astype(np.int32)), 0)
    cv2.fillConvexPoly(free, cv2.convexHull(points[:13].astype(np.int32)), 0)
    distance = cv2.distanceTransform(free, cv2.DIST_L2, 5)
    gaps = np.zeros(labels.shape, np.uint8)
    for corners in _GAPS:
        ends = points[list(corners)].clip(0, [labels.shape[1] - 1, labels.shape[0] - 1])
        # else the bones are guesses, or not where the limbs are
        if seen[list(corners)].min() > 0.5 and (prob[ends[:, 1], ends[:, 0]] > 0.5).all():
            cv2.fillConvexPoly(gaps, cv2.convexHull(ends.astype(np.int32)), 1)
    doubtful = (gaps > 0) & (distance > 0.6 * radius)
    labels[(labels == cv2.GC_FGD) & doubtful] = cv2.GC_PR_FGD
    far, _ = _unlike_surroundings(small, (labels == cv2.GC_BGD) | (distance > 2.5 * radius), 2 * radius)
    labels[doubtful & (far < 12)] = cv2.GC_BGD
    labels[(labels == cv2.GC_PR_FGD) & (distance > radius) & (prob < 0.9)] = cv2.GC_PR_BGD
    labels[(distance > 1.2 * radius) & (prob < 0.65)] = cv2.GC_BGD


def _allow_second_arm(labels: Image, prob: Floats, landmarks: StillLandmarks, scale: float) -> None:
    """Where only one hand was found, look for the other where it would be if the pose were symmetric.

    Not if the mask shows the other arm already, nor if that arm runs out of the picture.
    """
    body = landmarks.body_px
    if body is None or (landmarks.left_hand_px is None) == (landmarks.right_hand_px is None):
        return
    elbow, wrist = (13, 15) if landmarks.left_hand_px is None else (14, 16)
    height, width = prob.shape
    arm = np.round(scale * (body[elbow, :2] + np.linspace(0.3, 1, 6)[:, None] * (body[wrist, :2] - body[elbow, :2])))
    inside = (arm >= 0).all(axis=1) & (arm[:, 0] < width) & (arm[:, 1] < height)
    shown = prob[arm[inside, 1].astype(int), arm[inside, 0].astype(int)] > 0.5
    if not inside.all() or shown.mean() > 0.8:
        return
    axis = float(body[[0, 7, 8, 11, 12], 0].mean()) * scale
    flip = np.array([[-1, 0, 2 * axis], [0, 1, 0]], np.float64)
    mirrored = cv2.warpAffine(prob.astype(np.float32), flip, (width, height))
    maybe = cv2.dilate((mirrored > 0.3).astype(np.uint8), _disc(3)) > 0
    labels[(labels == cv2.GC_BGD) & maybe] = cv2.GC_PR_BGD
    labels[(labels != cv2.GC_FGD) & (mirrored > 0.6)] = cv2.GC_PR_FGD


def _allow_hand(labels: Image, hand: Floats) -> None:
    """Let GrabCut find fingers: a thin skeleton is probably subject, a wide band around it is undecided."""
    length = float(np.linalg.norm(hand[9] - hand[0]))
    thick = max(2, int(length * 0.16))
    points = np.round(hand).astype(int)
    band, line = np.zeros_like(labels), np.zeros_like(labels)
    for a, b in HAND_BONES:
        cv2.line(band, points[a].tolist(), points[b].tolist(), 1, 3 * thick)
        cv2.line(line, points[a].tolist(), points[b].tolist(), 1, max(1, thick // 2))
    for tip, previous in _FINGER_ENDS:  # claws and long nails reach past the tracked tip
        end = np.round(hand[tip] + 1.2 * (hand[tip] - hand[previous])).astype(int)
        cv2.line(band, points[tip].tolist(), end.tolist(), 1, 2 * thick)
    labels[(band > 0) & (labels == cv2.GC_BGD)] = cv2.GC_PR_BGD
    labels[(line > 0) & (labels != cv2.GC_FGD)] = cv2.GC_PR_FGD


def _carve_plain_background(labels: Image, small: Image, extent: float) -> None:
    """Mark pixels as background that equal the colour the plain background around the subject continues with."""
    outside = labels == cv2.GC_BGD
    unlike, lab = _unlike_surroundings(small, outside, extent * 0.35)
    if outside.mean() < 0.1 or np.median(np.abs(lab - cv2.GaussianBlur(lab, (0, 0), 6))[outside]) >= 2.0:
        return
    alike = unlike < 8
    flat = np.linalg.norm(lab - cv2.GaussianBlur(lab, (0, 0), 1.5), axis=2) < 2
    near = cv2.morphologyEx((alike & flat & ~outside).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, component, stats, _ = cv2.connectedComponentsWithStats(near)
    for i in range(1, count):
        area = stats[i, cv2.CC_STAT_AREA] / extent**2
        if area > 0.0015:
            labels[component == i] = cv2.GC_PR_BGD if area < 0.01 else cv2.GC_BGD


def _unlike_surroundings(small: Image, outside: Bools, sigma: float) -> tuple[Floats, Floats]:
    """(h, w) Lab distance of each pixel from the mean colour `outside` near it, and the (h, w, 3) Lab picture."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    height, width = outside.shape
    packed = cv2.resize(
        np.dstack([lab, np.ones_like(lab[..., 0])]) * outside[..., None].astype(np.float32),
        (max(1, width // 4), max(1, height // 4)),
        interpolation=cv2.INTER_AREA,
    )
    total = cv2.resize(cv2.GaussianBlur(packed, (0, 0), sigma / 4), (width, height))
    around = total[..., :3] / (total[..., 3:] + 1e-6)
    return np.linalg.norm(lab - around, axis=2), lab


def _lift_shadows(image: Image) -> Image:
    """Spread dark pictures over the whole range, so that colour models can tell dark cloth from a dark background."""
    top = max(float(np.percentile(image, 98)), 1.0)
    middle = np.clip(np.median(image) / top, 0.02, 0.98)
    gamma = np.clip(np.log(0.4) / np.log(middle), 0.45, 1.0)
    lifted: Image = (np.clip(image / top, 0, 1) ** gamma * 255 + 0.5).astype(np.uint8)
    return lifted


def _tidy(cut: Bools, sure: Bools) -> Bools:
    """Keep the pieces that hold sure subject, fill pinholes."""
    pieces, _ = ndimage.label(cut)
    sizes = np.bincount(pieces.ravel())
    wanted = [i for i in np.unique(pieces[sure & cut]) if i and sizes[i] > 0.01 * cut.sum()]
    kept = np.isin(pieces, wanted)
    holes, _ = ndimage.label(~kept)
    small = np.bincount(holes.ravel()) < 0.002 * kept.sum()
    small[0] = False
    result: Bools = kept | small[holes]
    return result


def _disc(radius: int) -> Image:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8)
