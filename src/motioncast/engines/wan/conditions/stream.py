"""The conditions of a whole clip, planned once from the track and made frame by frame."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.conditions.drawing import draw_pose
from motioncast.engines.wan.conditions.face_crop import FaceBoxes, crop_face, face_boxes
from motioncast.engines.wan.conditions.person_mask import MaskShape, shaped_mask, without_person
from motioncast.engines.wan.conditions.retarget import retarget
from motioncast.engines.wan.conditions.wholebody import WholeBody, wholebody_of_still, wholebody_of_track
from motioncast.media.geometry import fit_affine, output_size, within
from motioncast.perception.landmarks import PerformanceTrack, PersonMasks, StillLandmarks
from motioncast.request import Mode

_DRIVING_SIDE_PX = 1920  #: animate mode cuts faces from driving frames no larger than this
_OFFICIAL_SHAPE = MaskShape()

Size = tuple[int, int]


@dataclass(frozen=True)
class ConditionStream:
    """What each driving frame becomes. A condition depends on its own index and driving frame alone."""

    mode: Mode
    size: Size  #: (W, H) of the output
    driving_size: Size  #: (W, H) at which `conditions` wants the driving frames
    pose: WholeBody  #: N frames, on the output canvas
    faces: FaceBoxes  #: N frames, on the driving canvas
    masks: PersonMasks | None  #: N frames, on the output canvas; only in replace mode
    shape: MaskShape
    warnings: tuple[str, ...]  #: what the user should know about the performer

    def __len__(self) -> int:
        return len(self.pose)

    def conditions(self, frames: Iterable[tuple[int, Image]]) -> Iterator[Condition]:
        """Conditions of driving frames (index, (H, W, 3) RGB at `driving_size`), in their order, from any start."""
        return (self.condition(index, frame) for index, frame in frames)

    def condition(self, index: int, frame: Image) -> Condition:
        """The condition of frame `index`, whose picture (H, W, 3) RGB has `driving_size`."""
        pose = draw_pose(self.pose.points_px[index], self.pose.scores[index], self.size)
        face = crop_face(frame, self.faces.edges_px[index])
        if self.masks is None:
            return Condition(pose, face)
        mask = shaped_mask(self.masks.frame(index, self.size), self.shape)
        return Condition(pose, face, mask, without_person(frame, mask), frame)


def canvas_sizes(mode: Mode, reference_px: Size, driving_px: Size, area_px: int) -> tuple[Size, Size]:
    """(W, H) of the output and of the driving frames, for the sizes of both sources.

    The output has the aspect of the reference image in animate mode and of the driving video, whose frames it then
    holds, in replace mode.
    """
    if mode is Mode.ANIMATE:
        return output_size(*reference_px, area_px), within(driving_px, _DRIVING_SIDE_PX)
    size = output_size(*driving_px, area_px)
    return size, size


def plan_conditions(
    mode: Mode,
    track: PerformanceTrack,
    still: StillLandmarks | None,
    size: Size,
    shape: MaskShape = _OFFICIAL_SHAPE,
    detected: WholeBody | None = None,
) -> ConditionStream:
    """Plan the conditions of a clip.

    `track` lies on the canvas of the driving frames, which in replace mode is `size` (W, H), and has masks there (its
    own, or another segmenter's put in their place);
    `still` is the character on a canvas of the picture's aspect (only animate mode reads it, None is nobody);
    `detected` are another detector's points of the same frames on the same canvas, to be used in place of the track's.
    """
    driver = wholebody_of_track(track) if detected is None else detected
    faces = face_boxes(driver, track.cuts)
    warnings = _face_warnings(faces)
    if mode is Mode.ANIMATE:
        pose, more = _on_character(driver, still, size)
        masks = None
    else:
        pose, masks = driver, track.masks
        more = _mask_warnings(track.masks)
    driving_size = (track.width, track.height)
    return ConditionStream(mode, size, driving_size, pose, faces, masks, shape, (*warnings, *more))


def _on_character(driver: WholeBody, still: StillLandmarks | None, size: Size) -> tuple[WholeBody, list[str]]:
    """The performance on the character's proportions, and what to say where those are not known."""
    if still is None or still.body_px is None:
        return _shown_whole(driver, size), [
            "No body was found in the reference image: the performer's own proportions are used, "
            "so the character may be out of place."
        ]
    still = still.on_canvas(fit_affine((still.width, still.height), size), size)
    return retarget(driver, wholebody_of_still(still)), []


def _shown_whole(body: WholeBody, size: Size) -> WholeBody:
    """The points on a canvas of `size` (W, H), as if their canvas were shown on it as large as it goes, centred."""
    old = np.array([body.width, body.height], np.float64)
    new = np.array(size, np.float64)
    scale = float((new / old).min())
    corner = (new - old * scale) / 2 + 0.5 * scale - 0.5  # pixel centres
    points: Float32 = (body.points_px * scale + corner).astype(np.float32)
    return replace(body, points_px=points, width=size[0], height=size[1])


def _face_warnings(faces: FaceBoxes) -> list[str]:
    total, missing = len(faces), int((~faces.found).sum())
    if missing == 0:
        return []
    if missing < total:
        return [
            f"The performer's face is not visible in {missing} of {total} frames: the expression may be wrong there."
        ]
    if faces.edges_px.any():
        return ["The performer's face is never visible: the head is shown in its place."]
    return ["The performer's face is never visible: the character will have no expression."]


def _mask_warnings(masks: PersonMasks) -> list[str]:
    total, empty = len(masks.packed), sum(not packed for packed in masks.packed)
    if empty == 0:
        return []
    return [f"The performer was not found in {empty} of {total} frames: the driving video is left as it is there."]
