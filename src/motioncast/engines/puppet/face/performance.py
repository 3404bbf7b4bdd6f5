"""What the performer's face does through a clip: head pose, changes of shape, lips, lids and gaze."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter, minimum_filter1d

from motioncast.arrays import Bools, Float32, Float64, Floats, Int32
from motioncast.engines.puppet.face.geometry import Similarity, euler_deg, nearest_rotation, umeyama
from motioncast.engines.puppet.face.measures import eye_opening, gaze, lip_gaps, mouth_width
from motioncast.engines.puppet.face.topology import CANONICAL, EYES, FACE, STABLE
from motioncast.perception.gaps import fill_gaps
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.smoothing import event_preserving, smoothstep

# known noise of the mesh tracker, in face widths (rotation: matrix entries; gaze: eye widths). Estimating it from the
# clip would take real motion for noise on moving heads.
SHAPE_NOISE, PLACE_NOISE, ROTATION_NOISE, GAZE_NOISE = 0.0035, 0.004, 0.005, 0.02
_BLOCK_FRAMES = 256
MIN_VALID_SHARE, MIN_WIDTH_PX = 0.2, 18.0
CLOSED_GAP = 0.012  #: face widths; lips that never come nearer are open, not badly measured


@dataclass(frozen=True)
class FacePerformance:
    """The face of one performer through N frames. Shapes are in `CANONICAL` axes, unit: the performer's face width."""

    pose: Similarity  #: canonical frame to driver `_px`, smoothed
    angles_deg: Float64  #: (N, 3) yaw, pitch, roll
    shape: Float32  #: (N, 478, 3)
    neutral: Float64  #: (478, 3) the performer's own resting face
    neutral_frames: Int32  #: frames it was averaged from, best first
    calmest: Int32  #: all frames that may pass for the resting face, best first; begins with `neutral_frames`
    lip_gap: Float64  #: (N, 9) distance of the inner lips
    closed_gap: Float64  #: (9,) what `lip_gap` reads when the lips touch
    closure: Float64  #: (N, 2) lids: 1 shut, 0 at rest, below 0 wider than at rest, by that share of it
    gaze: Float64  #: (N, 2) eye direction relative to rest, in eye widths, both eyes together
    confidence: Float64  #: (N,) 0..1, fades the expression out where the face was lost
    valid: Bools  #: (N,) the face was seen in this frame
    legible: Float64  #: (N,) 0..1, how far the pixels of the face may be used
    pictured: bool = False  #: the reference image shows this very face as it is in `neutral_frames`

    def __len__(self) -> int:
        return len(self.shape)

    def rested_at(self, frames: Int32) -> "FacePerformance":
        """The same performance relative to `frames` (K,), which the reference image shows: it is one of this clip.

        There the transfer returns the picture as it is, parted lips and half shut lids included.
        """
        shape = self.shape
        return replace(
            self,
            neutral=shape[frames].mean(axis=0),
            neutral_frames=np.asarray(frames, np.int32),
            calmest=np.asarray(frames, np.int32),
            closure=_closure(shape, self.angles_deg[:, 0], self.valid, frames),
            gaze=self.gaze - self.gaze[frames].mean(axis=0),
            pictured=True,
        )

    def landmarks_px(self, index: int) -> Float64:
        """The smoothed landmarks (478, 3) of one frame in driver `_px`."""
        pose = self.pose
        turned: Float64 = self.shape[index].astype(np.float64) @ pose.rotation[index].T
        placed: Float64 = turned * pose.scale[index] + pose.translation[index]
        return placed

    @property
    def mouth_width(self) -> float:
        return mouth_width(self.neutral)


