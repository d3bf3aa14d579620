"""The moderated life of a petition: refused, mended, published, corrected, taken down, restored, withdrawn.

Anna starts petitions, Maureen moderates, Ada administers; scenarios 12, 14, 15, 17 and 20.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.core.db import Database
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation import service as moderation
from app.moderation.model import Case, Decision, Revision
from app.moderation.rules.standards import STANDARDS
from tests.journeys.browsing import Eyes, chromium
from tests.people import ANNA, SAM, crowd
from tests.site import ADMINISTRATOR, MODERATOR, PASSWORD, RunningSite, path_in

LIBEL = "Stop Mr Gravel from stealing the gravel"


@pytest.fixture
def northmere(database: Database, tmp_path) -> Iterator[RunningSite]:
    with RunningSite(database, tmp_path, petitions_response_at=10, petitions_debate_at=50) as site:
        site.town.department("libraries")
        site.town.moderator()
        site.town.staff(ADMINISTRATOR, "administrator")
        yield site


def case_of(site: RunningSite, petition: int) -> int:
    """The newest one."""
    cases = site.town.rows(Case, Case.subject_kind == "petition", Case.subject_id == petition)
    return max(c.id for c in cases)


def decide(staff: httpx.Client, case: int, **fields: str) -> httpx.Response:
    revision = re.search(r'name="revision" value="(\d+)"', staff.get(f"/moderation/{case}").text)
    assert revision
    return staff.post(f"/moderation/{case}", data={"revision": revision[1], **fields})


def waiting_petition(site: RunningSite, **texts: str) -> int:
    petition = site.town.start(ANNA, **texts)
    site.town.support(petition)
    site.town.deliver()
    return petition


def everywhere(visitor: httpx.Client, petition: int) -> str:
    """What lists, search, data and the map of the site say of it."""
    paths = ("/", "/petitions?state=all", "/petitions?state=all&q=gravel", "/petitions.json?state=all", "/sitemap.xml")
    said = "".join(html.unescape(visitor.get(path).text) for path in paths)
    return said.replace(f"/petitions/{petition}</loc>", f"{LIBEL}")


def test_scenario_12_a_petition_whose_creator_never_confirmed_is_not_approved(northmere: RunningSite):
    petition = northmere.town.start()
    subject = SubjectRef("petition", petition)
    case = northmere.town.database.retrying(
        lambda db: moderation.open_case(db, subject, b"d" * 32, northmere.town.now).id
    )
    (revision,) = northmere.town.rows(Revision, Revision.case_id == case)
    before = len(northmere.town.rows(Letter))
    with northmere.signed_in(MODERATOR) as maureen:
        fields = {"revision": str(revision.id), "verdict": "publish", "department": "libraries"}
        answer = maureen.post(f"/moderation/{case}", data=fields)
    assert answer.status_code == 409
    assert "its creator has not confirmed it" in html.unescape(answer.text)
    assert (northmere.town.petition(petition).state, len(northmere.town.rows(Letter))) == ("pending", before)


def test_scenario_14_a_reason_that_hides_keeps_the_text_from_everyone_but_staff(northmere: RunningSite):
    petition = waiting_petition(northmere, action=LIBEL)
    case = case_of(northmere, petition)
    with northmere.signed_in(MODERATOR) as maureen, northmere.client() as visitor:
        assert decide(maureen, case, verdict="reject", reason="libellous").status_code == 303
        assert visitor.get(f"/petitions/{petition}").status_code == 404
        assert visitor.get(f"/petitions/{petition}.json").status_code == 404
        assert LIBEL not in everywhere(visitor, petition)
        assert LIBEL in maureen.get(f"/moderation/{case}").text
    words = northmere.town.deliver().last_to(ANNA).get_content()
    assert "its text is not shown to anyone" in words
    assert LIBEL not in words


def test_scenario_15_a_rejection_without_a_reason_changes_nothing(northmere: RunningSite):
    petition = waiting_petition(northmere)
    case = case_of(northmere, petition)
    with northmere.signed_in(MODERATOR) as maureen:
        answer = decide(maureen, case, verdict="reject", note="I would rather not.")
        assert answer.status_code == 422
        assert "Choose the rule that the text breaks." in answer.text
        assert "I would rather not." in answer.text
    assert northmere.town.petition(petition).state == "in_moderation"
    assert not northmere.town.rows(Decision)
    assert "Your petition was not accepted" not in northmere.town.deliver().subjects(ANNA)


def test_scenario_17_taken_down_as_libel_and_restored_by_an_administrator(northmere: RunningSite):
    town = northmere.town
    petition = waiting_petition(northmere, action=LIBEL)
    with northmere.signed_in(MODERATOR) as maureen, northmere.client() as visitor:
        decide(maureen, case_of(northmere, petition), verdict="publish", department="libraries")
        town.sign(petition, *crowd(5))
        assert LIBEL in everywhere(visitor, petition)
        path = f"/moderation/take-down/petition/{petition}"
        taken = maureen.post(path, data={"step": "do", "reason": "libellous", "note": "It accuses a person."})
        assert taken.status_code == 303
        assert visitor.get(f"/petitions/{petition}").status_code == 410
        assert visitor.get(f"/petitions/{petition}.json").status_code == 410
        assert LIBEL not in everywhere(visitor, petition)
        assert visitor.post(f"/petitions/{petition}/sign", data=SAM.form()).status_code in (404, 410)
        case = case_of(northmere, petition)
        refused = maureen.post(f"/admin/cases/{case}/restore", data={"restore_note": "Let me."})
        assert refused.status_code == 404
        assert town.petition(petition).state == "hidden"
    with northmere.signed_in(ADMINISTRATOR) as ada, northmere.client() as visitor:
        assert (
            ada.post(f"/admin/cases/{case}/restore", data={"restore_note": "A court found it true."}).status_code == 303
        )
        assert town.petition(petition).state == "in_moderation"
        queue = ada.get("/moderation").text
        assert f'href="/moderation/{case_of(northmere, petition)}"' in queue
        assert LIBEL not in everywhere(visitor, petition)
        opened_at = town.petition(petition).opened_at
        decide(ada, case_of(northmere, petition), verdict="publish", department="libraries")
        assert visitor.get(f"/petitions/{petition}").status_code == 200
        assert LIBEL in everywhere(visitor, petition)
    found = town.petition(petition)
    assert (found.state, found.opened_at, found.signature_count) == ("open", opened_at, 11)
    assert len(town.referrals(petition)) == 1
    assert town.deliver().subjects(ANNA)[-3:] == [
        "Your petition was taken down",
        "Your petition is looked at again",
        "Your petition is published",
    ]
    assert town.broken() == {}


def test_scenario_20_a_reason_in_use_is_retired_and_never_deleted(northmere: RunningSite):
    petition = waiting_petition(northmere)
    own = {"code": "off-topic", "title": "Off topic", "rule": "It is about something else.", "hides": "no"}
    with northmere.signed_in(ADMINISTRATOR) as ada:
        assert ada.post("/admin/reasons", data=own).status_code == 303
        decide(ada, case_of(northmere, petition), verdict="reject", reason="off-topic")
        refused = ada.post("/admin/reasons/off-topic", data={"act": "delete"})
        assert refused.status_code == 409
        assert "Retire it instead" in refused.text
        assert ada.post("/admin/reasons/off-topic", data={"act": "retire"}).status_code == 303
        other = waiting_petition(northmere)
        assert decide(ada, case_of(northmere, other), verdict="reject", reason="off-topic").status_code == 422
        assert "It is about something else." in ada.get(f"/moderation/{case_of(northmere, petition)}").text
    with northmere.client() as visitor:
        assert "It is about something else." in visitor.get(f"/petitions/{petition}").text
        standards = html.unescape(visitor.get("/standards").text)
    assert "It is about something else." not in standards
    assert all(str(rule.rule) in standards for rule in STANDARDS)


class Visit:
    """Somebody's browser without scripts, watched."""

    def __init__(self, page: Page, site: RunningSite, eyes: Eyes) -> None:
        self.page, self.site, self.eyes = eyes.watch(page), site, eyes
        self.page.set_default_timeout(15_000)

    def go(self, path: str) -> None:
        self.page.goto(self.site.base + path)
        self.eyes.look(self.page)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()
        self.eyes.look(self.page)

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()
        self.eyes.look(self.page)

    def sees(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)

    def sign_in(self, address: str) -> None:
        self.go("/sign-in")
        self.page.locator("[name=email]").fill(address)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.press("Sign in")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "scripts"),
    [("sqlite", True), ("postgres", False)],
    ids=["sqlite-scripts-on", "postgres-scripts-off"],
    indirect=["database"],  # neither changes what the other does
)
def test_a_petition_is_refused_mended_published_corrected_taken_down_and_restored(
    northmere: RunningSite, scripts: bool
):
    """By browser alone; axe looks at every page on the way."""
    town = northmere.town
    petition = waiting_petition(northmere)
    eyes = Eyes(northmere.base, axe=scripts and town.database.is_sqlite)
    with chromium() as browser:

        def visit() -> Visit:
            return Visit(browser.new_context(java_script_enabled=scripts).new_page(), northmere, eyes)

        anna, maureen, ada = visit(), visit(), visit()
        maureen.sign_in(MODERATOR)
        maureen.follow("Open the town library on Sundays")
        maureen.page.get_by_label("Reject it", exact=True).check()
        maureen.page.get_by_label("No clear action", exact=True).check()
        maureen.page.locator("[name=note]").fill("Say who should open it.")
        maureen.press("Decide")
        anna.go(path_in(town.deliver().last_to(ANNA)))
        anna.go(town.creator_link(petition))
        anna.sees("Say who should open it.")
        anna.press("Change the text")
        anna.press("Continue")
        expect(anna.page).to_have_title(re.compile("^Error: "))
        anna.page.locator("[name=action]").fill("Let the council open the town library on Sundays")
        anna.press("Continue")
        anna.press("Send it in")
        anna.sees("A moderator checks it")
        maureen.go("/moderation")
        maureen.follow("Let the council open the town library on Sundays")
        maureen.sees("What its author changed since it was last judged")
        maureen.sees("Say who should open it.")
        maureen.page.get_by_label("Publish it", exact=True).check()
        maureen.page.locator("[name=department]").select_option("libraries")
        maureen.press("Decide")
        maureen.follow("Find a petition")
        maureen.page.locator("[name=q]").last.fill(str(petition))
        maureen.press("Find")
        maureen.follow("Correct the text")
        maureen.page.locator("[name=background]").fill("Most people work on Saturdays.")
        maureen.page.locator("[name=note]").fill("Not everyone does.")
        maureen.press("See what changes")
        maureen.press("Publish the correction")
        maureen.sees("Corrected by a moderator")
        maureen.go("/moderation/petitions")
        maureen.follow("Take it down")
        maureen.page.get_by_label("Personal details", exact=True).check()
        maureen.press("Continue")
        maureen.press("Take it down")
        maureen.sees("Only an administrator can restore it")
        anna.go(town.creator_link(petition))
        anna.sees("A moderator took it down")
        ada.sign_in(ADMINISTRATOR)
        ada.go(f"/moderation/{case_of(northmere, petition)}")
        ada.page.locator("[name=restore_note]").fill("The address is the council's own.")
        ada.press("Restore it to the queue")
        ada.page.get_by_label("Publish it", exact=True).check()
        ada.page.locator("[name=department]").select_option("libraries")
        ada.press("Decide")
        ada.go("/admin/reasons")
        anna.go(town.creator_link(petition))
        anna.follow("Withdraw this petition")
        anna.sees("It cannot be brought back")
        anna.press("Withdraw the petition for good")
        anna.sees("You withdrew it")
    assert town.petition(petition).state == "withdrawn"
    assert eyes.foreign == set()
    assert eyes.faults == []
    assert town.broken() == {}
