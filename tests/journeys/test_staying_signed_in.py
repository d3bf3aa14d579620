"""Maureen writes for a long time: she is warned in good time, may stay, and loses nothing if she does not see it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from app.core.security.sessions import SignedIn
from tests.journeys.browsing import Eyes, chromium
from tests.site import MODERATOR, PASSWORD, RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SEARCH, WORDS = "/moderation/signatures", "A purpose that took her half an hour to write."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def desk(browser: Browser, sqlite_site: RunningSite) -> Iterator[Page]:
    """Signed in, writing, with a clock that the test turns."""
    sqlite_site.town.moderator()
    page = browser.new_page(base_url=sqlite_site.base)
    page.clock.install()
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(MODERATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(SEARCH)
    page.locator("#purpose").fill(WORDS)
    yield page
    page.close()


def rest(site: RunningSite, page: Page, by: timedelta) -> None:
    """Nothing happens for so long, here and on the server."""
    token = next(c["value"] for c in page.context.cookies() if c["name"] == "townsquare")
    with site.town.database.writing() as db:
        row = db.get_one(SignedIn, hashlib.sha256(token.encode()).digest())
        row.last_seen_at = site.town.now - by
    page.clock.fast_forward(int(by.total_seconds() * 1000))


def test_she_is_warned_stays_and_goes_on_writing(sqlite_site: RunningSite, desk: Page) -> None:
    notice = desk.get_by_role("status").filter(has_text="signed out soon")
    expect(notice).to_have_count(0)
    rest(sqlite_site, desk, timedelta(minutes=26))
    expect(notice).to_be_visible()
    assert desk.evaluate("document.activeElement.id") == "purpose", "the notice takes nobody's place"
    desk.get_by_role("button", name="Stay signed in").click()
    expect(notice).to_have_count(0)
    assert desk.locator("#purpose").input_value() == WORDS


def test_too_late_she_confirms_and_what_she_wrote_arrives(sqlite_site: RunningSite, desk: Page) -> None:
    eyes = Eyes(sqlite_site.base, axe=True)
    rest(sqlite_site, desk, timedelta(minutes=31))
    expect(desk.get_by_role("status").filter(has_text="You have been signed out")).to_be_visible()
    eyes.look(desk)
    desk.locator("main form button[type=submit]").first.click()
    expect(desk.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    eyes.look(desk)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Confirm and continue").click()
    expect(desk.locator("#purpose")).to_have_value(WORDS)
    assert desk.url.endswith(SEARCH)
    assert eyes.faults == []


def test_pages_about_signing_in_are_for_everyone(sqlite_site: RunningSite, desk: Page) -> None:
    eyes = Eyes(sqlite_site.base, axe=True)
    eyes.watch(desk)
    for path in ("/sign-in", "/account/factor", "/account/sessions", "/account/password", "/confirm-it-is-you"):
        desk.goto(path)
        eyes.look(desk)
    assert (eyes.faults, eyes.foreign) == ([], set())
