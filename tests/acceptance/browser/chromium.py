"""Chromium driven by Playwright: the browser of these tests, what it may do, and what it must not complain of."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Response

from tests.clients.official import node_modules

AXE = "axe-core@4.14.1"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium. Skips the test where it is not installed."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return playwright.chromium.launch(executable_path=path, args=list(_FLAGS))


class Visitor:
    """Somebody with a browser of his own: its page, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.expected: list[str] = []  #: patterns of complaints that belong to the story
        self.foreign: list[str] = []
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if not response.url.startswith((self.url, "data:", "blob:")):
            self.foreign.append(response.url)

    def open(self, path: str = "/") -> Page:
        """Go to a page of the server."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, key: str) -> Page:
        """Open the playground by the link that the server prints."""
        return self.open(f"/#key={key}")

    def shoot(self, name: str, *, whole: bool = True) -> None:
        """Keep a screenshot for people to look at, if a folder for them is named."""
        folder = os.environ.get("MOTIONCAST_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=whole)

    def violations(self) -> list[str]:
        """What axe-core calls serious or critical on the page as it stands."""
        script = node_modules(AXE) / "axe-core" / "axe.min.js"
        self.page.evaluate(script.read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [_told(violation) for violation in found if violation["impact"] in ("serious", "critical")]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def check(self) -> None:
        """Nothing went wrong that the story did not expect."""
        unexpected = [
            text for text in self.complaints if not any(re.search(pattern, text) for pattern in self.expected)
        ]
        assert unexpected == [], unexpected
        assert self.foreign == [], self.foreign


def _told(violation: dict[str, Any]) -> str:
    places = ", ".join(str(node["target"][0]) for node in violation["nodes"][:4])
    return f"{violation['id']}: {violation['help']} ({places})"


@contextmanager
def visitor(browser: Browser, url: str, **options: Any) -> Iterator[Visitor]:
    """A new visitor; what went wrong in his browser fails the test in the end."""
    options = {"viewport": DESKTOP, "locale": "en-GB", "color_scheme": "light", **options}
    context = browser.new_context(**options)
    context.set_default_timeout(30_000)
    one = Visitor(context, url)
    try:
        yield one
    finally:
        context.close()
    one.check()
