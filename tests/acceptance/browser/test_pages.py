"""Every page in light and dark, on desktop and phone: nothing that axe-core calls serious, nothing that overflows."""

import pytest
from playwright.sync_api import expect

from tests.acceptance.browser.chromium import DESKTOP, PHONE

PAGES = {
    "sign-in": "/",
    "create": "/#/",
    "job": "/#/job/{job}",
    "history": "/#/history",
    "account": "/#/account",
    "reference": "/docs",
    "reference-submit": "/docs#/submit",
    "guide": "/guide/",
}
MOST_BYTES = 300_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_usable_by_everybody(visit, first, finished, name, width, scheme):
    one = visit(viewport=DESKTOP if width == "desktop" else PHONE, color_scheme=scheme)
    if name != "sign-in":
        one.sign_in(first.key)
        expect(one.page.get_by_role("heading", name="Create")).to_be_visible()
    page = one.open(PAGES[name].format(job=finished["id"]))
    page.reload()  # an address that differs by its fragment alone does not load the page anew
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    one.shoot(f"{name}-{width}-{scheme}")
    assert one.violations() == []
    assert one.overflow() <= 0


@pytest.mark.parametrize("name", ["sign-in", "create", "history", "reference", "guide"])
def test_a_page_is_light(visit, caller, name):
    """What is loaded before any picture or video of the visitor's own."""
    one = visit()
    if name != "sign-in":
        one.sign_in(caller.key)
    sizes: list[int] = []
    session = one.context.new_cdp_session(one.page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    one.page.goto("about:blank")
    sizes.clear()
    one.open(PAGES[name])
    one.page.wait_for_load_state("networkidle")
    assert 10_000 < sum(sizes) <= MOST_BYTES


def test_everything_can_be_done_by_keyboard(visit, caller):
    one = visit()
    page = one.sign_in(caller.key)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("(document.activeElement.textContent || document.activeElement.ariaLabel || '').trim()")
        )
    for words in ("Choose or drop a picture", "Choose or drop a video", "Generate", "Draw a seed and keep it"):
        assert any(words in text for text in reached), (words, reached)
