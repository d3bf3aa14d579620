"""The public side as its readers meet it: each state a calm page, nothing that needs scripts, and something for paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from app.moderation.rules.standards import Verdict
from petitions.model.petition import Petition
from petitions.model.sorting import PetitionTopic, Topic
from petitions.service.telling import tell
from tests.journeys.browsing import Eyes, chromium
from tests.people import LAURA, SAM, crowd
from tests.site import RunningSite

ACTION = "Open the town library on Sundays"
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def change(site: RunningSite, petition: int, **values: object) -> None:
    with site.town.database.writing() as db:
        found = db.get_one(Petition, petition)
        for name, value in values.items():
            setattr(found, name, value)


def lively(site: RunningSite) -> int:
    """Answered, corrected, with a note, a topic, days put off and people from three countries."""
    town = site.town
    petition = town.open_petition()
    town.sign(petition, SAM, LAURA, *crowd(4, f"lively{petition}"))
    town.answer(petition)
    town.correct(petition, "It is four hours, not five.", background="People work on Saturdays until five.")
    with town.database.writing() as db:
        topic = Topic(slug=f"libraries-{petition}", name="Libraries")
        db.add(topic)
        db.flush()
        db.add(PetitionTopic(petition_id=petition, topic_id=topic.id))
        tell(db, petition, "extended", town.now, stop=1, days=2)
    change(site, petition, public_note="The council owns the building.", public_note_at=town.now, extended_days=2)
    return petition


@pytest.mark.browser
def test_laura_reads_everything_without_scripts_and_takes_a_poster_along(
    sqlite_site: RunningSite, browser_here: Browser
):
    site, petition = sqlite_site, lively(sqlite_site)
    context = browser_here.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    eyes = Eyes(site.base, axe=False)
    page = eyes.watch(context.new_page())
    page.goto(f"{site.base}/petitions/{petition}")
    main = page.locator("main")
    expect(main).to_contain_text("We will open on Sundays from May.")
    expect(main.get_by_role("progressbar")).to_have_count(2)
    expect(main).to_contain_text("10: answered in writing")
    expect(main).to_contain_text("At 20: considered for debate")
    expect(main).to_contain_text("The council owns the building.")
    expect(main).to_contain_text("Put off by 2 days, because signing was stopped.")
    expect(page.locator("#step-version-2")).to_contain_text("It is four hours, not five.")
    assert first_screen(page).index(ACTION) < first_screen(page).index("The answer")

    page.get_by_role("link", name="Libraries").click()
    expect(page.locator("h2#results")).to_contain_text("1 open petition")
    page.go_back()
    page.get_by_role("link", name="Wording corrected").click()
    expect(page.locator("main")).to_contain_text("It is four hours, not five.")
    page.go_back()
    page.get_by_text("QR code and poster").click()
    expect(page.get_by_role("img", name=re.compile("QR code that leads to")).first).to_be_visible()
    page.get_by_role("link", name="A poster to print and hang up").click()
    expect(page.get_by_role("heading", name=ACTION)).to_be_visible()
    page.get_by_role("link", name="Back to the petition").click()
    page.get_by_role("link", name="Report it").click()
    expect(page.locator("h1")).to_have_text("Report this petition")
    assert not eyes.foreign
    assert eyes.faults == []
    context.close()


def first_screen(page: Page) -> str:
    return page.locator("main").inner_text()


def states(site: RunningSite) -> dict[str, int]:
    """One petition in each state that somebody can come across."""
    town = site.town
    gathering, checked, rejected, taken_down = (town.start(action=f"{ACTION}, {n}") for n in range(4))
    for petition in (checked, rejected, taken_down):
        town.support(petition)
    town.decide(rejected, Verdict.REJECT, reason="no-action", note="Say who should open it.")
    town.decide(taken_down)
    town.take_down(taken_down)
    stopped = town.start(action=f"{ACTION}, stopped")
    change(site, stopped, state="stopped", stopped_at=town.now)
    closed, withdrawn = town.open_petition(), town.open_petition()
    change(site, closed, closes_at=town.now - timedelta(hours=1))
    town.withdraw_petition(withdrawn)
    return {
        "This petition is gathering support": gathering,
        "This petition is being checked": checked,
        "Why this petition was not opened": rejected,
        "This petition was taken down": taken_down,
        "This petition was stopped": stopped,
        "It did not reach the 10 that bring a written answer": closed,
        "withdrew it": withdrawn,
        "The answer": lively(site),
    }


@pytest.mark.browser
def test_each_state_is_a_page_of_its_own_that_everyone_can_use(sqlite_site: RunningSite, browser_here: Browser):
    site = sqlite_site
    context = browser_here.new_context(viewport=PHONE)  # type: ignore[arg-type]
    eyes = Eyes(site.base, axe=True)
    page = eyes.watch(context.new_page())
    for words, petition in states(site).items():
        eyes.seen.clear()  # they are one kind of address
        page.goto(f"{site.base}/petitions/{petition}")
        expect(page.locator("main")).to_contain_text(words)
        assert page.locator("h1").count() == 1, words
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], words
        eyes.look(page)
        signable = page.get_by_role("button", name="Sign this petition").count()
        assert signable == (words == "The answer"), words
    assert eyes.faults == [f for f in eyes.faults if "status of 410" in f], "the page of what was taken down says 410"
    assert not eyes.foreign
    context.close()


@pytest.mark.browser
def test_on_paper_there_is_the_petition_its_code_and_nothing_to_press(sqlite_site: RunningSite, browser_here: Browser):
    site, petition = sqlite_site, lively(sqlite_site)
    page = browser_here.new_page(viewport=DESK)  # type: ignore[arg-type]
    page.goto(f"{site.base}/petitions/{petition}")
    code = page.locator(".ts-paper svg")
    expect(code).to_be_hidden()
    page.emulate_media(media="print")
    expect(code).to_be_visible()
    expect(page.locator(".ts-chart__bars")).to_be_visible()
    for gone in ("nav", "footer", "summary", "button", "a[role=button]", "[id=copy-link]"):
        assert not [e for e in page.locator(gone).all() if e.is_visible()], gone
    page.goto(f"{site.base}/petitions/{petition}/poster")
    assert page.locator("h1, header, footer, nav").filter(visible=True).count() == 0
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4"))) == 1
    page.close()


@pytest.mark.browser
def test_a_petition_in_arabic_begins_at_the_right_and_its_full_stop_stands_at_the_left(
    sqlite_site: RunningSite, browser_here: Browser
):
    petition = sqlite_site.town.open_petition(background="يعمل الناس يوم السبت.\n\nPeople work on Saturdays.")
    page = browser_here.new_page(viewport=DESK)  # type: ignore[arg-type]
    page.goto(f"{sqlite_site.base}/petitions/{petition}")
    arabic, english = page.evaluate(EDGES)
    assert arabic["left"] > english["left"]
    assert arabic["stop"] == arabic["left"]
    assert english["stop"] > english["left"]
    page.close()


#: where each paragraph of the background begins at the left, and its last sign
EDGES = """() => [...document.querySelector(".ts-prose").querySelectorAll("p")].map((p) => {
  const range = document.createRange();
  range.selectNodeContents(p);
  const left = Math.round(range.getBoundingClientRect().left);
  const words = p.lastChild;
  range.setStart(words, words.length - 1);
  range.setEnd(words, words.length);
  return { left, stop: Math.round(range.getBoundingClientRect().left) };
})"""
