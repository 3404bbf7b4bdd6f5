"""Results as tables for people."""

from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 110


def print_quality(result: dict[str, Any]) -> None:
    """Scores against their targets, then every job."""
    scores = Table("score (mean over jobs)", "value", "target", "jobs", "")
    for name, entry in result["scores"].items():
        scores.add_row(name, _number(entry["value"]), _range(entry["target"]), str(entry["jobs"]), _mark(entry))
    jobs = Table("job", "mouth r/slope", "eye r", "yaw r", "face", "bones °", "missing", "s")
    for row in result["jobs"]:
        jobs.add_row(*_job_cells(row))
    own = Table("self-reenactment", "puppet dB", "still dB", "gain dB", "s")
    for row in result["self_reenactment"]:
        own.add_row(row["name"], *(_number(row.get(key)) for key in ("puppet_db", "still_db", "gain_db", "seconds")))
    console = _console()
    for table in (jobs, own, scores):
        console.print(table)
    for row in result["jobs"] + result["self_reenactment"]:
        if "error" in row:
            console.print(f"{row['name']}: {row['error']}", style="red", markup=False)


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


def _job_cells(row: dict[str, Any]) -> list[str]:
    if "error" in row:
        return [row["name"], "[red]failed[/red]"]
    channels = row["face"]["channels"]

    def channel(name: str, *kinds: str) -> str:
        found = channels.get(name)
        if found is None:
            return "-"
        return "/".join(_number(found[kind]) for kind in kinds) if found["moves"] else "still"

    face = row["face"]["skipped"] or f"lost {row['face']['lost_rate']:.1%}"
    body = row["body"]
    return [
        row["name"],
        channel("mouth_open", "r", "slope"),
        channel("eye_open", "r"),
        channel("yaw", "r"),
        face,
        _number(body["mean_deg"]),
        _number(body["missing_rate"]),
        _number(row["seconds"]),
    ]


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
