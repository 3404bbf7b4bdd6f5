"""The pages as files: where they are, what may be in them, and that nothing else leaks out."""

import re

import httpx2
import pytest


@pytest.fixture(scope="module")
def browser(strict):
    """Somebody without a key."""
    with httpx2.Client(base_url=strict.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_comes_with_a_strict_policy_and_needs_no_key(browser, path):
    page = browser.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r"https?:", policy)
    assert "<script>" not in page.text


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_everything_that_a_page_names_is_here(browser, path):
    named = re.findall(r'(?:src|href)="(/[^"#]*)"', browser.get(path).text)
    assert len(named) > 5
    for address in named:
        assert browser.get(address).status_code == 200, address


def test_every_module_that_is_imported_is_here(browser):
    waiting, seen = {"/web/app/main.js", "/web/app/reference/main.js"}, set()
    while waiting - seen:
        path = (waiting - seen).pop()
        seen.add(path)
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8"), path
        # names of modules begin with a dot or a slash; others stand in code that is shown to people
        for name in re.findall(r'^(?:import|export)\s[^;]*?from\s+"([./][^"]+)"', answer.text, re.MULTILINE):
            waiting.add(str(httpx2.URL(f"http://here{path}").join(name).path))
    assert len(seen) > 20


def test_a_page_that_has_not_changed_is_not_sent_again(browser):
    tag = browser.get("/").headers["etag"]
    again = browser.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_the_guide_is_here_and_its_inline_scripts_are_named_by_hash(browser):
    page = browser.get("/guide", follow_redirects=True)
    assert page.status_code == 200
    assert str(page.url).endswith("/guide/")
    inline = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", page.text)
    assert page.headers["content-security-policy"].count("'sha256-") == len(inline)


@pytest.mark.parametrize(
    "path",
    [
        "/web/__init__.py",
        "/web/..%2f__init__.py",
        "/web/../../version.txt",
        "/web/%2e%2e/service/app.py",
        "/web/app",
        "/web/nothing.js",
        "/guide/nothing.html",
        "/web/app/%00.js",
        f"/web/{'x' * 260}",
    ],
)
def test_nothing_else_leaks_out(browser, path):
    assert browser.get(path).status_code == 404