def analyse_face(track: PerformanceTrack) -> FacePerformance | None:
    """Read the performance off a track. None when the face is hardly ever seen or too small to read."""
    valid = track.face_valid & np.isfinite(track.face_px).all(axis=(1, 2))
    if valid.sum() < max(2, MIN_VALID_SHARE * len(valid)):
        return None
    points = _filled(track.face_px, valid)
    jumps = _jumps(umeyama(points[:, STABLE], CANONICAL[STABLE]))
    if jumps.any() and not jumps[valid].all():
        valid = valid & ~jumps
        points = _filled(track.face_px, valid)
    raw = umeyama(points[:, STABLE], CANONICAL[STABLE])
    width = float(np.median(raw.scale[valid]))
    if width < MIN_WIDTH_PX:
        return None
    confidence = _confidence(points, raw, valid, track.rate)
    shape = event_preserving(_straightened(raw, points), SHAPE_NOISE, 1.5)
    pose = _smooth_pose(raw, width)
    angles = euler_deg(pose.rotation)
    calmest = _calmest(shape, angles, valid)
    neutral_frames = calmest[: max(3, len(shape) // 20)]
    neutral = shape[neutral_frames].mean(axis=0)
    gap = lip_gaps(shape)
    directions = np.mean([gaze(shape, eye) for eye in EYES], axis=0)
    directions = event_preserving(directions, GAZE_NOISE, 1.2)
    return FacePerformance(
        pose=pose,
        angles_deg=angles,
        shape=shape,
        neutral=neutral,
        neutral_frames=neutral_frames,
        calmest=calmest,
        lip_gap=gap,
        closed_gap=np.clip(np.percentile(gap[valid], 1, axis=0), 0.0, CLOSED_GAP),
        closure=_closure(shape, angles[:, 0], valid),
        gaze=directions - np.median(directions[neutral_frames], axis=0),
        confidence=confidence,
        valid=valid,
        legible=gaussian_filter1d(minimum_filter1d(valid.astype(np.float64), 5), 1.0) * confidence,
    )


def _filled(face_px: Float32, valid: Bools) -> Float32:
    """Landmarks (N, 478, 3) with lost frames interpolated; a long clip's are only copied if there are any."""
    return face_px if valid.all() else fill_gaps(face_px, valid)


def _straightened(pose: Similarity, points: Float32) -> Float32:
    """Landmarks (N, 478, 3) in canonical axes; a few hundred frames at a time, for the memory of long clips."""
    out = np.empty_like(points)
    for first in range(0, len(points), _BLOCK_FRAMES):
        block = slice(first, first + _BLOCK_FRAMES)
        part = Similarity(pose.scale[block], pose.rotation[block], pose.translation[block])
        out[block] = part.undo(points[block])
    return out


def shape_distance(shape: Float32, other: Floats) -> Float64:
    """Mean distance (N,) of the 468 skin landmarks of shapes (N, 478, 3) to one other shape (468, 3)."""
    blocks = [shape[first : first + _BLOCK_FRAMES, :FACE] for first in range(0, len(shape), _BLOCK_FRAMES)]
    return np.concatenate([np.linalg.norm(block - other, axis=2).mean(axis=1) for block in blocks]).astype(np.float64)


def _jumps(pose: Similarity) -> Bools:
    """Frames (N,) that fit none of their neighbours: the tracker had caught something else, often at the start."""
    if len(pose.scale) < 5:
        return np.zeros(len(pose.scale), bool)

    def calm(signal: Float64) -> Float64:
        # mirrored, so that the very first frame does not outvote its only neighbours
        return median_filter(signal, size=(7,) + (1,) * (signal.ndim - 1), mode="mirror")

    usual = nearest_rotation(calm(pose.rotation))
    cosine = (np.einsum("nij,nij->n", usual, pose.rotation) - 1.0) / 2.0
    scale = calm(pose.scale)
    shift = np.linalg.norm(pose.translation[:, :2] - calm(pose.translation[:, :2]), axis=1) / scale
    size = np.abs(np.log(pose.scale / scale))
    jumped: Bools = (cosine < np.cos(np.radians(40.0))) | (shift > 0.6) | (size > 0.4)
    return jumped


def _smooth_pose(raw: Similarity, width: float) -> Similarity:
    """Filter scale, place and rotation separately, each against its own tracker noise."""
    scale = event_preserving(raw.scale / width, PLACE_NOISE, 2.0) * width
    translation = event_preserving(raw.translation / width, PLACE_NOISE, 2.0) * width
    entries = event_preserving(raw.rotation.reshape(-1, 9), ROTATION_NOISE, 0.8)
    return Similarity(scale, nearest_rotation(entries.reshape(-1, 3, 3)), translation)


def _confidence(points: Float32, raw: Similarity, valid: Bools, rate: float) -> Float64:
    """1 where the face is well seen; fades over .2 s into gaps, on mesh glitches and beyond 55 degrees of yaw."""
    frames, seen = np.arange(len(valid)), np.flatnonzero(valid)
    after = np.clip(np.searchsorted(seen, frames), 0, len(seen) - 1)
    gap = np.minimum(np.abs(seen[after] - frames), np.abs(frames - seen[np.maximum(after - 1, 0)]))
    residual = np.linalg.norm(raw.undo(points[:, STABLE]) - CANONICAL[STABLE], axis=2).mean(axis=1)
    residual -= np.median(residual[valid])
    yaw = np.abs(euler_deg(raw.rotation)[:, 0])
    confidence = 1.0 - smoothstep(0.0, 0.2 * rate + 1.0, gap)
    confidence *= (1.0 - smoothstep(0.03, 0.07, residual)) * (1.0 - smoothstep(55.0, 75.0, yaw))
    smooth: Float64 = gaussian_filter1d(confidence, 0.04 * rate, mode="nearest")
    return smooth


def _calmest(shape: Float32, angles_deg: Float64, valid: Bools) -> Int32:
    """The seen frames, calmest first: mouth shut, eyes open, close to the median shape and head pose."""
    openings = np.mean([eye_opening(shape, eye) for eye in EYES], axis=0)
    gap = np.maximum(lip_gaps(shape).mean(axis=1), 0.0)
    median = np.median(shape[:: max(1, len(shape) // 300), :FACE], axis=0)
    deviation = shape_distance(shape, median)
    turned = np.abs(angles_deg - np.median(angles_deg, axis=0)).sum(axis=1)
    score = gap / 0.02 + np.maximum(np.median(openings) - openings, 0.0) / 0.05 + deviation / 0.01 + turned / 15.0
    score[~valid] = np.inf
    return np.argsort(score, kind="stable")[: int(valid.sum())].astype(np.int32)


def _closure(shape: Float32, yaw_deg: Float64, valid: Bools, calm: Int32 | None = None) -> Float64:
    """Lid closure (N, 2), each eye against its own range; the far eye of a turned head is mistrusted.

    calm (K,): frames with the lids at rest; by default they rest where they mostly are.
    """
    closure = np.stack([_eye_closure(eye_opening(shape, eye), valid, calm) for eye in EYES], axis=1)
    # the plane of each eye is turned about 25 degrees outwards: cosine of its angle to the view
    facing = np.cos(np.radians(yaw_deg[:, None] + np.array([25.0, -25.0])))
    difference = np.abs(closure[:, 1] - closure[:, 0])
    far = (1.0 - smoothstep(0.4, 0.6, facing)) * (1.0 - smoothstep(0.3, 0.5, difference))[:, None]
    other = closure[:, ::-1]
    closure = closure + far * (other - closure)
    # small differences between the eyes are tracker noise, large ones are winks
    joint = 0.5 * (1.0 - smoothstep(0.15, 0.4, difference))[:, None]
    both: Float64 = closure + joint * (closure[:, ::-1] - closure)
    return both


def _eye_closure(opening: Float64, valid: Bools, calm: Int32 | None) -> Float64:
    seen = opening[valid]
    rest = float(np.percentile(seen[seen > 0.6 * np.median(seen)], 60) if calm is None else opening[calm].mean())
    low = float(np.percentile(seen, 1))
    blinks = low < 0.62 * rest
    shut = min(low + 0.16 * (rest - low), 0.5 * rest) if blinks else 0.38 * rest
    closing = np.clip((rest - opening) / (rest - shut), 0.0, 1.0)
    # dead zone: a half-lidded talking face rests exactly on the character's own lids
    return np.where(opening < rest, np.clip((closing - 0.04) / 0.96, 0.0, 1.0), 1.0 - opening / rest)
