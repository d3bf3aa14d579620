"""The moderators' desk in real browsers: two people at once, many texts together, keys alone, and without scripts.

Maureen and Mia moderate; scenarios 42 and 44.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.core.db import Database
from app.mail.model import Letter
from app.moderation.model import Batch, Case, Decision, LogLine, Note, Revision
from tests.journeys.browsing import Eyes, chromium
from tests.people import ANNA, Person, crowd
from tests.site import MODERATOR, RunningSite

MIA = "mia@example.org"
MIAS_OWN = Person("Mia Moss", MIA)


@pytest.fixture
def northmere(database: Database, tmp_path) -> Iterator[RunningSite]:
    policy = {"petitions_response_at": 10, "petitions_debate_at": 50, "petitions_sponsors_needed": 1}
    with RunningSite(database, tmp_path, **policy) as site:
        site.town.department("parks")
        site.town.moderator()
        site.town.staff(MIA, "moderator")
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def waiting(site: RunningSite, action: str, person: Person = ANNA) -> int:
    """The case of a petition that waits, a minute after the one before it."""
    petition = site.town.start(person, action=action)
    site.town.support(petition)
    site.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    return site.town.rows(Case, Case.subject_kind == "petition", Case.subject_id == petition)[-1].id


def all_waiting(site: RunningSite, texts: Sequence[tuple[str, Person]]) -> list[int]:
    """Their cases; the same as one after another, signed and confirmed in one go."""
    town, (sponsor,) = site.town, crowd(1, "sponsor")
    petitions = []
    for action, author in texts:
        petitions.append(town.start(author, action=action))
        site.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    asked = [town.request_act(petition, sponsor, sponsor=True) for petition in petitions]
    town.perform(asked)
    town.confirm(*(act.id for act in asked))
    found = {case.subject_id: case.id for case in town.rows(Case, Case.subject_kind == "petition")}
    return [found[petition] for petition in petitions]


def tick_of(site: RunningSite, case: int) -> str:
    return f"{case}.{max(r.id for r in site.town.rows(Revision, Revision.case_id == case))}"


def at_desk(browser: Browser, site: RunningSite, address: str, **options: object) -> tuple[BrowserContext, Page]:
    """A signed-in moderator in a browser of their own."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    with site.signed_in(address) as client:
        given = [{"name": c.name, "value": c.value or "", "url": site.base} for c in client.cookies.jar]
    context.add_cookies(given)  # type: ignore[arg-type]
    return context, context.new_page()


def arrived(page: Page, address: str) -> None:
    """The page is there, and what its scripts bring along: before that, keys do nothing."""
    expect(page).to_have_url(re.compile(address))
    page.wait_for_load_state()


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.localName")


# two people at once


@pytest.mark.browser
def test_scenario_42_two_moderators_on_one_case(northmere: RunningSite, browser: Browser):
    case = waiting(northmere, "Open the town library on Sundays")
    eyes = Eyes(northmere.base, axe=False)
    _hers, maureen = at_desk(browser, northmere, MODERATOR)
    _his, mia = at_desk(browser, northmere, MIA)
    eyes.watch(maureen)
    maureen.goto(f"{northmere.base}/moderation/{case}")
    expect(maureen.locator("[data-live-claim]")).to_contain_text("You have this until")
    mia.goto(f"{northmere.base}/moderation/{case}")
    expect(mia.locator("[data-live-claim]")).to_contain_text("Maureen has this until")
    mia.get_by_label("Note to the author (optional)").fill("I had begun to write this.")
    maureen.get_by_label("Publish it").check()
    maureen.get_by_label("Department that will answer").select_option("parks")
    maureen.get_by_role("button", name="Decide").click()
    arrived(maureen, rf"/moderation\?done={case}$")
    told = mia.locator("[data-live-said]")
    expect(told).to_contain_text("Maureen decided this at")
    expect(told).to_contain_text("Published")
    assert focused(mia) == "note"
    mia.get_by_label("Reject it").check()
    mia.locator("input[name=reason][value=spam]").check()
    mia.get_by_role("button", name="Decide").click()
    expect(mia.get_by_role("heading", level=1)).to_have_text("Somebody has decided this already")
    expect(mia.locator("main")).to_contain_text("Maureen decided: Published")
    assert [(d.verdict, d.by_id) for d in northmere.town.rows(Decision)] == [("publish", northmere.town.moderator())]
    assert eyes.faults == []


