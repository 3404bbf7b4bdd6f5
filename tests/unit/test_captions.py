"""Writing that was laid over the finished picture stays in front of the character."""

import cv2
import numpy as np

from motioncast.engines.puppet.scene.captions import find_captions

SIZE = (416, 240)
LINES = ("HI   FRIENDS", "   WASH   IT", "ON   EMOR   TIM", "  A  NDNO   W")


def caption(text: str) -> tuple[np.ndarray, np.ndarray]:
    """White outline and magenta strokes, (H, W) uint8 masks."""
    strokes = np.zeros(SIZE[::-1], np.uint8)
    cv2.putText(strokes, text, (30, 215), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    return cv2.dilate(strokes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))), strokes


def clip(written: bool) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Sixteen frames of a yellow meadow and a white shoe, and where the performer may be."""
    frames, persons = {}, {}
    for t in range(16):
        frame = np.full((*SIZE[::-1], 3), (240, 215, 40), np.uint8)
        frame[:150] = (90, 180, 220)
        person = np.zeros(SIZE[::-1], bool)
        person[20:225, 150 + 6 * t : 190 + 6 * t] = True
        frame[person] = (245, 240, 245)
        if written:
            outline, strokes = caption(LINES[t // 4])
            frame[outline > 0], frame[strokes > 0] = (250, 240, 250), (235, 10, 140)
        frames[t], persons[t] = frame, cv2.dilate(person.astype(np.uint8), np.ones((9, 9))) > 0
    return frames, persons


def test_changing_captions_are_found_over_the_performer() -> None:
    frames, persons = clip(written=True)
    captions = find_captions(frames, persons)
    assert captions is not None
    for t in (1, 6, 13):
        outline = caption(LINES[t // 4])[0][captions.rows] > 0
        alpha = captions.alpha(frames[t])
        assert (alpha[outline] > 127).mean() > 0.95
        assert (alpha[~outline] > 127).mean() < 0.1  # the shoe is as white as the outline


def test_without_captions_nothing_is_found() -> None:
    assert find_captions(*clip(written=False)) is None
