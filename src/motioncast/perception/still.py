"""The person in the reference picture: patient search, many looks at each part, their median.

A picture is read once, so every part is looked at through several slightly different crops. The spread of the face mesh
over them tells whether there is a face that the network can read: .0015-.004 face widths on photographs, paintings and
dolls, above .012 on what is no human face.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.body import GOOD_QUALITY, bodies_of_face, circle_of, quality, read_face, region_of_body
from motioncast.perception.cutout import is_cutout
from motioncast.perception.detector import Detection, FaceDetector, FarFaceDetector, PoseDetector
from motioncast.perception.face import region_of_detection, region_of_head, region_of_mesh
from motioncast.perception.face_network import FaceMesh
from motioncast.perception.hand import SIDES, Side, exact_region, region_of_hand, rough_region
from motioncast.perception.hand_network import HandLandmarks, HandRecrop
from motioncast.perception.keying import keyed
from motioncast.perception.landmarks import SURE_SPREAD, StillLandmarks
from motioncast.perception.looks import PRESENT, agreed
from motioncast.perception.networks import Points
from motioncast.perception.pose_network import Pose, PoseLandmarks
from motioncast.perception.roi import Roi, whole
from motioncast.perception.segmentation import PoseMask, SelfieSegmentation
from motioncast.perception.skeleton import FACE_SIDES, NOSE_TIP
from motioncast.perception.still_views import centre_prior, guesses, mask_views, tiles, views

_LARGEST_SIDE_PX, _SMALLEST_SIDE_PX = 1280, 720  #: longer side of the picture as it is looked at
_FLAT = 6.0  #: largest grey-level range of a blurred picture that shows nothing
_WILD = 0.03  #: spread of a mesh that is no face at all, in face widths
_NO_FACE = 1.0
_STEADY, _MOST_LOOKS = 0.07, 6  #: spread of a human body over looks, in trunk lengths: .01-.06; else .09 and more
_HAND_LOOKS = 3  #: hands move as a whole, so theirs need no more


def analyse_still(image: Image, alpha: Image | None, models: Path) -> StillLandmarks:
    """Find the person in an (H, W, 3) uint8 RGB picture of any size, photograph or drawing.

    `alpha` is the picture's own (H, W) transparency, if it has one: it becomes the mask. What cannot be found is None;
    a picture without anything in it has an empty mask.
    """
    height, width = image.shape[:2]
    small = _at_working_size(_on_grey(image, alpha))
    if np.ptp(cv2.GaussianBlur(small, (0, 0), 4), axis=(0, 1)).max() < _FLAT:
        return StillLandmarks(
            width, height, None, None, None, None, _NO_FACE, None, None, np.zeros((height, width), np.uint8)
        )
    still = _Still(small, models)
    pose = still.body()
    with ThreadPoolExecutor(2) as side:
        # the parts hang on the body only; each has its own networks
        hands = [side.submit(still.hand, pose, name) for name in SIDES] if pose is not None else []
        face, spread = still.face(pose)
        if pose is not None and spread > SURE_SPREAD and not still.steady(pose):
            pose, hands = None, []
        if pose is None and spread > SURE_SPREAD:  # neither is a person's
            face, spread = None, _NO_FACE
        if pose is None and face is not None:
            pose = still.body_below(face)
            hands = [side.submit(still.hand, pose, name) for name in SIDES]
        mask = alpha if alpha is not None and is_cutout(alpha) else still.mask(pose, face, (width, height))
    left, right = (hand.result() for hand in hands) if hands else (None, None)
    scale = np.array([width / small.shape[1], height / small.shape[0]])
    place = partial(_scaled, scale=scale)
    return StillLandmarks(
        width=width,
        height=height,
        body_px=place(pose.body_px) if pose is not None else None,
        body_visibility=pose.visibility if pose is not None else None,
        body_world_m=pose.world_m if pose is not None else None,
        face_px=place(face) if face is not None else None,
        face_spread=spread,
        left_hand_px=place(left) if left is not None else None,
        right_hand_px=place(right) if right is not None else None,
        person_mask=mask,
    )


class _Still:
    """The networks and the picture they look at, at working size."""

    def __init__(self, image: Image, models: Path) -> None:
        self._image, self._models = image, models
        self._people, self._pose = PoseDetector(models), PoseLandmarks(models)
        self._near, self._far, self._mesh = FaceDetector(models), FarFaceDetector(models), FaceMesh(models)

    def body(self) -> Pose | None:
        """The best pose from ever closer and wider views; the first good one ends the search."""
        regions = chain(
            (region for view in views(self._image) for region in self._detected_bodies(view)),
            guesses(self._image),
        )
        return self._best_body(regions)

    def body_below(self, mesh: Float32) -> Pose | None:
        """The body that belongs to a face, where nobody was detected."""
        return self._best_body(bodies_of_face(read_face(mesh)))

    def steady(self, pose: Pose) -> bool:
        """Is the pose there for slightly different looks as well? On animals, cups and towers it is not."""
        points = agreed(self._pose_look, region_of_body(pose.circle))
        if points is None or len(points) < _MOST_LOOKS:
            return False
        seen = points[:, pose.visibility > 0.5, :2]
        trunk = np.linalg.norm(pose.body_px[[11, 12], :2].mean(axis=0) - pose.body_px[[23, 24], :2].mean(axis=0))
        return seen.shape[1] > 0 and float(seen.std(axis=0).mean()) <= _STEADY * float(trunk)

    def _pose_look(self, region: Roi) -> Points:
        pose = self._pose(self._image, region)
        return Points(pose.score, pose.body_px)

    def _detected_bodies(self, view: Roi) -> list[Roi]:
        found = self._people(self._image, view, 0.35)
        return [region_of_body(circle_of(d)) for d in sorted(found, key=lambda d: -circle_of(d).side)[:2]]

    def _best_body(self, regions: Iterable[Roi]) -> Pose | None:
        best: Pose | None = None
        for region in regions:
            pose = self._settled_body(region)
            if pose is not None and (best is None or quality(pose, None) > quality(best, None)):
                best = pose
            if best is not None and quality(best, None) >= GOOD_QUALITY:
                break
        return best

    def _settled_body(self, region: Roi) -> Pose | None:
        """Look, then look again where the first look says that the body is."""
        first = self._pose(self._image, region)
        if first.score < PRESENT:
            return None
        again = self._pose(self._image, region_of_body(first.circle))
        return again if again.score >= first.score - 0.2 else first

    def face(self, pose: Pose | None) -> tuple[Float32 | None, float]:
        """Median mesh (478, 3) over jittered crops and its spread in face widths."""
        for region in self._face_regions(pose):
            for _ in range(2):
                look = self._mesh(self._image, region)
                if look.score < PRESENT:
                    break
                region = region_of_mesh(look.points_px)
            points = agreed(partial(self._mesh, self._image), region)
            if points is None:
                continue
            mesh = np.median(points, axis=0).astype(np.float32)
            width = float(np.linalg.norm(np.ptp(mesh[:, :2], axis=0))) / np.sqrt(2)
            spread = float(points[..., :2].std(axis=0).mean()) / max(width, 1e-6)
            if spread <= _WILD and _belongs(mesh, pose):
                return mesh, spread
        return None, _NO_FACE

    def _face_regions(self, pose: Pose | None) -> Iterator[Roi]:
        """Places to try, likeliest first."""
        if pose is not None:
            head = region_of_head(pose)
            yield from self._detected_faces([head, head.scaled(0.6)], 0.4)
            yield head.scaled(0.45)
        yield from self._detected_faces([whole(self._image), whole(self._image).scaled(1.3)], 0.5)
        yield from self._detected_faces(tiles(self._image, 2) + tiles(self._image, 3), 0.5)
        yield from self._detected_faces([whole(self._image), *tiles(self._image, 2)], 0.3)

    def _detected_faces(self, views: list[Roi], threshold: float) -> Iterator[Roi]:
        found: list[Detection] = []
        for view in views:
            for detector in (self._far, self._near):
                found += detector(self._image, view, threshold)
        for detection in sorted(found, key=lambda d: -d.score)[:3]:
            yield region_of_detection(detection)

    def hand(self, pose: Pose | None, side: Side) -> Float32 | None:
        """Median hand (21, 3) over jittered crops."""
        rough = rough_region(self._image, pose, side) if pose is not None else None
        if rough is None:
            return None
        recrop, network = HandRecrop(self._models), HandLandmarks(self._models)
        region = exact_region(recrop, self._image, rough)
        first = network(self._image, region)
        if first.score >= PRESENT:
            region = region_of_hand(first.points_px)
        points = agreed(partial(network, self._image), region, _HAND_LOOKS)
        if points is None:
            return None
        hand = np.median(points, axis=0).astype(np.float32)
        off = np.hypot(hand[0, 0] - rough.x, hand[0, 1] - rough.y)
        return hand if off <= 0.75 * rough.side else None

    def mask(self, pose: Pose | None, face: Float32 | None, size: tuple[int, int]) -> Image:
        """(H, W) soft mask at `size` (W, H): the pose network's and the selfie network's, whichever is surer."""
        height, width = self._image.shape[:2]
        merged = np.zeros((height, width), np.uint8)
        if pose is not None:
            merged |= cv2.warpAffine(
                PoseMask(self._models)(pose), pose.mask_to_px.astype(np.float64), (width, height)
            ).astype(np.uint8)
        else:
            plain = keyed(self._image)
            merged |= 255 * plain.astype(np.uint8) if plain is not None else 0
        segment = SelfieSegmentation(self._models)
        for view in mask_views(self._image, pose, face):
            part = segment(self._image, view)
            placed = cv2.warpAffine(part, view.pixel_to_px(part.shape[0]), (width, height))
            merged = np.maximum(merged, placed.astype(np.uint8))
        if pose is None and face is None and merged.max() > 127:  # a thing of which the network sees a part
            merged = np.maximum(merged, centre_prior(height, width))
        return np.asarray(cv2.resize(merged, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _belongs(mesh: Float32, pose: Pose | None) -> bool:
    """Is this the face of that body?"""
    if pose is None or quality(pose, None) < GOOD_QUALITY:
        return True
    width = float(np.linalg.norm(mesh[FACE_SIDES[0], :2] - mesh[FACE_SIDES[1], :2]))
    head = region_of_head(pose)
    nose = pose.body_px[0, :2]
    return bool(np.linalg.norm(mesh[NOSE_TIP, :2] - nose) <= max(width, 0.3 * head.side))


def _on_grey(image: Image, alpha: Image | None) -> Image:
    """Transparent parts have arbitrary colours: show mid-grey there."""
    if alpha is None:
        return np.ascontiguousarray(image[..., :3])
    cover = alpha.astype(np.float32)[..., None] / 255
    return np.round(image[..., :3] * cover + 128 * (1 - cover)).astype(np.uint8)


def _at_working_size(image: Image) -> Image:
    side = max(image.shape[:2])
    goal = min(max(side, _SMALLEST_SIDE_PX), _LARGEST_SIDE_PX)
    if goal == side:
        return image
    size = (max(1, round(image.shape[1] * goal / side)), max(1, round(image.shape[0] * goal / side)))
    way = cv2.INTER_AREA if goal < side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)


def _scaled(points: Float32, scale: Float32) -> Float32:
    """Pixel centres at one size to pixel centres at another; z goes with x."""
    out: Float32 = (points * np.append(scale, scale[0])).astype(np.float32)
    out[:, :2] += 0.5 * scale - 0.5
    return out
