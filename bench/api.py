"""`python -m bench api`: the service's creates and polls, beside a bare app of the same stack and by themselves."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench.api_figures import Rate, missed, over, percentile, rates, targets
from bench.api_jobs import RenderingJobs, store_completed
from bench.api_servers import CORES, Server, bare_server, our_server
from bench.clips import looped
from bench.machine import describe_machine
from bench.product import fetch_samples
from motioncast.request import Resolution

CONNECTIONS = 16
POLLS_PER_S = 100.0  #: of paced polls: far below what the server can answer, so that the server's own delays are timed
STORED, FEW = 10_000, 20
CALLERS = 100
CLIP_S = 90.0  #: two jobs of this length render for minutes
_FLAT_OUT_S, _PACED_S, _ALONE_S = 2.0, 5.0, 2.0
OnStep = Callable[[str], None]


def measure_api(rounds: int, work: Path, on_step: OnStep) -> dict[str, Any]:
    """Every figure; data directories and clips go to the folder `work`. Raises `BenchError` where a request fails."""
    machine = describe_machine()
    figures = _flat_out(rounds, work, on_step)
    figures |= _stored(rounds, work, on_step)
    figures |= _waiting(rounds, work, on_step)
    figures |= _rendering(rounds, work, on_step)
    lost = missed(figures)
    return figures | {
        "rounds": rounds,
        "setup": {
            "over_bare": f"{CONNECTIONS} connections, as fast as answered; server and load on a core each; 0 workers",
            "p99_poll_ms": f"{POLLS_PER_S:g} polls/s sent on time, 2 workers rendering on every core, nothing pinned",
            "p99_poll_waiting_ratio": f"{POLLS_PER_S:g} polls/s, {CALLERS} sync-mode callers of queued jobs, 0 workers",
            "stored_poll_ratio": f"one connection, {STORED} completed predictions against {FEW}",
            "pinned": CORES.server is not None,
        },
        "targets": targets(),
        "missed": lost,
        "passed": not lost,
        "machine": machine,
    }


def _flat_out(rounds: int, work: Path, on_step: OnStep) -> dict[str, Any]:
    """Creates, then polls of what was created, as fast as they are answered. Every round begins with the other app."""
    creates: dict[str, list[Rate]] = {"ours": [], "bare": []}
    polls: dict[str, list[Rate]] = {"ours": [], "bare": []}
    with our_server(work / "ours") as ours, bare_server(work / "bare") as bare:
        apps = [("ours", ours), ("bare", bare)]
        for _, server in apps:
            server.load(0.5, CONNECTIONS)  # what the first requests make once
        idle = {name: server.idle_cores() for name, server in apps}
        for turn in range(rounds):
            on_step(f"creates and polls, round {turn + 1} of {rounds}")
            for name, server in apps if turn % 2 == 0 else apps[::-1]:
                made = server.load(_FLAT_OUT_S, CONNECTIONS)
                creates[name].append(made.rate(idle[name]))
                polls[name].append(server.load(_FLAT_OUT_S, CONNECTIONS, made.ids).rate(idle[name]))
    cores = {name: round(share, 3) for name, share in idle.items()}
    return rates("creates", **creates) | rates("polls", **polls) | {"idle_cores": cores}


def _stored(rounds: int, work: Path, on_step: OnStep) -> dict[str, Any]:
    """Polls one after another on a server that holds few predictions and on one that holds many."""
    taken: dict[int, list[float]] = {FEW: [], STORED: []}
    with ExitStack() as stack:
        servers: list[tuple[int, Server, list[str]]] = []
        for count in taken:
            on_step(f"a server with {count} stored predictions")
            server = stack.enter_context(our_server(work / f"stored-{count}"))
            ids = store_completed(server.data_dir, count)[:FEW]
            servers.append((count, server, ids + server.load(0.2, 1).ids[:FEW]))
        for turn in range(rounds):
            for count, server, ids in servers if turn % 2 == 0 else servers[::-1]:
                taken[count].append(median(server.load(_ALONE_S, 1, ids).latencies_s))
    return {
        "stored_poll_ratio": round(over(taken[STORED], taken[FEW]), 3),
        "poll_ms_stored": round(median(taken[STORED]) * 1000, 2),
        "poll_ms_few": round(median(taken[FEW]) * 1000, 2),
    }


def _waiting(rounds: int, work: Path, on_step: OnStep) -> dict[str, Any]:
    """Polls while callers in sync mode wait, and while none does. Jobs stay queued: nothing renders."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    with our_server(work / "waiting", MOTIONCAST_SYNC_S="3600") as server:
        ids = server.load(0.5, CONNECTIONS).ids[:FEW]
        for turn in range(rounds):
            on_step(f"{CALLERS} waiting callers, round {turn + 1} of {rounds}")
            for waiting in (True, False) if turn % 2 == 0 else (False, True):
                with ExitStack() as stack:
                    if waiting:
                        stack.enter_context(server.waiting_callers(CALLERS, first_seed=turn * CALLERS))
                    server.settle()
                    polls = server.load(_PACED_S, CONNECTIONS, ids, POLLS_PER_S)
                server.settle()
                taken[waiting].append(percentile(polls.latencies_s, 99))
    return {
        "p99_poll_waiting_ratio": round(over(taken[True], taken[False]), 3),
        "p99_poll_waiting_ms": round(median(taken[True]) * 1000, 2),
        "p99_poll_quiet_ms": round(median(taken[False]) * 1000, 2),
    }


def _rendering(rounds: int, work: Path, on_step: OnStep) -> dict[str, Any]:
    """Polls of two jobs that render; in turn the bare app's polls, which tell what the full cores alone cost."""
    on_step("two jobs that render")
    samples = fetch_samples()
    clip = looped(samples / "carphone_pristine.mp4", work / "talk.mp4", CLIP_S, Resolution.P480.area_px)
    ours, bare = [], []
    with (
        our_server(work / "rendering", workers=2, pinned=False) as server,
        bare_server(work / "beside", pinned=False) as beside,
    ):
        others = beside.load(0.2, 1).ids
        jobs = RenderingJobs(server, samples / "astronaut.png", clip, 2)
        began = jobs.wait_until_rendering()
        for turn in range(rounds):
            on_step(f"polls while two jobs render, round {turn + 1} of {rounds}")
            ours += server.load(_PACED_S, CONNECTIONS, jobs.ids, POLLS_PER_S).latencies_s
            bare += beside.load(_PACED_S, CONNECTIONS, others, POLLS_PER_S).latencies_s
        progress = jobs.progress()
    return {
        "p99_poll_ms": round(percentile(ours, 99) * 1000, 2),
        "p50_poll_ms": round(percentile(ours, 50) * 1000, 2),
        "p99_bare_poll_ms": round(percentile(bare, 99) * 1000, 2),
        "progress_of_jobs": {"before": began, "after": progress},
    }
