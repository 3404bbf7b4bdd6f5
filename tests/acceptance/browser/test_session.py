"""Keys and tabs: who is signed in where, and that nobody gets into another's account by a link."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.caller import Caller


@pytest.fixture
def other(server, new_name) -> Caller:
    """Somebody else with a key."""
    return Caller.new(server, new_name())


def prompt(page: Page):
    return page.get_by_role("textbox", name="Prompt")


def kept(page: Page, name: str) -> str | None:
    return page.evaluate("(name) => localStorage.getItem('motioncast.' + name)", name)


def test_a_link_with_another_key_asks_before_it_switches(visit, caller, other):
    one = visit()
    one.expected = ["status of 401"]
    page = one.sign_in(caller.key)
    prompt(page).fill("mine")
    dialog = page.get_by_role("dialog")
    page.goto(f"{one.url}/#key={other.key}")
    expect(dialog).to_be_visible()
    one.shoot("switch", whole=False)
    assert one.violations() == []
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    assert kept(page, "key") == caller.key
    page.goto(f"{one.url}/#key=mc-nobody-has-this-key")
    dialog.get_by_role("button", name="Switch", exact=True).click()
    expect(dialog.get_by_text("not known or was revoked")).to_be_visible()
    assert kept(page, "key") == caller.key
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(prompt(page)).to_have_value("mine")
    page.goto(f"{one.url}/#key={other.key}")
    dialog.get_by_role("button", name="Switch", exact=True).click()
    expect(prompt(page)).to_have_value("")
    assert kept(page, "key") == other.key


def test_a_link_that_comes_while_the_window_of_another_closes_is_asked_about(visit, caller, other):
    one = visit()
    page = one.sign_in(caller.key)
    dialog = page.get_by_role("dialog")
    page.goto(f"{one.url}/#key=mc-nobody-has-this-key")
    expect(dialog).to_be_visible()
    # a window tells that it was closed in a task of its own, here after the next link
    close_then_follow = """(key) => {
        document.querySelector('dialog[open]').close();
        location.hash = 'key=' + key;
        dispatchEvent(new Event('hashchange'));
    }"""
    page.evaluate(close_then_follow, other.key)
    dialog.get_by_role("button", name="Switch", exact=True).click()
    page.wait_for_function("(key) => localStorage.getItem('motioncast.key') === key", arg=other.key)


def test_tabs_are_signed_in_and_out_together(visit, caller):
    one = visit()
    page = one.sign_in(caller.key)
    prompt(page).fill("mine")
    second = one.context.new_page()
    second.goto(f"{one.url}/#/history")
    expect(second.get_by_role("heading", name="History")).to_be_visible()
    second.get_by_role("button", name="Sign out").click()
    for tab in (second, page):
        expect(tab.get_by_label("API key")).to_be_visible()
    assert (kept(page, "key"), kept(page, "draft")) == (None, None)


def test_pages_have_titles_and_the_focus_goes_to_their_heading(visit, caller):
    one = visit()
    page = one.sign_in(caller.key)
    expect(page).to_have_title("Create · Motioncast")
    for name in ("History", "Account", "Create"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_focused()
        expect(page).to_have_title(f"{name} · Motioncast")


@pytest.mark.parametrize("fragment", ["#/%", "#/%E0%A4%A", "#/nowhere/at/all", "#key="])
def test_a_strange_address_shows_the_first_page(visit, caller, fragment):
    one = visit()
    one.sign_in(caller.key)
    one.page.goto(f"{one.url}/{fragment}")
    one.page.reload()
    expect(one.page.get_by_role("heading", name="Create")).to_be_visible()


def test_leaving_while_a_job_is_handed_in_tells_of_it_elsewhere(visit, caller, cutout, talker):
    one = visit()
    page = one.sign_in(caller.key)
    for kind, path in (("image", cutout), ("video", talker)):
        page.locator(f'[data-input="{kind}"] input[type=file]').set_input_files(path)
    expect(page.locator(".price li").first).to_be_visible(timeout=60_000)

    def late(route) -> None:
        page.wait_for_timeout(1500)
        route.continue_()

    page.route(re.compile(r"wan-2\.2/animate$"), late)
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("link", name="History", exact=True).click()
    news = page.locator(".news")
    expect(news.get_by_role("link")).to_be_visible(timeout=20_000)
    assert page.url.endswith("#/history")
    news.get_by_role("link").click()
    page.wait_for_url(re.compile(r"#/job/[0-9a-f]{32}$"))