@pytest.mark.browser
def test_what_others_do_shows_on_the_queue_and_the_focus_stays(northmere: RunningSite, browser: Browser):
    first, second = waiting(northmere, "Plant lime trees"), waiting(northmere, "Repair the bridge")
    _hers, maureen = at_desk(browser, northmere, MODERATOR)
    _his, mia = at_desk(browser, northmere, MIA)
    maureen.goto(f"{northmere.base}/moderation")
    maureen.keyboard.press("j")
    maureen.keyboard.press("j")
    assert focused(maureen) == f"of-{second}"
    mia.goto(f"{northmere.base}/moderation/{first}")
    expect(maureen.locator(f'[data-case="{first}"]')).to_contain_text("Mia has this until")
    waiting(northmere, "Let dogs swim in the pond")
    expect(maureen.locator("[data-live-said]")).to_contain_text("1 new since you opened this page")
    mia.goto(f"{northmere.base}/standards")
    expect(maureen.locator(f'[data-case="{first}"]')).not_to_contain_text("Mia has this until")
    assert focused(maureen) == f"of-{second}"
    assert maureen.locator("[data-row]").count() == 2
    maureen.get_by_role("link", name="Show it").click()
    expect(maureen.locator("[data-row]")).to_have_count(3)


@pytest.mark.browser
def test_a_text_that_changes_while_it_is_read_is_said_at_once(northmere: RunningSite, browser: Browser):
    case = waiting(northmere, "Open the town library on Sundays")
    _hers, maureen = at_desk(browser, northmere, MODERATOR)
    maureen.goto(f"{northmere.base}/moderation/{case}")
    expect(maureen.locator("[data-live-claim]")).to_contain_text("You have this until")
    with northmere.town.database.writing() as db:
        from app.core import freshness

        db.add(Revision(case_id=case, number=2, digest=b"\0" * 32, at=northmere.town.now))
        db.flush()
        freshness.touch(db, "moderation-desk")
    told = maureen.locator("[data-live-said]")
    expect(told).to_contain_text("Its author changed the text while you were reading")
    told.get_by_role("link", name="Read the new text").click()
    expect(maureen.locator("aside")).to_contain_text("revision 2")


# many together


def test_scenario_44_two_hundred_together(northmere: RunningSite):
    """Three were decided meanwhile and two are Mia's own: 195 are done, five are listed with why, all is undone again."""
    authors = [MIAS_OWN, MIAS_OWN.but(name="Mia Mossi"), *[ANNA] * 198]
    cases = all_waiting(northmere, [(f"Buy cheap watches, {n}", author) for n, author in enumerate(authors)])
    own, others = cases[:2], cases[2:]
    town = northmere.town
    with northmere.signed_in(MIA) as mia:
        page = mia.get("/moderation?size=200&tick=all").text
        ticks = re.findall(r'name="case" type="checkbox" value="([\d.]+)" [^>]*checked', page)
        assert len(ticks) == 200
        for case in others[:3]:
            town.decide(town.rows(Case, Case.id == case)[0].subject_id)
        fields = {"case": ticks, "verdict": "reject", "reason": "spam", "note": "Please stop."}
        answer = mia.post("/moderation/bulk?size=200", data=fields)
        assert answer.status_code == 303, answer.text
        done = html.unescape(mia.get(answer.headers["location"]).text)
        assert "195 texts are decided" in done
        assert "5 were left as they were" in done
        assert done.count("Somebody has decided this already") == 3
        assert done.count("This text is your own") == 2
        for case in (*own, *others[:3]):
            assert f'href="/moderation/{case}"' in done
        assert len(town.rows(Decision, Decision.batch_id.is_not(None))) == 195
        assert len(town.rows(LogLine, LogLine.verdict == "reject")) == 195
        waiting_letters = len(town.rows(Letter, Letter.batch.is_not(None)))
        (batch,) = town.rows(Batch)
        undone = mia.post(f"/moderation/bulk/{batch.id}/undo")
        assert undone.status_code == 200
        assert "195 decisions are undone" in html.unescape(undone.text)
        again = mia.post(f"/moderation/bulk/{batch.id}/undo")
        assert again.status_code == 409
    assert len(town.rows(Case, Case.state == "waiting")) == 197
    assert waiting_letters
    assert town.rows(Letter, Letter.batch.is_not(None), Letter.state == "waiting") == []
    assert town.broken() == {}


