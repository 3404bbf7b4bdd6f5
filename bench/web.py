"""`python -m bench web`: how heavy the pages are and how soon they show, beside an empty page in the same browser."""

import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.api_servers import our_server
from bench.judge import BenchError
from bench.machine import describe_machine

TARGET_BYTES, TARGET_PAINT_MS = 300_000, 1000.0
_PAGES = {"playground": "/", "reference": "/docs", "guide": "/guide/"}
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
#: when the page's own heading is there, not only its frame
_HEADING = """new Promise((resolve) => {
    const look = () => document.querySelector("h1") ? resolve(performance.now()) : requestAnimationFrame(look);
    look();
})"""


def measure_web(rounds: int, work: Path, on_step: Callable[[str], None]) -> dict[str, Any]:
    """Bytes on the wire, milliseconds to the first contentful paint and to the heading; in a fresh profile each round.

    `empty` is a page of one word from the same server's process: what browser and connection take by themselves.
    Raises `BenchError` where there is no browser.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        raise BenchError("The web bench needs Chromium: apt-get install chromium")
    with our_server(work / "data", workers=1, pinned=False) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        found: dict[str, dict[str, list[float]]] = {}
        for number in range(rounds):
            on_step(f"round {number + 1} of {rounds}")
            addresses = {"empty": "/healthz", **_PAGES, "signed_in": f"/#key={server.key}"}
            for name, address in addresses.items():
                loaded = _load(browser, f"http://{server.host}:{server.port}{address}", heading=name != "empty")
                entry = found.setdefault(name, {figure: [] for figure in loaded})
                for figure, value in loaded.items():
                    entry[figure].append(value)
        browser.close()
    pages = {name: {figure: round(median(values)) for figure, values in entry.items()} for name, entry in found.items()}
    measured = {name: entry for name, entry in pages.items() if name != "empty"}
    passed = all(entry["bytes"] <= TARGET_BYTES and entry["paint_ms"] < TARGET_PAINT_MS for entry in measured.values())
    ratio = round(pages["playground"]["paint_ms"] / max(pages["empty"]["paint_ms"], 1), 2)
    return {"pages": pages, "playground_over_empty": ratio, "passed": passed, "machine": describe_machine()}


def _load(browser: Any, url: str, *, heading: bool) -> dict[str, float]:
    """The figures of one cold load."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received = 0

    def count(event: dict[str, Any]) -> None:
        nonlocal received
        received += int(event["encodedDataLength"])

    session.on("Network.loadingFinished", count)
    page.goto(url, wait_until="commit")
    figures = {"heading_ms": float(page.evaluate(_HEADING))} if heading else {}
    page.wait_for_load_state("networkidle")
    page.wait_for_function(f"{_PAINT} !== null")
    figures |= {"paint_ms": float(page.evaluate(_PAINT)), "bytes": float(received)}
    context.close()
    return figures
