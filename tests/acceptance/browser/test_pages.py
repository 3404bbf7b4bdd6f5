"""Every page in light and dark, on desktop and phone: nothing that axe-core calls serious, nothing that overflows."""

import pytest
from playwright.sync_api import Page, expect

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
#: what the focused control is called
NAME_OF_FOCUSED = """() => {
    const it = document.activeElement;
    if (it === document.body || it.tagName === "MAIN") return "";
    return it.ariaLabel || (it.labels && it.labels[0] ? it.labels[0] : it).textContent.trim();
}"""


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
    with page.expect_file_chooser():
        walk_to(page, "Choose or drop a picture")
        page.keyboard.press("Enter")
    walk_to(page, "Choose or drop a video")
    walk_to(page, "Animate")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Replace")).to_be_checked()
    walk_to(page, "Draw a seed and keep it")
    page.keyboard.press("Space")
    expect(page.get_by_role("spinbutton", name="Seed")).not_to_have_value("")
    walk_to(page, "Generate")


def walk_to(page: Page, name: str) -> None:
    """Press Tab until the control with this name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if name in page.evaluate(NAME_OF_FOCUSED):
            return
    raise AssertionError(f"{name} is not reached by Tab")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_filled_composer_and_a_dialog_are_usable_by_everybody(visit, caller, cutout, walker, scheme):
    one = visit(color_scheme=scheme, locale="zh-CN" if scheme == "dark" else "en-GB")
    page = one.sign_in(caller.key)
    for kind, path in (("image", cutout), ("video", walker)):
        page.locator(f'[data-input="{kind}"] input[type=file]').set_input_files(path)
    expect(page.locator(".advice .notice.warning")).to_be_visible(timeout=90_000)
    one.shoot(f"create-filled-{scheme}")
    assert one.violations() == []
    page.locator('[data-input="video"] .tools button').last.click()
    page.locator('[data-input="video"] .ways button').nth(1).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert one.violations() == []


def test_a_running_job_is_shown_to_everybody(visit, caller, gate):
    job = caller.accepted(image=gate.url(), video=gate.url("clip.mp4"))
    one = visit()
    page = one.sign_in(caller.key)
    page.goto(f"{one.url}/#/job/{job['id']}")
    expect(page.get_by_role("progressbar")).to_be_visible()
    one.shoot("running")
    assert one.violations() == []
    caller.cancel(job["id"])