def test_after_ten_minutes_there_is_nothing_to_undo(northmere: RunningSite):
    case = waiting(northmere, "Buy cheap watches")
    with northmere.signed_in(MODERATOR) as maureen:
        fields = {"case": tick_of(northmere, case), "verdict": "reject", "reason": "spam"}
        there = maureen.post("/moderation/bulk", data=fields).headers["location"]
        assert "Undo all of it" in maureen.get(there).text
        assert "Undo (until" in maureen.get("/moderation").text
        northmere.clock.advance(timedelta(minutes=10))  # type: ignore[attr-defined]
        assert "Undo all of it" not in maureen.get(there).text
        assert "Undo (until" not in maureen.get("/moderation").text
        late = maureen.post(f"{there}/undo")
    assert late.status_code == 409
    assert "This can no longer be undone" in late.text


INCOMPLETE = (
    ({"verdict": "reject", "reason": "spam"}, "Tick the texts that you want to decide together."),
    ({"case": "", "verdict": "reject", "reason": "spam"}, "Tick the texts that you want to decide together."),
    ({"case": "CASE"}, "Choose what to do with them."),
    ({"case": "CASE", "verdict": "remove"}, "Choose what to do with them."),
    ({"case": "CASE", "verdict": "reject"}, "Choose the rule that the text breaks."),
    ({"case": "CASE", "verdict": "reject", "reason": "spam", "note": "n" * 4_001}, "Keep the note to 4,000"),
)


def test_a_bulk_decision_without_what_it_needs_changes_nothing(northmere: RunningSite):
    case = waiting(northmere, "Buy cheap watches")
    tick = tick_of(northmere, case)
    with northmere.signed_in(MODERATOR) as maureen:
        for fields, message in INCOMPLETE:
            given = {name: value.replace("CASE", tick) for name, value in fields.items()}
            page = maureen.post("/moderation/bulk", data=given)
            assert (page.status_code, page.text.count(message)) == (422, 2 if given.get("case") else 1), fields
            ticked = f'value="{tick}" aria-labelledby="of-{case}" checked' in page.text
            assert ticked == bool(given.get("case")), fields
            assert not northmere.town.rows(Decision)


# keys alone


@pytest.mark.browser
def test_the_whole_desk_by_keys(northmere: RunningSite, browser: Browser):
    first, second, third, fourth = (waiting(northmere, f"Plant lime trees, {n}") for n in range(4))
    eyes = Eyes(northmere.base, axe=True)
    _hers, page = at_desk(browser, northmere, MODERATOR)
    eyes.watch(page)
    keys = page.keyboard
    page.goto(f"{northmere.base}/moderation")
    eyes.look(page)
    keys.press("?")
    assert focused(page) == "summary"
    expect(page.locator("[data-keys]")).to_contain_text("tick the text")
    eyes.look(page)
    keys.press("?")
    keys.press("j")
    assert focused(page) == f"of-{first}"
    keys.press("ArrowDown")
    assert focused(page) == f"of-{second}"
    keys.press("k")
    assert focused(page) == f"of-{first}"
    keys.press("Enter")
    arrived(page, f"/moderation/{first}$")
    eyes.look(page)
    keys.press("n")
    keys.type("Say which trees, please; hurry")
    assert page.locator("input[name=verdict]:checked").count() == 0, "keys rest while somebody types"
    page.locator("#note").blur()
    keys.press("r")
    assert focused(page) == "reason"
    keys.press("3")
    assert page.locator("input[name=reason]:checked").get_attribute("value") == "no-action"
    keys.press("Enter")
    arrived(page, rf"/moderation/{second}\?done={first}$")
    expect(page.locator(".govuk-notification-banner")).to_contain_text("Rejected: Plant lime trees, 0")
    eyes.look(page)
    keys.press("s")
    arrived(page, f"/moderation/{third}$")
    keys.press("k")
    arrived(page, f"/moderation/{second}$")
    keys.press("p")
    assert page.locator("input[name=verdict]:checked").get_attribute("value") == "publish"
    page.locator("#department").select_option("parks")
    keys.press("Tab")
    page.get_by_role("button", name="Decide").focus()
    keys.press("Enter")
    arrived(page, rf"/moderation/{third}\?done={second}$")
    keys.press("h")
    keys.press("8")
    keys.press("Enter")
    arrived(page, rf"/moderation/{fourth}\?done={third}$")
    page.goto(f"{northmere.base}/moderation")
    keys.press("j")
    keys.press("x")
    assert page.locator("input[name=case]:checked").count() == 1
    expect(page.locator("[data-ticked]")).to_have_text("1 text is ticked.")
    keys.press("r")
    assert focused(page) == "reason"
    page.locator("#reason").select_option("spam")
    page.get_by_role("button", name="Decide for all that are ticked").focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 text is decided")
    eyes.look(page)
    keys.press("u")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 decision is undone")
    eyes.look(page)
    verdicts = {d.case_id: d.verdict for d in northmere.town.rows(Decision, Decision.undone_at.is_(None))}
    assert verdicts == {first: "reject", second: "publish", third: "hide"}
    assert northmere.town.rows(Decision, Decision.case_id == first)[0].note == "Say which trees, please; hurry"
    assert eyes.faults == []


