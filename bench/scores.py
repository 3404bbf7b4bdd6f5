"""From the numbers of all jobs to scores with targets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.irises import DARKER

#: score → job → value
Values = dict[str, dict[str, float]]

CHANNELS_WITH_SLOPE = ("mouth_open", "eye_open", "brow", "yaw")


@dataclass(frozen=True)
class Target:
    """How the values of the jobs become one number, and the range it must lie in."""

    low: float = -float("inf")
    high: float = float("inf")
    reduce: Callable[[list[float]], Any] = np.mean

    def met_by(self, value: float) -> bool:
        return self.low <= value <= self.high

    def shortfall(self, value: float) -> float:
        """How far a value is on the wrong side of the range, or how little on the right one: the largest is worst."""
        return max(self.low - value, value - self.high)


def not_negative(values: list[float]) -> float:
    """Share of the values that are not below 0."""
    return float(np.mean(np.array(values) >= 0))


TARGETS = {
    "mouth_open_r": Target(0.95),
    "eye_open_r": Target(0.92),
    "brow_r": Target(0.92),
    "gaze_r": Target(0.75),
    "yaw_r": Target(0.93),
    **{f"{channel}_slope": Target(0.7, 1.3) for channel in CHANNELS_WITH_SLOPE},
    "bone_angle_median_deg": Target(high=8.0, reduce=np.median),
    "bone_angle_worst_deg": Target(high=15.0, reduce=np.max),
    "missing_keypoints_excess": Target(high=0.03, reduce=np.max),
    "self_gain_db": Target(3.0),
    "face_gain_db": Target(0.5),
    "face_not_worse_share": Target(0.8, reduce=not_negative),
    "face_drawn_mouth_gain_db": Target(0.5),
    "face_drawn_mouth_not_worse_share": Target(0.8, reduce=not_negative),
    "body_gain_db": Target(2.0),
    "identity_excess": Target(high=0.05),
    "flicker_ratio": Target(high=1.0, reduce=np.max),
    "flipped_share": Target(high=0.001, reduce=np.max),
    "still_largest_difference": Target(high=1.0, reduce=np.max),
    "replace_outside_db": Target(45.0, reduce=np.min),
    "replace_second_person": Target(high=0, reduce=np.max),
    "replace_ghost": Target(high=0, reduce=np.max),
    "replace_illuminant_gap": Target(high=0.10, reduce=np.max),
    "replace_hue_shift_deg": Target(high=10.0, reduce=np.max),
}


def score(values: Values, *, partial: bool = False) -> dict[str, dict[str, Any]]:
    """Every score: value, target, passed, how many jobs gave it, and which of them is worst.

    A score that no job could give has value None and fails; of a `partial` run it is left out.
    """
    scores = {}
    for name, target in TARGETS.items():
        found = {job: value for job, value in values.get(name, {}).items() if np.isfinite(value)}
        if found or not partial:
            scores[name] = _entry(found, target)
    return scores


def _entry(found: dict[str, float], target: Target) -> dict[str, Any]:
    value = float(target.reduce(list(found.values()))) if found else None
    worst = max(found, key=lambda job: target.shortfall(found[job])) if found else None
    return {
        "value": value,
        "target": [bound if np.isfinite(bound) else None for bound in (target.low, target.high)],
        "passed": value is not None and target.met_by(value),
        "jobs": len(found),
        "worst": worst,
        "worst_value": None if worst is None else found[worst],
    }


def collect(result: dict[str, Any]) -> Values:
    """What every job contributes to every score; `result` holds the rows of `measure_quality`."""
    values: Values = {name: {} for name in TARGETS}
    for row in result["jobs"]:
        for name, value in _of_pair(row, result["identity_allowance"]).items():
            values[name][row["name"]] = value
    for rows, names in _FLAT_ROWS.items():
        for row in result[rows]:
            for name, key in names.items():
                if key in row:
                    values[name][row["name"]] = row[key]
    return values


#: rows of the result → score → where a row has its value
_FLAT_ROWS = {
    "self_reenactment": {"self_gain_db": "gain_db"},
    "face_baseline": {
        "face_gain_db": "puppet_gain_db",
        "face_not_worse_share": "puppet_gain_db",
        "face_drawn_mouth_gain_db": "drawn_mouth_gain_db",
        "face_drawn_mouth_not_worse_share": "drawn_mouth_gain_db",
    },
    "body_baseline": {"body_gain_db": "puppet_gain_db"},
    "stills": {"still_largest_difference": "largest"},
}
_REPLACE = ("outside_db", "second_person", "ghost", "illuminant_gap", "hue_shift_deg")


def _of_pair(row: dict[str, Any], allowance: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for channel, fidelity in row.get("face", {}).get("channels", {}).items():
        if channel == "gaze" and row.get("iris_darkness", DARKER) < DARKER:
            continue
        for kind in ("r", "slope"):
            if fidelity["moves"] and f"{channel}_{kind}" in TARGETS:
                found[f"{channel}_{kind}"] = fidelity[kind]
    body = row.get("body", {})
    if "mean_deg" in body:
        found |= dict.fromkeys(("bone_angle_median_deg", "bone_angle_worst_deg"), body["mean_deg"])
    if "keypoints" in row:
        found["missing_keypoints_excess"] = row["keypoints"]["output"] - row["keypoints"]["driver"]
    if "identity_distance" in row:
        found["identity_excess"] = row["identity_distance"] - allowance
    if "flicker" in row:
        found["flicker_ratio"] = row["flicker"]["ratio"]
    if row.get("flips"):
        found["flipped_share"] = row["flips"]["mean"]
    if "replace" in row:
        found |= {f"replace_{name}": row["replace"][name] for name in _REPLACE}
    return found
