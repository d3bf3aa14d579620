"""Tom codes what he selects, and goes from answer to answer by keys, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from consultations.model import Coding
from tests.consultations.asking import NO, Asking
from tests.journeys.browsing import Eyes, chromium
from tests.site import PASSWORD, RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOME = "browsed"
FIRST = "👨‍👩‍👧 We cross every day. My mother is a nurse."
SECOND = "It is too dear."
#: as a person selects by dragging
SELECT = """([at, words]) => {
  const node = document.querySelectorAll("[data-text]")[at].firstChild;
  const start = node.data.indexOf(words);
  document.getSelection().setBaseAndExtent(node, start, node, start + words.length);
}"""


@pytest.fixture
def tom(sqlite_site: RunningSite) -> Iterator[Page]:
    asking = Asking(sqlite_site.town, HOME)
    with chromium() as browser:
        context = browser.new_context(base_url=sqlite_site.base)
        eyes = Eyes(sqlite_site.base, axe=False)
        page = eyes.watch(context.new_page())
        page.set_default_timeout(15_000)
        page.goto("/sign-in")
        page.fill("#email", f"tom.{HOME}@example.org")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.goto(f"/desk/consultations/{asked(asking)}/questions/3")
        yield page
        assert eyes.faults == []


def asked(asking: Asking) -> int:
    bridge = asking.published(opens=asking.town.now - timedelta(days=30))
    for said in (FIRST, SECOND):
        asking.responded(bridge, {2: {"options": [NO.id]}, 3: said})
    return bridge


def test_tom_codes_what_he_selects_and_goes_from_answer_to_answer_by_keys(tom: Page, sqlite_site: RunningSite) -> None:
    answers = tom.locator("[data-answer]")
    assert tom.locator("[data-reading-help]").is_visible()
    answers.nth(0).focus()
    tom.keyboard.press("j")
    assert tom.evaluate("document.activeElement.id") == answers.nth(1).get_attribute("id")
    tom.keyboard.press("k")
    tom.keyboard.press("c")
    assert tom.evaluate("document.activeElement.name") == "new"
    tom.evaluate(SELECT, [0, "every day"])
    expect(answers.nth(0).get_by_role("status")).to_have_text("Selected: every day")
    tom.evaluate(SELECT, [0, "a nurse"])
    answers.nth(0).locator("[name=new]").fill("Carers")
    answers.nth(0).get_by_role("button", name="Code", exact=True).click()
    tom.wait_for_url("**#answer-*")
    here = int(tom.url.split("/consultations/")[1].partition("/")[0])
    (row,) = sqlite_site.town.rows(Coding, Coding.consultation_id == here)
    assert FIRST[row.start : row.end] == "a nurse"
    assert tom.locator("mark").inner_text() == "a nurse"
    # three clicks take a paragraph and the place behind it; one click takes that back
    paragraph, status = answers.nth(1).locator("[data-text]"), answers.nth(1).get_by_role("status")
    paragraph.click(click_count=3)
    expect(status).to_have_text(f"Selected: {SECOND}")
    answers.nth(1).locator("select").select_option(label="Carers")
    expect(status).to_have_text(f"Selected: {SECOND}")
    paragraph.click()
    expect(status).to_have_text("")