@pytest.mark.browser
def test_keys_can_be_turned_off_and_stay_off(northmere: RunningSite, browser: Browser):
    case = waiting(northmere, "Plant lime trees")
    _hers, page = at_desk(browser, northmere, MODERATOR)
    page.goto(f"{northmere.base}/moderation")
    page.get_by_text("Keys", exact=True).click()
    page.get_by_role("button", name="Turn the keys off").click()
    page.goto(f"{northmere.base}/moderation/{case}")
    page.keyboard.press("p")
    assert page.locator("input[name=verdict]:checked").count() == 0
    page.get_by_text("Keys", exact=True).click()
    page.get_by_role("button", name="Turn the keys on").click()
    page.keyboard.press("p")
    assert page.locator("input[name=verdict]:checked").count() == 1


# without scripts


@pytest.mark.browser
def test_the_desk_works_without_scripts(northmere: RunningSite, browser: Browser):
    first, second, third = (waiting(northmere, f"Plant lime trees, {n}") for n in range(3))
    _hers, page = at_desk(browser, northmere, MODERATOR, java_script_enabled=False)
    page.goto(f"{northmere.base}/moderation")
    page.get_by_role("button", name="Open the next").click()
    arrived(page, f"/moderation/{first}$")
    page.get_by_role("button", name="Take it for five minutes").click()
    expect(page.locator("[data-live-claim]")).to_contain_text("You have this until")
    page.get_by_label("Reject it").check()
    page.locator("input[name=reason][value=no-action]").check()
    page.get_by_label("Note to the author (optional)").fill("Say who should do it.")
    page.get_by_role("button", name="Preview the letter").click()
    expect(page.locator(".ts-letter")).to_contain_text("Say who should do it.")
    assert not northmere.town.rows(Decision)
    page.get_by_role("button", name="Decide").click()
    arrived(page, rf"/moderation/{second}\?done={first}$")
    page.get_by_label("Add a remark").fill("Is this the same as the one of last year?")
    page.get_by_role("button", name="Add the remark").click()
    expect(page.locator(".ts-remark")).to_contain_text("Is this the same as the one of last year?")
    page.get_by_role("link", name="Skip to the next").click()
    arrived(page, f"/moderation/{third}$")
    page.goto(f"{northmere.base}/moderation?tick=all")
    page.get_by_label("Reject them").check()
    page.get_by_label("Which rule do they break?").select_option("spam")
    page.get_by_role("button", name="Decide for all that are ticked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 texts are decided")
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 decisions are undone")
    assert [n.words for n in northmere.town.rows(Note)] == ["Is this the same as the one of last year?"]
    assert {d.case_id for d in northmere.town.rows(Decision, Decision.undone_at.is_(None))} == {first}
