"""A browser for the tests of the pages."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.acceptance.browser.chromium import Visitor, launch, visitor


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser program."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, server):
    """Makes visitors: `visit(viewport=…, color_scheme=…, locale=…)`."""
    with ExitStack() as stack:

        def new(**options: object) -> Visitor:
            return stack.enter_context(visitor(chromium, server.url, **options))

        yield new
