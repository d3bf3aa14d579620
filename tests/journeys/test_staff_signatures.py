"""What staff do with signatures: blocked sources, what they hold, a search by address, figures. Scenarios 5 and 33."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from app.audit.model import AuditEntry
from app.core.db import Database
from petitions.model.operation import Block
from petitions.model.signature import Signature
from petitions.service import holding
from tests.fakes import FixedClock
from tests.journeys.browsing import Eyes, chromium
from tests.people import ANNA, LAURA, SAM, Person, crowd
from tests.site import ADMINISTRATOR, MODERATOR, PASSWORD, RunningSite

ACTION = "Open the town library on Sundays"
DRAFT = {
    "may": "yes",
    "action": ACTION,
    "background": "People work on Saturdays.",
    "additional_details": "",
    "submission": "a-page-of-its-own-0123456789",
}
BLOCK = {"kind": "domain", "source": "spam.example", "reason": "Thousands of the same form in one night"}
PURPOSE = "He wrote that no letter came"
SPAMMER = SAM.but(email="sam@spam.example")


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """A site with Maureen, a moderator, and Ada, an administrator; an answer is due at 10 signatures."""
    policy = {"petitions_response_at": 10, "petitions_debate_at": 50}
    with RunningSite(database, tmp_path, clock=FixedClock(), page_cache="off", **policy) as site:
        site.town.department("parks")
        site.town.moderator()
        site.town.staff(ADMINISTRATOR, "administrator")
        yield site


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def words(page: httpx.Response) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def faults(page: httpx.Response) -> list[str]:
    return re.findall(r'<li><a href="#([\w-]+)">', page.text)


def fields(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the form that is sent there."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)
    assert form, f"no form to {action}"
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
    return {name: html.unescape(value) for name, value in found}


def only(site: RunningSite, person: Person, petition: int) -> Signature:
    (signature,) = site.town.signatures(petition, person)
    return signature


def audit(site: RunningSite) -> str:
    return " ".join(f"{e.act} {e.facts}" for e in site.town.rows(AuditEntry))


def start(site: RunningSite, person: Person, network: str) -> httpx.Response:
    """The last step of a new petition, sent from this network."""
    person_fields = person.form(creator_name=person.name)
    with site.client() as client:
        sent = DRAFT | person_fields | {"step": "check", "go": "next"}
        return client.post("/petitions/new", data=sent, headers={"X-Forwarded-For": network})


def test_5_annas_petition_from_a_blocked_network_is_held_and_released(northmere: RunningSite):
    town = northmere.town
    with northmere.signed_in(ADMINISTRATOR) as ada:
        given = {"kind": "network", "source": "203.0.113.0/24", "reason": "A flood of petitions from there"}
        assert ada.post("/admin/blocks", data=given).headers["location"] == "/admin/blocks?done=blocked"
    held, usual = start(northmere, ANNA, "203.0.113.77"), start(northmere, LAURA, "198.51.100.1")
    assert (held.status_code, held.headers["location"]) == (usual.status_code, usual.headers["location"])
    assert held.status_code == 303
    (signature,) = town.rows(Signature, Signature.state == "held")
    petition = signature.petition_id
    assert (signature.kind, town.petition(petition).state) == ("creator", "pending")
    assert town.deliver().to(ANNA) == []
    with northmere.signed_in(MODERATOR) as maureen:
        assert "Held now: 1." in words(maureen.get("/moderation"))
        assert "203.0.113.0/24" in words(maureen.get("/moderation/held"))
        source = maureen.get(f"/moderation/held/{signature.held_by}")
        assert ACTION in words(source)
        assert "New petition" in words(source)
        assert "People work on Saturdays." in words(source)
        assert ANNA.name not in source.text
        path = f"/moderation/held/signatures/{signature.id}/release"
        answer = maureen.post(path, data=fields(source, path))
        shown = maureen.get(answer.headers["location"])
        assert "Released. Its letter is on the way." in words(shown)
        assert "This block holds nothing." in words(shown)
        assert maureen.post(path).status_code == 409
    assert town.deliver().subjects(ANNA) == ["Share your petition with supporters"]
    assert town.signature(signature.id).state == "pending"
    assert town.broken() == {}


def test_33_a_signer_from_a_blocked_domain_sees_the_usual_page_and_counts_once_released(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    with northmere.signed_in(ADMINISTRATOR) as ada:
        ada.post("/admin/blocks", data=BLOCK)
        listed = words(ada.get("/admin/blocks"))
        assert "spam.example" in listed
        assert "Thousands of the same form in one night" in listed
        assert "by Ada" in listed
    town.deliver()
    with northmere.client() as sam:
        path = f"/petitions/{petition}/sign"
        blocked, usual = sam.post(path, data=SPAMMER.form()), sam.post(path, data=LAURA.form())
        assert (blocked.status_code, blocked.headers["location"]) == (303, usual.headers["location"])
        assert blocked.content == usual.content
    signature = only(northmere, SPAMMER, petition)
    assert (signature.state, town.count(petition)) == ("held", 6)
    assert town.deliver().to(SPAMMER) == []
    with northmere.signed_in(ADMINISTRATOR) as ada:
        assert "1 signature is held" in words(ada.get("/admin/blocks"))
    with northmere.signed_in(MODERATOR) as maureen:
        path = f"/moderation/held/signatures/{signature.id}/release"
        seen = maureen.get(f"/moderation/signatures/{signature.id}")
        assert "Held" in words(seen)
        assert SPAMMER.name not in seen.text
        assert maureen.post(path).status_code == 303
    link = town.deliver().link(SPAMMER, "Confirm your signature")
    with northmere.client() as sam:
        assert sam.post(link).status_code == 303
    assert (only(northmere, SPAMMER, petition).number, town.count(petition)) == (7, 7)
    said = audit(northmere)
    assert "petitions.release" in said
    assert not [word for word in ("spam.example", SPAMMER.name, "@") if word in said]
    assert town.broken() == {}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"kind": ""}, ["kind"]),
        ({"source": ""}, ["source"]),
        ({"source": "example"}, ["source"]),
        ({"kind": "network", "source": "203.0.0.0/8"}, ["source"]),
        ({"kind": "address", "source": "not an address"}, ["source"]),
        ({"reason": "short"}, ["reason"]),
        ({"reason": "sam@spam.example did it"}, ["reason"]),
        ({"kind": "", "source": "", "reason": ""}, ["kind", "reason"]),
    ],
)
def test_a_block_that_makes_no_sense_is_refused_and_nothing_typed_is_lost(site: RunningSite, given, wrong):
    site.town.staff(ADMINISTRATOR, "administrator")
    before = len(site.town.rows(Block))
    with site.signed_in(ADMINISTRATOR) as ada:
        page = ada.post("/admin/blocks", data=BLOCK | given)
    assert (page.status_code, faults(page)) == (422, wrong)
    for value in (BLOCK | given).values():
        assert html.escape(value) in page.text
    assert len(site.town.rows(Block)) == before


def test_ada_lifts_a_block_and_blocks_the_source_again(northmere: RunningSite):
    with northmere.signed_in(ADMINISTRATOR) as ada:
        assert "Nothing is blocked." in words(ada.get("/admin/blocks"))
        ada.post("/admin/blocks", data=BLOCK | {"kind": "address", "source": SAM.email})
        assert ada.post("/admin/blocks", data=BLOCK | {"kind": "address", "source": SAM.email}).status_code == 409
        (block,) = northmere.town.rows(Block)
        page = ada.get("/admin/blocks")
        assert "s…@example.org" in words(page)
        assert SAM.email not in page.text
        answer = ada.post(f"/admin/blocks/{block.id}/lift")
        assert "stays held until a moderator releases it" in words(ada.get(answer.headers["location"]))
        assert f"/admin/blocks/{block.id}/again" in ada.get("/admin/blocks").text
        ada.post(f"/admin/blocks/{block.id}/again")
        assert f"/admin/blocks/{block.id}/lift" in ada.get("/admin/blocks").text
        assert ada.post("/admin/blocks/4242/lift").status_code == 404


def test_a_whole_source_is_released_by_a_button_that_is_pressed_again(northmere: RunningSite, monkeypatch):
    monkeypatch.setattr(holding, "A_STEP", 3)
    petition = northmere.town.open_petition()
    with northmere.signed_in(ADMINISTRATOR) as ada:
        ada.post("/admin/blocks", data=BLOCK)
        people = [p.but(email=p.email.replace("example.org", "spam.example")) for p in crowd(8, "reader")]
        ids = northmere.town.request(petition, *people)
        (block,) = northmere.town.rows(Block)
        path = f"/moderation/held/{block.id}/release"
        page, said = ada.post(path), []
        while "/step?" in page.headers["location"]:
            step = ada.get(page.headers["location"])
            said.append(re.findall(r"\d+ of \d+ released", words(step))[0])
            page = ada.post(path, data=fields(step, path))
        assert said == ["3 of 8 released", "6 of 8 released"]
        assert "8 signatures are released." in words(ada.get(page.headers["location"]))
    assert {northmere.town.signature(i).state for i in ids} == {"pending"}
    assert northmere.town.broken() == {}


def test_a_whole_source_is_discarded_after_a_page_that_says_what_happens(northmere: RunningSite, monkeypatch):
    monkeypatch.setattr(holding, "A_STEP", 3)
    petition = northmere.town.open_petition()
    with northmere.signed_in(ADMINISTRATOR) as ada:
        ada.post("/admin/blocks", data=BLOCK)
        people = [p.but(email=p.email.replace("example.org", "spam.example")) for p in crowd(5, "reader")]
        ids = northmere.town.request(petition, *people)
        (block,) = northmere.town.rows(Block)
        path = f"/moderation/held/{block.id}/discard"
        asked = words(ada.get(path))
        assert "5 signatures end; no letters leave" in asked
        assert "This cannot be undone" in asked
        assert faults(ada.post(path)) == ["reason"]
        assert faults(ada.post(path, data={"reason": "other"})) == ["note"]
        assert {northmere.town.signature(i).state for i in ids} == {"held"}
        step = ada.get(ada.post(path, data={"reason": "other", "note": "A rehearsal of our own"}).headers["location"])
        assert "3 of 5 discarded" in words(step)
        done = ada.post(path, data=fields(step, path))
        assert "5 signatures are discarded." in words(ada.get(done.headers["location"]))
    assert {(s.state, s.end_reason) for s in map(northmere.town.signature, ids)} == {("invalidated", "other")}
    assert northmere.town.count(petition) == 6
    assert northmere.town.broken() == {}


def test_maureen_finds_sams_signature_and_sends_his_letter_again(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.request(petition, SAM)
    with northmere.signed_in(MODERATOR) as maureen:
        form = {"email": "SAM+old@example.org", "petition": "", "purpose": PURPOSE}
        page = maureen.post("/moderation/signatures", data=form)
        assert page.headers["cache-control"] == "no-store"
        assert "1 signature found" in words(page)
        assert SAM.name in words(page)
        assert SAM.email not in page.text
        signature = only(northmere, SAM, petition)
        one = f"/moderation/signatures/{signature.id}"
        assert f'href="{one}"' in page.text
        assert SAM.name not in maureen.get(one).text
        answer = maureen.post(f"{one}/letter")
        shown = words(maureen.get(answer.headers["location"]))
        assert "The letter is on its way." in shown
        assert "Sent its letter again Maureen" in shown
    assert town.deliver().subjects(SAM) == ["Confirm your signature"] * 2
    said = audit(northmere)
    assert PURPOSE in said
    assert not [word for word in (SAM.name, "sam", "@") if word in said]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"email": ""}, ["email"]),
        ({"purpose": ""}, ["purpose"]),
        ({"purpose": "too short"}, ["purpose"]),
        ({"purpose": "x" * 201}, ["purpose"]),
        ({"purpose": "laura@example.org asked"}, ["purpose"]),
        ({"petition": "999999999"}, ["petition"]),
        ({"petition": "the library"}, ["petition"]),
        ({"petition": "99999999999999999999"}, ["petition"]),
        ({"email": "sam", "petition": "-1", "purpose": ""}, ["email", "petition", "purpose"]),
    ],
)
def test_a_search_without_a_purpose_or_an_address_is_refused_and_not_made(site: RunningSite, given, wrong):
    site.town.moderator()
    form = {"email": SAM.email, "petition": "", "purpose": PURPOSE} | given
    searches = len(site.town.rows(AuditEntry, AuditEntry.act == "petitions.search-signatures"))
    with site.signed_in(MODERATOR) as maureen:
        page = maureen.post("/moderation/signatures", data=form)
    assert (page.status_code, faults(page)) == (422, wrong)
    for value in form.values():
        assert html.escape(value) in page.text
    assert len(site.town.rows(AuditEntry, AuditEntry.act == "petitions.search-signatures")) == searches


def test_ending_a_signature_says_first_what_it_does_to_the_count_and_the_threshold(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    (signature, *_others) = town.sign(petition, *crowd(4, "signer"))
    town.work()
    assert town.petition(petition).response_reached_at is not None
    path = f"/moderation/signatures/{signature}/end"
    with northmere.signed_in(MODERATOR) as maureen:
        asked = words(maureen.get(path))
        assert "the public count falls from 10 to 9" in asked
        assert "it no longer waits for an answer" in asked
        assert faults(maureen.post(path, data={"reason": "other", "note": ""})) == ["note"]
        assert town.count(petition) == 10
        answer = maureen.post(path, data={"reason": "automated", "note": "Forty in one second"})
        shown = words(maureen.get(answer.headers["location"]))
        assert "The signature has ended." in shown
        assert "Ended it: A program signed, not a person: Forty in one second" in shown
        assert maureen.post(path, data={"reason": "automated"}).status_code == 409
        assert maureen.get(path).status_code == 409
    assert (town.count(petition), town.petition(petition).response_reached_at) == (9, None)
    assert town.broken() == {}


def test_a_creators_signature_is_not_ended_here(northmere: RunningSite):
    petition = northmere.town.open_petition()
    creator = northmere.town.petition(petition).creator_signature_id
    with northmere.signed_in(MODERATOR) as maureen:
        assert "/end" not in maureen.get(f"/moderation/signatures/{creator}").text
        assert maureen.get(f"/moderation/signatures/{creator}/end").status_code == 409
        assert maureen.post(f"/moderation/signatures/{creator}/end", data={"reason": "duplicate"}).status_code == 409
    assert northmere.town.count(petition) == 6


def test_news_stopped_by_mistake_is_given_back(northmere: RunningSite):
    petition = northmere.town.open_petition()
    (signature,) = northmere.town.sign(petition, SAM)
    one = f"/moderation/signatures/{signature}"
    with northmere.signed_in(MODERATOR) as maureen:
        maureen.post(f"{one}/news", data={"act": "stop"})
        assert "Undo: give its news back" in words(maureen.get(one))
        assert northmere.town.signature(signature).notify is False
        maureen.post(f"{one}/news", data={"act": "give-back"})
        assert "Stop its news" in words(maureen.get(one))
    assert northmere.town.signature(signature).notify is True


def test_the_statistics_of_a_petition_are_sums_without_names(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.sign(petition, *crowd(3, "signer"))
    town.request(petition, LAURA)
    with northmere.signed_in(MODERATOR) as maureen:
        page = maureen.get(f"/moderation/petitions/{petition}/statistics")
        said = words(page)
        assert "Counted 9" in said
        assert "Not confirmed yet 1" in said
        assert "Confirmed, of all on record 90.0 %" in said
        assert "<svg" in page.text
        assert not [p.name for p in (ANNA, LAURA, *crowd(3, "signer")) if p.name in page.text]
        started = maureen.get(f"/moderation/petitions/{town.start(SAM)}/statistics")
        assert "Nobody confirmed a signature in the last 48 hours." in words(started)
        assert maureen.get("/moderation/petitions/424242/statistics").status_code == 404


def test_to_everyone_else_these_pages_do_not_exist(northmere: RunningSite):
    petition = northmere.town.open_petition()
    (signature,) = northmere.town.sign(petition, SAM)
    for_moderators = [
        "/moderation/held",
        "/moderation/held/1",
        "/moderation/held/1/discard",
        "/moderation/signatures",
        f"/moderation/signatures/{signature}",
        f"/moderation/signatures/{signature}/end",
        f"/moderation/petitions/{petition}/statistics",
    ]
    northmere.town.officer()
    with northmere.client() as visitor, northmere.signed_in("imran@example.org") as imran:
        for path in (*for_moderators, "/admin/blocks"):
            assert [visitor.get(path).status_code, imran.get(path).status_code] == [404, 404], path
    with northmere.signed_in(MODERATOR) as maureen:
        assert maureen.get("/admin/blocks").status_code == 404
        assert maureen.post("/admin/blocks", data=BLOCK).status_code == 404
    assert northmere.town.rows(Block) == []


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "scripts"),
    [("sqlite", True), ("postgres", False)],
    ids=["sqlite-scripts-on", "postgres-scripts-off"],
    indirect=["database"],  # neither changes what the other does
)
def test_blocking_holding_and_searching_with_a_browser_alone(
    northmere: RunningSite, browser_here: Browser, scripts: bool
):
    town = northmere.town
    petition = town.open_petition()
    eyes = Eyes(northmere.base, axe=scripts and town.database.is_sqlite)
    page = eyes.watch(browser_here.new_context(java_script_enabled=scripts).new_page())
    page.set_default_timeout(15_000)

    def go(path: str) -> None:
        page.goto(northmere.base + path)
        eyes.look(page)

    def press(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_load_state()
        eyes.look(page)

    go("/sign-in")
    page.locator("[name=email]:visible").fill(ADMINISTRATOR)
    page.locator("[name=password]:visible").fill(PASSWORD)
    press("Sign in")
    page.get_by_role("link", name="Blocked sources").click()
    eyes.look(page)
    press("Block this source")
    expect(page.get_by_role("alert").first).to_contain_text("There is a problem")
    page.get_by_label("A domain of email addresses").check()
    page.locator("[name=source]").fill("spam.example")
    page.locator("[name=reason]").fill(BLOCK["reason"])
    press("Block this source")
    held = town.request(petition, SPAMMER, *[p.but(email=f"{i}@spam.example") for i, p in enumerate(crowd(3))])
    go("/moderation/held")
    page.get_by_role("link", name="spam.example").click()
    eyes.look(page)
    page.get_by_role("link", name=re.compile("^Discard")).first.click()
    eyes.look(page)
    page.get_by_label("A program signed, not a person").check()
    press("Discard it")
    assert town.signature(held[0]).state == "invalidated"
    go("/moderation/held")
    page.get_by_role("link", name="spam.example").click()
    press("Release all 3")
    expect(page.locator("main")).to_contain_text("3 signatures are released")
    go("/moderation/signatures")
    page.locator("[name=email]:visible").fill(SPAMMER.email)
    page.locator("[name=purpose]").fill(PURPOSE)
    page.locator("main").get_by_role("button", name="Search", exact=True).click()
    page.wait_for_load_state()
    eyes.look(page)
    expect(page.locator("main")).to_contain_text("1 signature found")
    page.get_by_role("link", name=ACTION).click()
    eyes.look(page)
    expect(page.locator("main")).to_contain_text("A program signed, not a person")
    go(f"/moderation/petitions/{petition}/statistics")
    expect(page.locator("main")).to_contain_text("Signatures by state")
    assert (eyes.faults, eyes.foreign) == ([], set())
