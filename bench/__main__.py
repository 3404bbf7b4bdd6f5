"""`python -m bench quality | puppet | memory | api | restart | web | wan | sheet`."""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.api import measure_api
from bench.frames import write_png
from bench.jobs import media_jobs, sample_jobs
from bench.judge import BenchError, find_judge
from bench.memory import measure_memory
from bench.product import fetch_samples
from bench.quality import measure_quality
from bench.restart import measure_restart
from bench.sheets import SheetRow, contact_sheet
from bench.speed import measure_speed
from bench.tables import print_flat, print_quality, print_speed, print_wan
from bench.web import measure_web
from motioncast.engines.wan.installed import is_installed


def main() -> int:
    """Run one bench: 0 when all of its targets are met (or it has none), 1 when one is missed, 2 when it cannot run."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2


def _quality(arguments: argparse.Namespace) -> int:
    judge = find_judge(arguments.judge, make=arguments.make_judge)
    jobs = media_jobs(arguments.media, fetch_samples()) if arguments.media else sample_jobs()
    if arguments.only:
        jobs = jobs.only(arguments.only)
    with _folder(arguments.keep) as outputs:
        result = measure_quality(jobs, judge, outputs, _say, partial_run=bool(arguments.only))
    _print(result, as_json=arguments.json, table=print_quality)
    return 0 if result["passed"] else 1


def _puppet(arguments: argparse.Namespace) -> int:
    with _folder(arguments.keep) as work:
        result = measure_speed(arguments.runs, work, _say)
    _print(result, as_json=arguments.json, table=print_speed)
    return 0 if result["passed"] else 1


def _memory(arguments: argparse.Namespace) -> int:
    with _folder(arguments.keep) as work:
        result = measure_memory(work, _say)
    _print(result, as_json=arguments.json, table=lambda found: print_flat(found, "memory"))
    return 0 if result["passed"] else 1


def _api(arguments: argparse.Namespace) -> int:
    with _folder(arguments.keep) as work:
        result = measure_api(arguments.rounds, work, _say)
    _print(result, as_json=arguments.json, table=lambda found: print_flat(found, "api"))
    return 0 if result["passed"] else 1


def _restart(arguments: argparse.Namespace) -> int:
    with _folder(arguments.keep) as work:
        result = measure_restart(arguments.rounds, work, _say)
    _print(result, as_json=arguments.json, table=lambda found: print_flat(found, "restart"))
    return 0 if result["passed"] else 1


def _web(arguments: argparse.Namespace) -> int:
    with _folder(arguments.keep) as work:
        result = measure_web(arguments.rounds, work, _say)
    _print(result, as_json=arguments.json, table=lambda found: print_flat(found, "web"))
    return 0 if result["passed"] else 1


def _wan(arguments: argparse.Namespace) -> int:
    if not is_installed():
        raise BenchError("The wan bench needs the wan extra: run `make install-wan` first.")
    from bench.wan.report import measure_wan

    with _folder(arguments.keep) as work:
        result = measure_wan(work, _say)
    _print(result, as_json=arguments.json, table=print_wan)
    return 0 if result["passed"] else 1


def _sheet(arguments: argparse.Namespace) -> int:
    rows = [SheetRow(*(Path(part) for part in job)) for job in arguments.job]
    missing = next((str(path) for row in rows for path in vars(row).values() if not path.exists()), None)
    if missing:
        raise BenchError(f"{missing} does not exist.")
    write_png(arguments.out, contact_sheet(rows, arguments.columns))
    print(arguments.out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Motioncast.")
    benches = parser.add_subparsers(required=True, metavar="BENCH")

    quality = _bench(benches, "quality", _quality, "fidelity of outputs, re-tracked by an independent judge")
    quality.add_argument("--media", type=Path, help="folder of test media (default: the fetched samples alone)")
    quality.add_argument(
        "--judge", type=Path, metavar="PYTHON", help="Python that has mediapipe and dlib (default: .judge)"
    )
    quality.add_argument("--make-judge", action="store_true", help="make .judge first if it is missing or incomplete")
    quality.add_argument(
        "--only", action="append", metavar="TEXT", help="measure only jobs with TEXT in their names; may be repeated"
    )

    puppet = _bench(benches, "puppet", _puppet, "speed, floor and memory of whole jobs")
    puppet.add_argument("--runs", type=int, default=3, help="runs to take the medians of (default 3)")
    _bench(benches, "memory", _memory, "peak memory of a long against a short driving video")

    api = _bench(benches, "api", _api, "creates and polls of the service beside a bare app of the same stack")
    restart = _bench(benches, "restart", _restart, "from a killed server's start to the job that goes on")
    restart.add_argument("--rounds", type=int, default=5, help="kills to take the median of (default 5)")
    api.add_argument("--rounds", type=int, default=5, help="rounds to take the medians of (default 5)")

    web = _bench(benches, "web", _web, "weight and first paint of the pages, beside an empty one")
    web.add_argument("--rounds", type=int, default=5, help="cold loads to take the medians of (default 5)")
    _bench(benches, "wan", _wan, "parity, speed, memory and resumption of the wan engine on tiny random checkpoints")

    sheet = benches.add_parser("sheet", help="contact sheet of finished jobs")
    sheet.set_defaults(run=_sheet)
    sheet.add_argument("out", type=Path, metavar="OUT.png")
    sheet.add_argument(
        "--job",
        nargs=3,
        action="append",
        required=True,
        metavar=("REFERENCE", "DRIVING", "OUTPUT"),
        help="one row; give it again for more",
    )
    sheet.add_argument("--columns", type=int, default=6)
    return parser


def _bench(benches: Any, name: str, run: Any, description: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = benches.add_parser(name, help=description)
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep outputs in this folder")
    return parser


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)


def _print(result: dict[str, Any], *, as_json: bool, table: Any) -> None:
    if as_json:
        print(json.dumps(_finite(result), indent=2))
    else:
        table(result)


def _finite(value: Any) -> Any:
    """JSON has no NaN: null instead."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _say(step: str) -> None:
    print(f"bench: {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
