"""A response in Arabic in a real browser: scripts off, 320 pixels wide (as at 400 % zoom), and with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from app.core.db import Database
from consultations.model import Response
from tests.consultations.asking import Asking
from tests.journeys.browsing import chromium
from tests.site import RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DEAR = "الرسوم مرتفعة جدًا"


def press_on(page: Page, name: str, most: int = 80, *, leads: bool = True) -> None:
    """Tab to the button or link of this name, and press Enter."""
    focus_on(page, lambda text, _id: text == name, most)
    if not leads:
        page.keyboard.press("Enter")
        return
    with page.expect_navigation():
        page.keyboard.press("Enter")


def focus_on(page: Page, wanted: object, most: int = 80) -> None:
    for _step in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate("() => [document.activeElement.innerText || '', document.activeElement.id || '']")
        if wanted(found[0].strip(), found[1]):  # type: ignore[operator]
            return
    pytest.fail("the keyboard does not reach it")


def field(page: Page, number: str, text: str = "") -> None:
    focus_on(page, lambda _text, found: found == number)
    if text:
        page.keyboard.type(text)


def fits(page: Page) -> None:
    wide, room = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room, page.url


def direction_of(page: Page, words: str) -> str:
    """In which direction these words are read."""
    found: str = page.get_by_text(words, exact=True).evaluate("e => getComputedStyle(e).direction")
    return found


def test_karim_answers_in_arabic_by_keyboard_without_scripts_at_400_percent(
    sqlite_database: Database, tmp_path: object
) -> None:
    with RunningSite(sqlite_database, tmp_path) as site, chromium() as browser:  # type: ignore[arg-type]
        asking = Asking(site.town)
        bridge = asking.published()
        context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
        page = context.new_page()
        page.goto(f"{site.base}/consultations/{bridge}/answer")
        fits(page)
        press_on(page, "Start")
        assert "Page 1 of 2" in page.inner_text("main")
        fits(page)
        field(page, "q2")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")  # from the first of the answers to the second, which chooses it
        press_on(page, "Continue")
        assert "we ask one thing more" in page.inner_text("main")
        press_on(page, "Continue")
        assert "There is a problem" in page.inner_text("main")
        assert page.title().startswith("Error:")
        fits(page)
        press_on(page, "Write an answer", leads=False)
        assert page.evaluate("() => document.activeElement.id") == "q3"
        page.keyboard.type(DEAR)
        assert page.evaluate("() => getComputedStyle(document.activeElement).direction") == "rtl"
        press_on(page, "Continue")
        assert "Page 2 of 2" in page.inner_text("main")
        field(page, "q5")
        page.keyboard.press("Space")
        press_on(page, "Continue")
        field(page, "name", "كريم عبد الله")
        field(page, "email", "ana@example.org")
        field(page, "consent")
        page.keyboard.press("Space")
        field(page, "news")
        page.keyboard.press("Space")
        fits(page)
        press_on(page, "Continue")
        assert "Check your answers" in page.inner_text("main")
        fits(page)
        press_on(page, "Send my response")
        assert "open the letter we sent you" in page.inner_text("main")
        page.goto(site.base + site.town.deliver().link("ana@example.org", "Confirm"))
        fits(page)
        press_on(page, "Confirm and count my response")
        assert "Your response is counted" in page.inner_text("main")
        press_on(page, "Read the receipt")
        assert DEAR in page.inner_text("main")
        assert direction_of(page, DEAR) == "rtl"
        fits(page)
        assert asking.consultation(bridge).response_count == 1
        assert len(site.town.rows(Response)) == 1
