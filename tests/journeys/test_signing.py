"""Signing, as the acceptance scenarios tell it: who is counted, who gets a letter, and what a page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select

from app.core.db import Database
from petitions.model.operation import Block
from petitions.model.petition import CountryCount, Crossing
from petitions.model.signature import Signature
from petitions.service import ending
from petitions.service.drafting import Draft, start
from tests.journeys.browsing import Eyes, chromium
from tests.people import AMINA, ANNA, BOB, LAURA, PEDRO, SAM, SUZIE, Person, crowd
from tests.site import RunningSite, Town, fields_of, without_letters

CONFIRM, SIGNED = "Confirm your signature", "You have already signed this petition"


def alone(site: RunningSite) -> Iterator[RunningSite]:
    """The shared site without letters, and no block left behind."""
    without_letters(site.town)
    yield site
    site.town.sql("UPDATE petitions_block SET lifted_at = at WHERE lifted_at IS NULL")
    site.town.database.retrying(site.town.site.dependencies["blocklist"].forget)


@pytest.fixture
def site(site: RunningSite) -> Iterator[RunningSite]:
    yield from alone(site)


@pytest.fixture
def sqlite_site(sqlite_site: RunningSite) -> Iterator[RunningSite]:
    yield from alone(sqlite_site)


@pytest.fixture
def visitor(site: RunningSite) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def blocked(town: Town, kind: str, pattern: str) -> int:
    """An administrator has blocked this source."""

    def add(db) -> int:
        block = Block(kind=kind, pattern=pattern, reason="It floods us.", at=town.now)
        db.add(block)
        db.flush()
        town.site.dependencies["blocklist"].forget(db)
        return block.id

    return town.database.retrying(add)


def faults_of(town: Town, petition: int) -> list[str]:
    """What verify finds wrong with this petition; others of the shared site may be made up."""
    found = [fault for faults in town.broken().values() for fault in faults]
    return [fault for fault in found if re.search(rf"petition {petition}\b", fault)]


def sign(visitor: httpx.Client, petition: int, person: Person, **other: str) -> httpx.Response:
    return visitor.post(f"/petitions/{petition}/sign", data=person.form(**other))


def confirm(visitor: httpx.Client, link: str) -> httpx.Response:
    visitor.post(link)
    return visitor.get(link.replace("/confirm/", "/confirmed/"))


# 5, 7-10: supporters


def test_05_a_petition_from_a_blocked_network_is_held_without_a_letter(site: RunningSite):
    town = site.town
    blocked(town, "network", "203.0.113.0/24")
    draft = Draft(
        action="Open the library on Sundays",
        background="People work.",
        additional_details="",
        creator_name=ANNA.name,
        address=ANNA.address,
        country="GB",
        postcode=ANNA.postcode,
        notify=True,
        privacy="1",
        submission_id="a" * 32,
        client="203.0.113.9",
    )

    def act(db) -> int:
        blocks = town.site.dependencies["blocklist"].now(db)
        return start(db, town.keys, town.policy, draft, town.now, blocks).id

    petition = town.database.retrying(act)
    assert town.deliver().to(ANNA) == []
    assert town.petition(petition).state == "pending"
    assert [s.state for s in town.signatures(petition)] == ["held"]
    assert faults_of(town, petition) == []


def test_07_the_first_supporters_form_proves_annas_address_and_opening_the_link_does_not(
    site: RunningSite, visitor: httpx.Client
):
    town = site.town
    petition = town.start(ANNA)
    town.deliver()
    link = town.letters.link(ANNA)
    assert visitor.get(link).status_code == 200
    assert town.petition(petition).state == "pending"
    assert visitor.post(link, data=SAM.form()).status_code == 303
    assert town.petition(petition).state == "collecting"
    (anna,) = town.signatures(petition, ANNA)
    assert (anna.state, anna.number) == ("validated", 1)


def test_08_anna_hears_how_many_are_missing_and_once_that_it_was_sent(site: RunningSite, visitor: httpx.Client):
    town = site.town
    petition = town.start(ANNA)
    supporters = town.request(petition, *crowd(6, "sponsor"), sponsor=True)
    for supporter in supporters[:5]:
        confirm(visitor, town.confirm_link(supporter))
    confirm(visitor, town.confirm_link(supporters[4]))
    town.confirm(supporters[5])
    subjects = town.deliver().subjects(ANNA)
    countdown = [s.rpartition(": ")[2] for s in subjects if "to go" in s]
    assert countdown == ["4 to go", "3 to go", "2 to go", "1 to go"], subjects
    assert len([s for s in subjects if s == "Your petition was sent to moderation"]) == 1, subjects


def test_09_the_twenty_first_supporter_is_led_to_being_checked(site: RunningSite, visitor: httpx.Client):
    town = site.town
    petition = town.start(ANNA)
    town.support(petition, 20)
    answer = visitor.get(town.sponsor_link(petition))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/petitions/{petition}")
    assert "being checked" in visitor.get(f"/petitions/{petition}").text
    assert visitor.post(town.sponsor_link(petition), data=SAM.form()).headers["location"] == f"/petitions/{petition}"
    assert town.signatures(petition, SAM) == []


def test_10_a_link_forwarded_to_a_thousand_people_takes_twenty_and_misleads_nobody(sqlite_site: RunningSite):
    town = sqlite_site.town
    petition = town.start(ANNA)
    people = crowd(300, "forwarded")
    requests = town.request(petition, *people, sponsor=True)
    answers = town.confirm(*requests)
    assert town.count(petition) == 21
    refused = [a for a in answers if getattr(a, "code", "") == "sponsors-full"]
    assert len(refused) == 280
    assert faults_of(town, petition) == []


# 21: the address is corrected


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [False, True], ids=["scripts off", "scripts on"])
def test_21_sam_corrects_his_address_on_the_page_after_signing(
    sqlite_site: RunningSite, browser_here: Browser, scripts: bool
):
    site, town = sqlite_site, sqlite_site.town
    petition = town.open_petition()
    eyes = Eyes(site.base, axe=scripts)
    page = eyes.watch(browser_here.new_context(java_script_enabled=scripts, base_url=site.base).new_page())
    page.goto(f"/petitions/{petition}/sign")
    page.get_by_label("Full name").fill(SAM.name)
    page.get_by_label("Email address").fill(SAM.email)
    page.get_by_label("Postcode").fill(SAM.postcode)
    page.get_by_label("I am a citizen").check()
    page.get_by_role("button", name="Sign").click()
    page.get_by_label("Your email address").fill("sam2 at example")
    page.get_by_role("button", name="Send it to this address instead").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    eyes.look(page)
    page.get_by_label("Your email address").fill("sam2@example.org")
    page.get_by_role("button", name="Send it to this address instead").click()
    expect(page.get_by_role("status")).to_contain_text("Another letter is on its way")
    eyes.look(page)
    town.deliver()
    assert town.letters.subjects(SAM) == []
    before = town.count(petition)
    page.goto(town.letters.link("sam2@example.org", CONFIRM))
    page.locator("main").get_by_role("button").click()
    page.wait_for_url("**/signatures/confirmed/*")
    assert town.count(petition) == before + 1
    assert [s.state for s in town.signatures(petition, SAM)] == ["withdrawn"]
    assert eyes.faults == []


def test_21_the_letter_can_be_sent_again_and_a_stranger_can_correct_nothing(site: RunningSite, visitor: httpx.Client):
    petition = site.town.open_petition()
    sign(visitor, petition, SAM)
    again = visitor.post(f"/petitions/{petition}/sign/correct", data={"again": "yes"})
    assert (again.status_code, again.headers["location"]) == (303, f"/petitions/{petition}/sign/sent?again")
    assert site.town.deliver().subjects(SAM) == [CONFIRM] * 2
    with site.client() as stranger:
        answer = stranger.post(f"/petitions/{petition}/sign/correct", data={"email": "x@example.org"})
        assert answer.status_code == 409
        assert "We no longer know what you sent" in answer.text


@pytest.mark.parametrize("again", ["by its button", "by the form"])
def test_21_the_first_request_lapses_too_where_its_letter_was_sent_again_before(
    site: RunningSite, visitor: httpx.Client, again: str
):
    petition = site.town.open_petition()
    sign(visitor, petition, SAM)
    if again == "by the form":
        sign(visitor, petition, SAM)
    else:
        visitor.post(f"/petitions/{petition}/sign/correct", data={"again": "yes"})
    visitor.post(f"/petitions/{petition}/sign/correct", data={"email": "sam2@example.org"})
    assert [s.state for s in site.town.signatures(petition, SAM)] == ["withdrawn"]
    assert site.town.deliver().subjects("sam2@example.org") == [CONFIRM]


# 23-30: who is the same person


def test_23_a_second_person_of_the_household_signs_with_the_same_address(site: RunningSite, visitor: httpx.Client):
    town = site.town
    petition = town.open_petition()
    wong = SUZIE.but(email="suzie@example.org")
    town.sign(petition, wong)
    before = town.count(petition)
    sign(visitor, petition, SAM.but(email="suzie@example.org"))
    confirm(visitor, town.deliver().link("suzie@example.org", CONFIRM))
    assert town.count(petition) == before + 1


def test_25_dots_plus_parts_and_other_names_of_a_provider_are_one_person(site: RunningSite, visitor: httpx.Client):
    town = site.town
    petition = town.open_petition()
    town.sign(petition, BOB)
    before = town.count(petition)
    for spelling in ("BobJones@googlemail.com", "bob.jones+x@gmail.com"):
        sign(visitor, petition, BOB.but(email=spelling))
        assert town.deliver().subjects(BOB)[-1] == SIGNED
    assert town.count(petition) == before


def test_28_the_sixth_time_brings_no_sixth_letter(site: RunningSite, visitor: httpx.Client):
    petition = site.town.open_petition()
    for _ in range(6):
        assert sign(visitor, petition, SAM).status_code == 303
    assert site.town.deliver().subjects(SAM) == [CONFIRM] * 5


def test_30_pedro_signs_from_abroad_and_his_country_gains_one(site: RunningSite):
    town = site.town
    petition = town.open_petition()
    town.sign(petition, PEDRO)
    rows = {c.country: c.validated for c in town.rows(CountryCount, CountryCount.petition_id == petition)}
    assert rows["US"] == 1
    with site.client() as reader:
        attributes = reader.get(f"/petitions/{petition}.json").json()["data"]["attributes"]
    assert attributes["signatures_by_constituency"] == []


# 33: held


def test_33_somebody_of_a_blocked_domain_sees_the_usual_page_and_is_held(site: RunningSite, visitor: httpx.Client):
    town = site.town
    petition = town.open_petition()
    block = blocked(town, "domain", "spam.example")
    usual = sign(visitor, petition, SAM)
    before, spam = town.count(petition), AMINA.but(email="amina@spam.example")
    answer = sign(visitor, petition, spam)
    sign(visitor, petition, spam)
    assert (answer.status_code, answer.headers["location"], answer.content) == (
        usual.status_code,
        usual.headers["location"],
        usual.content,
    )
    assert town.deliver().to(spam) == []
    (held,) = town.signatures(petition, spam)
    assert (held.state, held.held_by, held.letters) == ("held", block, 0)
    (refused,) = town.confirm(held.id)
    assert refused.code == "signature-withdrawn"
    assert town.count(petition) == before
    assert faults_of(town, petition) == []


def test_33_whoever_signed_before_the_block_still_counts(site: RunningSite, visitor: httpx.Client):
    town = site.town
    petition = town.open_petition()
    town.sign(petition, LAURA)
    waiting = town.request(petition, SAM)
    blocked(town, "domain", "example.org")
    town.confirm(*waiting)
    sign(visitor, petition, LAURA)
    assert [s.state for s in town.signatures(petition, LAURA)] == ["validated"]
    assert town.deliver().subjects(LAURA).count(SIGNED) == 0
    assert faults_of(town, petition) == []


@pytest.mark.parametrize("name", ["=cmd", "http://x.y", "+44 020", "@anna"])
def test_35_a_name_that_a_spreadsheet_would_run_is_refused_beside_its_field(sqlite_site: RunningSite, name: str):
    petition = sqlite_site.town.open_petition()
    with sqlite_site.client() as visitor:
        answer = sign(visitor, petition, SAM, name=name)
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text


# 37: the threshold


def test_37_the_tenth_sets_it_once_an_invalidation_clears_it_and_an_answer_settles_it(site: RunningSite):
    town = site.town
    petition = town.open_petition()
    town.officer()
    *_rest, tenth = town.sign(petition, *crowd(4, "public"))
    first = town.petition(petition).response_reached_at
    assert first == town.now
    town.clock.advance(timedelta(hours=1))
    town.sign(petition, SAM)
    assert town.petition(petition).response_reached_at == first
    by = town.moderator()
    for signature in town.signatures(petition, SAM)[0].id, tenth:
        town.database.retrying(
            lambda db, s=signature: ending.invalidate(db, s, reason="duplicate", by=by, now=town.now)
        )
    assert town.petition(petition).response_reached_at is None
    with site.client() as reader:
        shown = reader.get(f"/petitions/{petition}").text
        assert f"/petitions/{petition}" not in reader.get("/petitions?state=awaiting_response").text
    assert "<strong>9</strong> signatures" in shown
    town.sign(petition, LAURA)
    assert town.petition(petition).response_reached_at == town.now
    town.database.retrying(lambda db: _answer(town, db, petition))
    town.database.retrying(
        lambda db: ending.invalidate(db, town.signatures(petition, LAURA)[0].id, reason="other", by=by, now=town.now)
    )
    assert town.petition(petition).response_reached_at is not None
    with town.database.reading() as db:
        assert (
            db.scalar(select(func.count()).where(Crossing.petition_id == petition, Crossing.threshold == "response"))
            == 2
        )
    assert faults_of(town, petition) == []


def _answer(town: Town, db, petition: int) -> None:
    """The department answers the referral that stands."""
    from app.outcomes import service as outcomes
    from app.outcomes.rules.answers import read_answer

    referral = town.referrals(petition)[-1]
    words = read_answer("will-do", "We will.", "In May.")
    town.site.locks["petition"](db, petition)
    department = referral.department_id or 0
    outcomes.answer(db, referral.id, department, words, after_version=0, by=town.officer(), now=town.now)


# too many at once


@pytest.fixture
def limited(sqlite_database: Database, tmp_path) -> Iterator[RunningSite]:
    policy = {"rate_limits": "on", "petitions_sign_a_minute": 3}
    with RunningSite(sqlite_database, tmp_path, **policy) as site:
        yield site


@pytest.mark.parametrize("door", ["sign", "sponsor"])
def test_past_the_limit_the_page_keeps_what_was_typed_and_says_when_to_come_back(limited: RunningSite, door: str):
    town = limited.town
    petition = town.open_petition() if door == "sign" else town.start()
    path = f"/petitions/{petition}/sign" if door == "sign" else town.sponsor_link(petition)
    with limited.client() as visitor:
        for person in crowd(3, "library"):
            assert visitor.post(path, data=person.form()).status_code == 303
        answer = visitor.post(path, data=LAURA.form())
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "Nothing was stored" in answer.text
    assert answer.text.split("<title>")[1].startswith("Error: ")
    assert fields_of(answer.text)["name"] == LAURA.name
    assert fields_of(answer.text)["email"] == LAURA.email
    assert fields_of(answer.text)["postcode"] == LAURA.postcode
    with town.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Signature).where(Signature.petition_id == petition)) < 12
    assert town.signatures(petition, LAURA) == []
