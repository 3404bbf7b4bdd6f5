"""Results as tables for people."""

from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 110


def print_quality(result: dict[str, Any]) -> None:
    """Every job, then the scores against their targets."""
    faces = Table("face, r/slope", *_CHANNELS.values())
    jobs = Table("job", "bones °", "missing +", "flicker", "identity +", "folds", "s")
    for row in result["jobs"]:
        if row.get("face", {}).get("channels"):
            faces.add_row(row["name"], *_channel_cells(row["face"]["channels"]))
        jobs.add_row(row["name"], *_job_cells(row, result["identity_allowance"]))
    scores = Table("score", "value", "target", "", "jobs", "worst", "there")
    for name, entry in result["scores"].items():
        figures = _number(entry["value"]), _range(entry["target"]), _mark(entry), str(entry["jobs"])
        scores.add_row(name, *figures, entry["worst"] or "-", _number(entry["worst_value"]))
    replaced = [row | row["replace"] for row in result["jobs"] if "replace" in row]
    tables = [
        faces,
        jobs,
        _rows_table("replace", replaced, _REPLACE_COLUMNS),
        _rows_table("self-reenactment", result["self_reenactment"], _OWN_COLUMNS),
        _rows_table("face against the Delaunay baseline", result["face_baseline"], _FACE_COLUMNS),
        _rows_table("body against the skinning baseline", result["body_baseline"], _BODY_COLUMNS),
        _rows_table("reference as a still performer", result["stills"], _STILL_COLUMNS),
        scores,
    ]
    console = _console()
    for table in tables:
        if table.rows:
            console.print(table)
    for rows in ("jobs", "self_reenactment", "face_baseline", "body_baseline", "stills"):
        for row in result[rows]:
            if "error" in row:
                console.print(f"{row['name']}: {row['error']}", style="red", markup=False)


#: channel → heading
_CHANNELS = {"mouth_open": "mouth", "eye_open": "eye", "brow": "brow", "gaze": "gaze", "yaw": "yaw"}
#: heading → key of a row
_REPLACE_COLUMNS = {
    "outside dB": "outside_db", "second person": "second_person", "ghost": "ghost", "light gap": "illuminant_gap",
    "before": "illuminant_gap_before", "hue °": "hue_shift_deg", "colour": "colour_shift",
}  # fmt: skip
_OWN_COLUMNS = {"puppet dB": "puppet_db", "still dB": "still_db", "gain dB": "gain_db", "s": "seconds"}
_FACE_COLUMNS = {
    "puppet dB": "puppet_db", "baseline dB": "delaunay_db", "gain dB": "puppet_gain_db",
    "drawn mouth": "drawn_mouth_gain_db", "px off": "puppet_misplaced_px", "worst frame": "puppet_worst_frame",
}  # fmt: skip
_BODY_COLUMNS = {
    "puppet dB": "puppet_db", "baseline dB": "skinning_db", "gain dB": "puppet_gain_db",
    "px off": "puppet_misplaced_px", "worst frame": "puppet_worst_frame",
}  # fmt: skip
_STILL_COLUMNS = {"share off": "share_off", "largest": "largest"}


def _rows_table(title: str, rows: list[dict[str, Any]], columns: dict[str, str]) -> Table:
    table = Table(title, *columns)
    for row in rows:
        cells = ["[red]failed[/red]"] if "error" in row else [_number(row.get(key)) for key in columns.values()]
        table.add_row(row["name"], *cells)
    return table


def print_speed(result: dict[str, Any]) -> None:
    """One row a case, then the scores against their targets."""
    stages = list(next(iter(result["cases"].values()))["stages_s"])
    table = Table("case", "frames/s", "x floor", "MiB", *stages, title="seconds a stage, medians")
    for name, case in result["cases"].items():
        figures = (case["fps"], case["over_floor"], case["peak_mib"], *(case["stages_s"][stage] for stage in stages))
        table.add_row(f"{name} ({case['width']} x {case['height']})", *map(_number, figures))
    _console().print(table)
    scores = Table("score (worst case)", "value", "target", "")
    for name, entry in result["scores"].items():
        scores.add_row(name, _number(entry["value"]), _range(entry["target"]), _mark(entry))
    _console().print(scores)


def print_wan(result: dict[str, Any]) -> None:
    """The cases that are not equal, then every figure."""
    table = Table("mode", "guidance", "carried", "frames", "largest difference", title="not equal to diffusers")
    for case in result["cases"]:
        if not case["equal"]:
            names = ("mode", "guidance", "carried", "frames", "max_difference")
            table.add_row(*(str(case[name]) for name in names))
    if table.rows:
        _console().print(table)
    equal = f"{sum(case['equal'] for case in result['cases'])} of {len(result['cases'])} equal"
    print_flat(result | {"cases": equal}, "wan")


def print_flat(result: dict[str, Any], title: str) -> None:
    """Every number of a result, nested names joined by dots."""
    table = Table(title, "value")
    for name, value in _flat(result):
        table.add_row(name, _number(value))
    _console().print(table)


def _console() -> Console:
    """The terminal, or a page wide enough for the tables."""
    return Console(width=max(WIDTH, Console().width))


def _channel_cells(channels: dict[str, Any]) -> list[str]:
    def cell(found: dict[str, Any]) -> str:
        return "/".join(_number(found[kind]) for kind in ("r", "slope")) if found["moves"] else "still"

    return [cell(channels[name]) for name in _CHANNELS]


def _job_cells(row: dict[str, Any], allowance: float) -> list[str]:
    if "error" in row:
        return ["[red]failed[/red]"]
    keypoints = row["keypoints"]
    return [
        _number(row["body"]["mean_deg"]),
        _number(_minus(keypoints["output"], keypoints["driver"])),
        _number(row.get("flicker", {}).get("ratio")),
        _number(_minus(row.get("identity_distance"), allowance)),
        _number(row["flips"].get("mean")),
        _number(row["seconds"]),
    ]


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _flat(result: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in result.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return found


def _number(value: Any) -> str:
    if value is None or value != value:  # NaN differs from itself
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) >= 0.005 or value == 0 else f"{value:.1e}"
    return str(value)


def _range(target: list[float | None]) -> str:
    low, high = target
    if low is None:
        return f"≤ {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g} … {high:g}"


def _mark(entry: dict[str, Any]) -> str:
    return "[green]ok[/green]" if entry["passed"] else "[red]missed[/red]"
