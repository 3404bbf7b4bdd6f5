"""How well the reference image fits the driving video: the hosted service's tips, as warnings."""

import math

from motioncast.engines.engine import Job
from motioncast.engines.puppet.body.joints import SIDES
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.performance import Performance

_ASPECT_TOLERANCE = 1.35  #: ratio of the two aspects from which the difference is worth a word


def composition_warnings(job: Job, character: Character, performance: Performance) -> list[str]:
    """One sentence for every way the two inputs disagree badly. The job runs all the same."""
    warnings = []
    height, width = job.reference.rgb.shape[:2]
    ratio = (width / height) / (job.driving.width / job.driving.height)
    if abs(math.log(ratio)) > math.log(_ASPECT_TOLERANCE):
        warnings.append(
            f"The reference image ({width}x{height}) and the driving video ({job.driving.width}x{job.driving.height}) "
            "have different aspect ratios: results are best when they match."
        )
    landmarks = character.subject.landmarks
    if landmarks.body_px is None and landmarks.face_px is None:
        warnings.append("No pose could be read in the reference image: the character moves as a whole.")
        return warnings  # nor can be said what of a body it shows
    shown, performed = character.subject.joints.framing, _performed(performance)
    if shown == "full" and performed == "portrait":
        warnings.append("The driving video shows only head and shoulders: the character's legs and arms stay at rest.")
    elif shown != "full" and performed == "full":
        what = "no legs" if shown == "half" else "only head and shoulders"
        warnings.append(
            f"The driving video shows a whole person but the reference image shows {what}: use a picture of the whole "
            "character for the whole performance."
        )
    if landmarks.body_px is None:
        warnings.append("No body was found in the reference image: only the head performs.")
    if character.subject.joints.arms_folded and performed != "portrait":
        warnings.append("The arms of the character are folded in the picture: they stay folded.")
    missing = [side for side in SIDES if not character.subject.joints.has_arms[side]]
    if shown != "portrait" and missing and performed != "portrait" and not character.subject.joints.arms_folded:
        warnings.append(f"The {' and '.join(missing)} arm of the character is not in the picture: it cannot move.")
    return warnings


def _performed(performance: Performance) -> str:
    if performance.driver.shows_legs:
        return "full"
    return "half" if performance.driver.shows_arms else "portrait"
