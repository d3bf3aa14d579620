"""The acceptance scenarios that no other journey tells from end to end, and others of their kind: through
HTTP alone, on both databases, with what is stored looked at afterwards."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from sqlalchemy import func, select

from app.audit.model import AuditEntry
from app.core.db import Database
from app.core.security import limits
from app.mail.model import Letter
from app.moderation.model import Case
from petitions.model.petition import CountryCount, Crossing, Petition
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.rules.texts import text_digest
from petitions.service import erasing
from tests.fakes import FixedClock
from tests.people import AMINA, ANNA, CHARLIE, LAURA, PEDRO, SAM, SUZIE, Person, crowd
from tests.site import ADMINISTRATOR, MODERATOR, OFFICER, TEXTS, RunningSite

CONFIRM, SIGNED = "Confirm your signature", "You have already signed this petition"
SECRET_LINK, SENT_ON = "Share your petition with supporters", "Your petition was sent to moderation"
MORNING = datetime(2026, 7, 31, 9, tzinfo=UTC)
CLOSING = datetime(2027, 2, 1, tzinfo=UTC)  # the end of 31 January, in London
SIX_MONTHS_LATER = datetime(2027, 8, 2, tzinfo=UTC)
PURPOSE = "She asked what we still know of her"


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """On the morning of 31 July, with Maureen, Ada and Imran at their desks; an answer is due at 10."""
    policy = {"petitions_response_at": 10, "petitions_debate_at": 20, "page_cache": "off"}
    with RunningSite(database, tmp_path, clock=FixedClock(MORNING), **policy) as site:
        site.town.moderator()
        site.town.staff(ADMINISTRATOR, "administrator")
        site.town.officer()
        yield site


def words(page: httpx.Response) -> str:
    """What a page says, without its markup."""
    inline = re.sub(r"</?(?:time|strong|span|a)\b[^>]*>", "", page.text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", inline)).split())


def beside(page: httpx.Response, field: str) -> str:
    """The message that stands next to a field, and is tied to it."""
    found = re.search(rf'<p id="{field}-error" class="govuk-error-message">(.*?)</p>', page.text, re.S)
    assert found, f"nothing beside {field}"
    assert re.search(rf'id="{field}"[^>]*aria-describedby="[^"]*{field}-error', page.text), f"{field} is not tied to it"
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found[1])).split())


def kept(page: httpx.Response) -> dict[str, str]:
    """What the fields of a page hold, by name."""
    found = re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>', page.text, re.S)
    found += re.findall(r'<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


def draft(person: Person = ANNA, **fields: str) -> dict[str, str]:
    """Every answer of the creation steps."""
    asked = {"creator_name": person.name, "email": person.email, "country": person.country, "postcode": person.postcode}
    boxes = {"notify": "true", "eligible": "true", "privacy": "1"}
    return {"may": "yes"} | TEXTS | asked | boxes | {"submission": f"of-{person.email}-0123456789"} | fields


def send(client: httpx.Client, step: str, **fields: str) -> httpx.Response:
    return client.post("/petitions/new", data={"step": step, "go": "next"} | fields)


def sign(site: RunningSite, petition: int, person: Person, **fields: str) -> httpx.Response:
    with site.client() as visitor:
        return visitor.post(f"/petitions/{petition}/sign", data=person.form(**fields))


def confirm(site: RunningSite, person: Person | str) -> httpx.Response:
    """The person opens their newest letter and presses its button; the page that follows, or the refusal."""
    link = site.town.deliver().link(person, CONFIRM)
    with site.client() as visitor:
        answer = visitor.post(link)
        return visitor.get(answer.headers["location"]) if answer.status_code == 303 else answer


def read(site: RunningSite, path: str) -> httpx.Response:
    with site.client() as visitor:
        return visitor.get(path)


def data(site: RunningSite, petition: int) -> dict[str, object]:
    return dict(read(site, f"/petitions/{petition}.json").json()["data"]["attributes"])


def judge(site: RunningSite, petition: int, **fields: str) -> httpx.Response:
    """Maureen decides what waits."""
    case = max(c.id for c in site.town.rows(Case, Case.subject_id == petition))
    with site.signed_in(MODERATOR) as maureen:
        page = maureen.get(f"/moderation/{case}")
        revision = re.search(r'name="revision" value="(\d+)"', page.text)
        assert revision
        return maureen.post(f"/moderation/{case}", data={"revision": revision[1]} | fields)


def waiting(site: RunningSite, person: Person = ANNA, **texts: str) -> int:
    petition = site.town.start(person, **texts)
    site.town.support(petition)
    return petition


def end(site: RunningSite, signature: int) -> None:
    """Maureen ends a signature that was no person's."""
    with site.signed_in(MODERATOR) as maureen:
        fields = {"reason": "other", "note": "Given up in a rehearsal"}
        assert maureen.post(f"/moderation/signatures/{signature}/end", data=fields).status_code == 303


# 1-6: creation


def test_01_anna_who_may_not_start_one_is_told_why_and_nothing_is_stored_or_sent(northmere: RunningSite):
    with northmere.client() as anna:
        page = send(anna, "eligibility", may="no")
    assert page.status_code == 200
    assert "cannot start a petition" in words(page)
    assert 'name="step"' not in page.text
    assert (northmere.town.rows(Petition), northmere.town.rows(Letter)) == ([], [])


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("a" * 81, "80 characters or fewer"),
        ("", "Say in a few words"),
        ("=SUM(A1)", "Begin with a letter or a number"),
    ],
)
def test_02_a_title_that_is_none_is_refused_beside_its_field(site: RunningSite, title: str, said: str):
    before = len(site.town.rows(Petition))
    for step in ("action", "check"):
        with site.client() as anna:
            page = send(anna, step, **draft(action=title))
        assert (page.status_code, page.text.count("<title>Error: ")) == (422, 1)
        assert said in beside(page, "action")
        assert kept(page)["action"] == title
    assert len(site.town.rows(Petition)) == before


def test_02_eighty_characters_are_accepted_and_stored_whole(northmere: RunningSite):
    title = "Ä" * 80
    with northmere.client() as anna:
        assert "Why should it be done?" in send(anna, "action", may="yes", action=title).text
        assert send(anna, "check", **draft(action=title)).status_code == 303
    (petition,) = northmere.town.rows(Petition)
    assert petition.action == title


def published(site: RunningSite, title: str, count: int) -> int:
    petition = site.town.open_petition(action=title, background="They are all we have.", additional_details="")
    site.town.sql(
        "UPDATE petitions_petition SET signature_count = :c, last_number = :c, imported_count = :c - 6 WHERE id = :p",
        c=count,
        p=petition,
    )
    return petition


def test_03_anna_sees_what_is_open_already_and_may_go_on(northmere: RunningSite):
    first = published(northmere, "Do not cut library hours", 1_023)
    second = published(northmere, "Library hours must stay", 835)
    rejected = waiting(northmere, LAURA, action="Library cuts now")
    assert judge(northmere, rejected, verdict="reject", reason="irrelevant").status_code == 303
    with northmere.client() as anna:
        page = send(anna, "action", **draft(action="library hours"))
        said = words(page)
        assert re.findall(r'href="/petitions/(\d+)"', page.text) == [str(first), str(second)]
        assert re.search(
            r"Do not cut library hours .*1,023 signatures.* Library hours must stay .*835 signatures", said
        )
        assert "Library cuts now" not in said
        onward = send(anna, "similar", **draft(action="library hours"))
        assert "Why should it be done?" in onward.text
        assert send(anna, "check", **draft(action="library hours")).status_code == 303
    assert northmere.town.rows(Petition, Petition.action == "library hours")[0].state == "pending"


def test_04_anna_sends_it_and_gets_exactly_one_letter_with_the_secret_link(northmere: RunningSite):
    town = northmere.town
    with northmere.client() as anna:
        answer = send(anna, "check", **draft())
        assert (answer.status_code, answer.headers["location"]) == (303, "/petitions/new/sent")
        page = words(anna.get("/petitions/new/sent"))
    assert "letter" in page
    assert "5 people" in page
    (petition,) = town.rows(Petition)
    assert (petition.state, petition.signature_count) == ("pending", 0)
    assert town.deliver().subjects(ANNA) == [SECRET_LINK]
    assert len(town.letters.all) == 1
    link = town.letters.link(ANNA)
    assert link == town.sponsor_link(petition.id)
    with northmere.client() as laura:
        assert TEXTS["action"] in laura.get(link).text
        assert laura.get(f"/petitions/{petition.id}.json").status_code == 404
    assert town.broken() == {}


def test_06_the_third_petition_from_one_network_waits_with_every_field_kept(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The clock of the limits stands still, then goes on by five minutes and a second."""
    clock = SimpleNamespace(time=lambda: 1_800_000_000.0)
    monkeypatch.setattr(limits, "time", clock)
    policy = {"rate_limits": "on", "petitions_create_most": 2}
    with RunningSite(database, tmp_path, page_cache="off", **policy) as site, site.client() as library:

        def start(number: int, address: str = "203.0.113.5") -> httpx.Response:
            fields = draft(ANNA, action=f"Plant tree {number}", submission=f"tree-{number}-0123456789abcdef")
            sent = {"step": "check", "go": "next"} | fields
            return library.post("/petitions/new", data=sent, headers={"X-Forwarded-For": address})

        assert [start(n).status_code for n in (1, 2)] == [303, 303]
        page = start(3, "203.0.113.99")
        assert page.status_code == 429
        assert "Nothing was stored" in words(page)
        assert 0 < int(page.headers["retry-after"]) <= 301
        assert kept(page).items() >= draft(action="Plant tree 3", submission="tree-3-0123456789abcdef").items()
        assert start(4, "198.51.100.7").status_code == 303, "another network"
        assert len(site.town.rows(Petition)) == 3
        clock.time = lambda: 1_800_000_301.0
        assert start(3, "203.0.113.99").status_code == 303


# supporters, of the same kind as 7-11


def test_a_supporter_who_confirms_after_publication_is_counted_as_everyone_else(northmere: RunningSite):
    town = northmere.town
    petition = town.start(ANNA)
    town.deliver()
    with northmere.client() as sam:
        assert sam.post(town.letters.link(ANNA), data=SAM.form()).status_code == 303
    town.support(petition)
    assert judge(northmere, petition, verdict="publish", department="parks").status_code == 303
    assert "You are number 7" in words(confirm(northmere, SAM))
    assert (town.count(petition), town.deliver().subjects(ANNA).count(SENT_ON)) == (7, 1)
    assert town.broken() == {}


def test_a_form_with_a_fault_behind_the_secret_link_proves_nobody(site: RunningSite):
    petition = site.town.start(CHARLIE)
    with site.client() as sam:
        page = sam.post(site.town.sponsor_link(petition), data=SAM.form(email="sam at example"))
    assert (page.status_code, site.town.petition(petition).state) == (422, "pending")
    assert 'value="sam at example"' in page.text
    (creator,) = site.town.signatures(petition)
    assert creator.state == "pending"


def test_anna_cannot_be_her_own_supporter(northmere: RunningSite):
    town = northmere.town
    petition = town.start(ANNA)
    with northmere.client() as anna:
        assert anna.post(town.sponsor_link(petition), data=ANNA.form()).status_code == 303
    assert [s.state for s in town.signatures(petition)] == ["validated"]
    assert town.count(petition) == 1
    assert town.broken() == {}


# 13, 16: moderation


def test_13_publishing_freezes_the_text_tells_everyone_once_and_is_on_record(northmere: RunningSite):
    town = northmere.town
    petition = waiting(northmere)
    town.deliver()
    before = len(town.letters.all)
    assert judge(northmere, petition, verdict="publish", department="parks").status_code == 303
    found = town.petition(petition)
    assert (found.state, found.opened_at, found.closes_at, found.signature_count) == ("open", MORNING, CLOSING, 6)
    letters = town.deliver().all[before:]
    told = {str(m["To"]): str(m["Subject"]) for m in letters}
    assert len(letters) == len(told) == 6
    assert told.pop(ANNA.email) == "Your petition is published"
    assert set(told.values()) == {"A petition you supported is published"}
    (version,) = read(northmere, f"/api/v1/petitions/{petition}/versions").json()["versions"]
    assert version["digest"] == text_digest(*TEXTS.values()).hex()
    (entry,) = town.rows(AuditEntry, AuditEntry.act == "moderation.decide", AuditEntry.subject_id == petition)
    assert (entry.actor_id, entry.at, entry.facts["verdict"]) == (town.moderator(), MORNING, "publish")


def test_16_a_duplicate_leads_to_the_petition_that_survives(northmere: RunningSite):
    town = northmere.town
    survivor = town.open_petition(SAM, action="Open the library on Sundays")
    petition = waiting(northmere)
    for wrong in ("", "999999", str(petition), "the other one"):
        page = judge(northmere, petition, verdict="reject", reason="duplicate", survivor=wrong)
        assert page.status_code == 422
        assert "Enter the number of the published petition" in beside(page, "survivor")
    assert town.petition(petition).state == "in_moderation"
    assert judge(northmere, petition, verdict="reject", reason="duplicate", survivor=str(survivor)).status_code == 303
    page = read(northmere, f"/petitions/{petition}")
    assert page.status_code == 200
    assert f'href="/petitions/{survivor}"' in page.text
    assert "There is one already" in words(page)
    assert data(northmere, petition)["rejection"] == {"code": "duplicate", "details": None}
    letter = town.deliver().last_to(ANNA).get_content()
    assert f"{northmere.base}/petitions/{survivor}\n" in letter
    assert len(letter.split()) < 120
    assert sign(northmere, petition, LAURA).status_code == 409
    assert str(petition) not in re.findall(r'href="/petitions/(\d+)"', read(northmere, "/petitions?q=library").text)


def test_16_a_survivor_that_was_taken_down_is_named_nowhere(northmere: RunningSite):
    survivor = northmere.town.open_petition(SAM, action="Stop Mr Gravel from stealing gravel")
    petition = waiting(northmere)
    assert judge(northmere, petition, verdict="reject", reason="duplicate", survivor=str(survivor)).status_code == 303
    assert "Mr Gravel" in words(read(northmere, f"/petitions/{petition}"))
    northmere.town.take_down(survivor)
    assert "Mr Gravel" not in words(read(northmere, f"/petitions/{petition}"))


def test_16_a_survivor_that_has_closed_is_not_offered_for_signing(northmere: RunningSite):
    survivor = northmere.town.open_petition(SAM, action="Open the library on Sundays")
    petition = waiting(northmere)
    assert judge(northmere, petition, verdict="reject", reason="duplicate", survivor=str(survivor)).status_code == 303
    northmere.town.clock.set(CLOSING)
    northmere.town.work()
    page = read(northmere, f"/petitions/{petition}")
    assert f'href="/petitions/{survivor}"' in page.text
    assert "You can sign this one instead" not in words(page)


# 22-32: signing


def test_22_corrected_to_an_address_that_has_signed_nothing_is_given_away(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.sign(petition, SAM)
    with northmere.client() as sam, northmere.client() as amina:
        sam.post(f"/petitions/{petition}/sign", data=SAM.but(email="sma@example.org").form())
        amina.post(f"/petitions/{petition}/sign", data=AMINA.but(email="anima@example.org").form())
        path = f"/petitions/{petition}/sign/correct"
        known, fresh = sam.post(path, data={"email": SAM.email}), amina.post(path, data={"email": AMINA.email})
        assert (known.status_code, known.headers["location"]) == (fresh.status_code, fresh.headers["location"])
        assert sam.get(known.headers["location"]).content == amina.get(fresh.headers["location"]).content
    assert (town.deliver().subjects(SAM)[-1], town.letters.subjects(AMINA)) == (SIGNED, [CONFIRM])
    assert (town.letters.subjects("sma@example.org"), town.count(petition)) == ([], 7)
    assert town.broken() == {}


def test_24_a_third_person_at_one_address_is_refused_in_the_owners_mailbox_alone(northmere: RunningSite):
    town, household = northmere.town, [SUZIE, SUZIE.but(name="Sam Wong"), SUZIE.but(name="Joe Wong")]
    petition = town.open_petition()
    pages = []
    for person in household:
        answer = sign(northmere, petition, person)
        pages.append((answer.status_code, answer.headers["location"], answer.content))
        if person is not household[-1]:
            assert "Thank you" in words(confirm(northmere, person))
    assert pages[0] == pages[1] == pages[2]
    letter = town.deliver().last_to(SUZIE)
    assert str(letter["Subject"]) == SIGNED
    assert "Two people have signed with this email address" in letter.get_content()
    assert town.count(petition) == 8


def test_24_of_three_who_asked_before_anyone_confirmed_the_last_is_told_so(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    asked = town.request(petition, SUZIE, SUZIE.but(name="Sam Wong"), SUZIE.but(name="Joe Wong"))
    with northmere.client() as household:
        answers = [household.post(town.confirm_link(s)) for s in asked]
    assert [a.status_code for a in answers] == [303, 303, 409]
    assert "Two people have signed with this email address" in words(answers[2])
    assert town.count(petition) == 8
    assert town.broken() == {}


def test_26_a_second_person_from_another_postcode_needs_an_address_of_their_own(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.sign(petition, SUZIE)
    assert sign(northmere, petition, SUZIE.but(name="Sam Wong", postcode="M1 1AE")).status_code == 303
    letter = town.deliver().last_to(SUZIE)
    assert "only from the same postcode" in letter.get_content()
    assert town.count(petition) == 7


def test_29_an_expired_link_offers_to_ask_again_and_the_new_request_counts(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    sign(northmere, petition, SAM)
    link = town.deliver().link(SAM, CONFIRM)
    town.clock.advance(timedelta(days=7))
    for answer in (read(northmere, link), confirm(northmere, SAM)):
        assert answer.status_code == 410
        assert f'href="/petitions/{petition}/sign"' in answer.text
    assert town.count(petition) == 6
    sign(northmere, petition, SAM)
    assert "You are number 7" in words(confirm(northmere, SAM))
    assert read(northmere, link).status_code == 200, "used, by either letter"
    assert len(town.signatures(petition, SAM)) == 1
    assert town.broken() == {}


def test_30_pedro_signs_from_abroad_without_a_postcode(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    assert sign(northmere, petition, PEDRO).status_code == 303
    assert "You are number 7" in words(confirm(northmere, PEDRO))
    rows = {c.country: c.validated for c in town.rows(CountryCount, CountryCount.petition_id == petition)}
    assert rows == {"GB": 6, "US": 1}
    shown = data(northmere, petition)
    assert shown["signatures_by_country"] == [
        {"name": "United Kingdom", "code": "GB", "signature_count": 6},
        {"name": "United States", "code": "US", "signature_count": 1},
    ]
    assert (shown["signatures_by_constituency"], shown["signature_count"]) == ([], 7)
    assert "United States 1" in words(read(northmere, f"/petitions/{petition}"))


def test_31_who_sent_the_form_in_time_may_confirm_for_a_day_after_closing(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.sign(petition, *crowd(3))
    town.clock.set(CLOSING - timedelta(seconds=1))
    for person in (SAM, LAURA):
        assert sign(northmere, petition, person).status_code == 303
    town.clock.set(CLOSING)
    assert sign(northmere, petition, CHARLIE).status_code == 409
    town.work()
    assert town.petition(petition).state == "closed"
    town.clock.set(CLOSING + timedelta(hours=23, minutes=59))
    assert "You are number 10" in words(confirm(northmere, SAM))
    assert town.petition(petition).response_reached_at == town.now
    assert "an answer is due" in words(read(northmere, f"/petitions/{petition}")) or town.referrals(petition)
    town.clock.set(CLOSING + timedelta(hours=24))
    assert confirm(northmere, LAURA).status_code == 409
    assert (town.count(petition), len(town.referrals(petition))) == (10, 1)
    town.deliver()
    assert town.broken() == {}


def test_32_sam_takes_his_signature_back_and_signs_again_under_a_new_number(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    sign(northmere, petition, SAM)
    thanks = confirm(northmere, SAM)
    link = re.search(r'href="(/signatures/withdraw/[^"]+)"', thanks.text)
    assert link
    with northmere.client() as sam:
        assert "Open the town library on Sundays" in sam.get(link[1]).text
        assert town.count(petition) == 7, "opening the link does nothing"
        for _twice in range(2):
            assert sam.post(link[1]).status_code == 303
    assert (town.count(petition), data(northmere, petition)["signature_count"]) == (6, 6)
    sign(northmere, petition, SAM)
    assert "You are number 8" in words(confirm(northmere, SAM))
    assert [(s.state, s.number) for s in town.signatures(petition, SAM)] == [("withdrawn", 7), ("validated", 8)]
    assert town.broken() == {}


# 37-38: thresholds


def awaiting(site: RunningSite, state: str = "awaiting_response") -> list[int]:
    return [p["id"] for p in read(site, f"/petitions.json?state={state}").json()["data"]]


def crossings(site: RunningSite, petition: int) -> int:
    with site.town.database.reading() as db:
        wanted = select(func.count()).where(Crossing.petition_id == petition, Crossing.threshold == "response")
        return db.scalar(wanted) or 0


def test_37_the_tenth_sets_it_one_less_clears_it_and_an_answer_keeps_it(northmere: RunningSite):
    town, path = northmere.town, "/petitions/{}"
    petition = town.open_petition()
    town.sign(petition, *crowd(3))
    assert (data(northmere, petition)["response_threshold_reached_at"], awaiting(northmere)) == (None, [])
    sign(northmere, petition, SAM)
    confirm(northmere, SAM)
    confirm(northmere, SAM)
    first = data(northmere, petition)["response_threshold_reached_at"]
    assert (first, awaiting(northmere), crossings(northmere, petition)) == ("2026-07-31T09:00:00.000Z", [petition], 1)
    town.clock.advance(timedelta(hours=1))
    sign(northmere, petition, LAURA)
    confirm(northmere, LAURA)
    assert data(northmere, petition)["response_threshold_reached_at"] == first, "one timestamp, once"
    end(northmere, town.signatures(petition, LAURA)[0].id)
    assert awaiting(northmere) == [petition]
    end(northmere, town.signatures(petition, SAM)[0].id)
    assert (data(northmere, petition)["response_threshold_reached_at"], awaiting(northmere)) == (None, [])
    assert "9 signatures" in words(read(northmere, path.format(petition)))
    town.clock.advance(timedelta(hours=1))
    sign(northmere, petition, AMINA)
    confirm(northmere, AMINA)
    again = data(northmere, petition)["response_threshold_reached_at"]
    assert (again, awaiting(northmere)) == ("2026-07-31T11:00:00.000Z", [petition])
    answer(northmere, petition)
    assert (awaiting(northmere), awaiting(northmere, "with_response")) == ([], [petition])
    end(northmere, town.signatures(petition, AMINA)[0].id)
    assert town.count(petition) == 9
    assert data(northmere, petition)["response_threshold_reached_at"] == again
    assert (awaiting(northmere), awaiting(northmere, "with_response")) == ([], [petition])
    town.deliver()
    assert town.broken() == {}


def answer(site: RunningSite, petition: int, **fields: str) -> httpx.Response:
    """Imran answers the newest duty and sends no letters."""
    duty = max(r.id for r in site.town.referrals(petition))
    words = {"grade": "will-do", "summary": "We will open in May.", "details": "Staff are hired."}
    with site.signed_in(OFFICER) as imran:
        sent = words | {"after_version": "0", "step": "release"} | fields
        return imran.post(f"/desk/referrals/{duty}", data=sent)


def test_38_the_twentieth_calls_for_a_debate_and_both_duties_stand(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.sign(petition, *crowd(13))
    sign(northmere, petition, SAM)
    confirm(northmere, SAM)
    counts = read(northmere, f"/petitions/{petition}/count.json").json()
    assert (counts["signature_count"], counts["debated"]) == (20, False)
    assert counts["debate_threshold_reached_at"] == counts["response_threshold_reached_at"]
    assert sorted(r.cause for r in town.referrals(petition)) == ["debate", "response"]
    assert (awaiting(northmere), awaiting(northmere, "awaiting_debate")) == ([petition], [petition])
    assert town.deliver().subjects(OFFICER).count("A petition was referred to you") >= 1
    assert town.broken() == {}


# 48: closing


def test_48_what_opened_on_31_july_is_open_to_the_last_second_of_31_january(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.sign(petition, SAM, LAURA.but(notify=False))
    assert "Open until 31 January 2027" in words(read(northmere, f"/petitions/{petition}"))
    assert "It is open until 31 January 2027" in town.deliver().last_to(ANNA).get_content()
    town.clock.set(CLOSING - timedelta(seconds=1))
    assert read(northmere, f"/petitions/{petition}/sign").status_code == 200
    assert f'href="/petitions/{petition}"' in read(northmere, "/petitions").text
    town.clock.set(CLOSING)
    refused = sign(northmere, petition, CHARLIE)
    assert refused.status_code == 409
    assert "It closed on 31 January 2027" in words(refused)
    assert "Nothing was stored" in words(refused)
    for path in ("/petitions", "/"):
        assert f'href="/petitions/{petition}"' not in read(northmere, path).text, "before the job has run"
    for _twice in range(2):
        town.work()
        town.deliver()
    assert town.petition(petition).state == "closed"
    subjects = [town.letters.subjects(p).count("A petition you signed has closed") for p in (SAM, LAURA)]
    assert subjects == [1, 0]
    assert town.letters.subjects(ANNA).count("Your petition has closed") == 1
    assert town.broken() == {}


def test_48_its_page_and_the_list_say_that_it_closed_on_31_january(northmere: RunningSite):
    petition = northmere.town.open_petition()
    northmere.town.clock.set(CLOSING)
    northmere.town.work()
    assert "Closed on 31 January 2027" in words(read(northmere, f"/petitions/{petition}"))
    assert "closed on 31 January 2027" in words(read(northmere, "/petitions?state=closed"))


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("2026-08-31T09:00+00:00", "2027-03-01T00:00+00:00"),  # the end of February
        ("2027-08-31T09:00+00:00", "2028-03-01T00:00+00:00"),  # of a leap year
        ("2026-09-30T09:00+00:00", "2027-03-30T23:00+00:00"),  # summer time has begun
        ("2027-03-28T23:30+00:00", "2027-09-29T23:00+00:00"),  # in London it is the 29th already
        ("2026-10-25T00:30+00:00", "2027-04-25T23:00+00:00"),  # in the hour that comes twice
    ],
)
def test_48_six_months_are_those_of_the_calendar(sqlite_database: Database, tmp_path: Path, opens: str, closes: str):
    with RunningSite(sqlite_database, tmp_path, clock=FixedClock(datetime.fromisoformat(opens))) as site:
        petition = site.town.open_petition()
        closes_at = datetime.fromisoformat(read(site, f"/api/v1/petitions/{petition}").json()["closes_at"])
    assert closes_at == datetime.fromisoformat(closes)


# 49: forgetting


def known(site: RunningSite, petition: int) -> int:
    ids = select(Signature.id).where(Signature.petition_id == petition)
    with site.town.database.reading() as db:
        return db.scalar(select(func.count()).select_from(Signer).where(Signer.signature_id.in_(ids))) or 0


def find(site: RunningSite, person: Person) -> str:
    with site.signed_in(MODERATOR) as maureen:
        form = {"email": person.email, "petition": "", "purpose": PURPOSE}
        return words(maureen.post("/moderation/signatures", data=form))


@pytest.mark.slow
def test_49_six_months_after_closing_nobody_can_be_found_and_the_totals_stand(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    people = [p.but(notify=False) for p in crowd(520, "forgettable")]
    town.sign(petition, *people[:255])
    town.sign(petition, *people[255:], PEDRO.but(notify=False))
    assert "1 signature found" in find(northmere, people[400])
    town.clock.set(CLOSING)
    town.work()
    before = data(northmere, petition)
    town.clock.set(datetime(2027, 7, 31, 22, 59, tzinfo=UTC))
    town.work()
    assert known(northmere, petition) == 527, "six months are not over"
    town.clock.set(SIX_MONTHS_LATER)
    town.database.retrying(lambda db: erasing.erase_some(db, PetitionPolicy(), town.settings.zone, town.now))
    assert known(northmere, petition) == 27, "interrupted at signature 500"
    town.work()
    row = town.petition(petition)
    assert (known(northmere, petition), row.salt, row.creator_name, row.signature_count) == (0, None, None, 527)
    for person in (people[400], PEDRO, ANNA):
        assert "0 signatures found" in find(northmere, person)
    after = data(northmere, petition)
    assert [after[name] for name in TOTALS] == [before[name] for name in TOTALS]
    assert ANNA.name not in read(northmere, f"/petitions/{petition}").text
    town.deliver()
    assert town.broken() == {}


TOTALS = ("signature_count", "signatures_by_country", "signatures_by_constituency", "response_threshold_reached_at")


def forgotten(site: RunningSite) -> tuple[int, int]:
    """A petition whose signers were erased, and Sam's signature on it."""
    petition = site.town.open_petition()
    (signature,) = site.town.sign(petition, SAM)
    for at in (CLOSING, SIX_MONTHS_LATER):
        site.town.clock.set(at)
        site.town.work()
    assert known(site, petition) == 0
    return petition, signature


def test_49_letters_of_a_forgotten_petition_still_lead_to_calm_pages(northmere: RunningSite):
    town = northmere.town
    petition, signature = forgotten(northmere)
    for link in (town.confirm_link(signature), town.withdraw_link(signature), town.creator_link(petition)):
        assert read(northmere, link).status_code == 200
    with northmere.client() as sam:
        assert sam.post(town.withdraw_link(signature)).status_code == 409
    assert town.count(petition) == 7


def test_49_nothing_lowers_the_totals_of_a_forgotten_petition(northmere: RunningSite):
    petition, signature = forgotten(northmere)
    with northmere.client() as sam:
        sam.post(northmere.town.not_me_link(signature))
    assert northmere.town.count(petition) == 7


# taken down: nothing of it is left anywhere


def test_what_was_taken_down_is_gone_at_every_address(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    with northmere.signed_in(MODERATOR) as maureen:
        fields = {"step": "do", "reason": "libellous", "note": "It accuses a neighbour."}
        assert maureen.post(f"/moderation/take-down/petition/{petition}", data=fields).status_code == 303
    own = f"/petitions/{petition}"
    ends = ("", ".json", ".atom", "/count.json", "/versions", "/history.json", "/history.csv", "/qr.svg", "/qr.png")
    for path in (*(own + e for e in ends), f"{own}/poster", f"{own}/report", f"/api/v1{own}", f"/api/v1{own}/history"):
        answer = read(northmere, path)
        assert (answer.status_code, TEXTS["action"] in answer.text) == (410, False), path
    assert town.petition(petition).state == "hidden"


def test_whoever_signs_what_was_taken_down_is_told_so(northmere: RunningSite):
    petition = northmere.town.open_petition()
    northmere.town.take_down(petition)
    with northmere.client() as laura:
        path = f"/petitions/{petition}/sign"
        answers = [laura.get(path), laura.post(path, data=LAURA.form())]
        answers.append(laura.post(f"/api/v1/petitions/{petition}/signatures", json=LAURA.json()))
    assert [a.status_code for a in answers] == [410, 410, 410]


# the department changes


def test_the_department_that_a_petition_is_handed_to_gets_a_letter(northmere: RunningSite):
    town = northmere.town
    town.officer("libraries")
    petition = town.open_petition()
    town.sign(petition, *crowd(4))
    case = max(c.id for c in town.rows(Case, Case.subject_id == petition))
    with northmere.signed_in(MODERATOR) as maureen:
        assert maureen.post(f"/moderation/{case}/lead", data={"department": "libraries"}).status_code == 303
    assert "A petition was referred to you" in town.deliver().subjects("officer.libraries@example.org")


def test_the_department_that_a_petition_is_handed_to_answers_it_and_the_other_no_more(northmere: RunningSite):
    town = northmere.town
    town.officer("libraries")
    petition = town.open_petition()
    town.sign(petition, *crowd(4))
    (duty,) = town.referrals(petition)
    case = max(c.id for c in town.rows(Case, Case.subject_id == petition))
    with northmere.signed_in(MODERATOR) as maureen:
        assert maureen.post(f"/moderation/{case}/lead", data={"department": "libraries"}).status_code == 303
    with northmere.signed_in(OFFICER) as imran, northmere.signed_in("officer.libraries@example.org") as nadia:
        assert imran.get(f"/desk/referrals/{duty.id}").status_code == 404
        assert nadia.get(f"/desk/referrals/{duty.id}").status_code == 200
        given = {"grade": "no", "summary": "There is no money.", "details": "None.", "after_version": "0"}
        assert imran.post(f"/desk/referrals/{duty.id}", data=given | {"step": "release"}).status_code == 404
        assert nadia.post(f"/desk/referrals/{duty.id}", data=given | {"step": "release"}).status_code == 303
    shown = words(read(northmere, f"/petitions/{petition}"))
    assert "There is no money." in shown
    assert town.referrals(petition)[0].due_at == duty.due_at, "the clock did not start anew"
    town.deliver()
    assert town.broken() == {}


# 55: rising now


def test_55_what_gained_most_in_the_last_hour_rises_and_an_hour_later_no_more(northmere: RunningSite):
    town, figures = northmere.town, northmere.town.site.dependencies["figures"]
    large, small = town.open_petition(), town.open_petition(action="Mend the footbridge")
    town.sign(large, *crowd(9, "early"))
    town.clock.advance(timedelta(minutes=61))
    town.sign(small, *crowd(2, "late"))
    figures.forget()

    def rising() -> list[int]:
        figures.forget()
        return [p["id"] for p in read(northmere, "/petitions.json?sort=trending").json()["data"]]

    assert rising() == [small, large]
    assert "Rising now" in words(read(northmere, "/petitions?sort=trending"))
    town.clock.advance(timedelta(minutes=61))
    assert rising() == [large, small], "by all signatures, where nobody gained any"


# nothing that is sent is a fault of ours


GARBAGE = {"nothing": "", "nul": "\x00é\u202e", "long": "9" * 300}


@pytest.mark.slow
def test_whatever_is_sent_to_any_door_is_answered(sqlite_database: Database, tmp_path: Path):
    """Every route, by a visitor and by each kind of staff, with odd numbers in its address and odd words in its form."""
    with RunningSite(sqlite_database, tmp_path, petitions_response_at=10, petitions_debate_at=20) as site:
        town = site.town
        town.moderator(), town.officer(), town.staff(ADMINISTRATOR, "administrator")
        petition = town.open_petition()
        town.sign(petition, *crowd(14))
        town.support(town.start(LAURA))
        state = town.petition(petition).state
        faults = []
        for who in (None, MODERATOR, OFFICER, ADMINISTRATOR):
            with site.signed_in(who) if who else site.client() as client:
                faults += [f"{who}: {fault}" for fault in _asked(site, client, staff=bool(who))]
        assert faults == []
        assert town.petition(petition).state == state
        town.deliver()
        assert town.broken() == {}


def _asked(site: RunningSite, client: httpx.Client, *, staff: bool) -> Iterator[str]:
    own = ("/moderation", "/admin", "/desk")
    for route in site.house.router.routes:
        methods = {m for h in getattr(route, "route_handlers", ()) for m in h.http_methods}
        path = route.path_format  # type: ignore[attr-defined]
        if path == "/sign-out" or path.startswith(own) != staff:
            continue
        for value in ("1", "0", "9" * 30, "%00x") if "{" in path else ("",):
            address = re.sub(r"\{[^}]*\}", value, path)
            for method in sorted(methods & {"GET", "POST"}):
                for word in GARBAGE.values():
                    given = f"?page={word}&q={word}&state={word}" if method == "GET" and word else ""
                    sent = dict.fromkeys(FIELDS, word) if method == "POST" else None
                    with client.stream(method, address + given.replace("\x00", "%00"), data=sent) as answer:
                        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                            answer.read()  # a stream has no end
                    if answer.status_code >= 500:
                        yield f"{method} {address} {word[:5]!r}: {answer.status_code}"


FIELDS = [
    "step",
    "go",
    "name",
    "email",
    "country",
    "postcode",
    "eligible",
    "privacy",
    "notify",
    "act",
    "reason",
    "note",
    "kind",
    "source",
    "purpose",
    "petition",
    "revision",
    "verdict",
    "department",
    "survivor",
    "seen",
    "topic",
    "tags",
    "public_note",
    "staff_note",
    "keep",
    "message",
    "day",
    "time",
    "first",
    "last",
    "title",
    "code",
    "rule",
    "hides",
    "date",
    "state",
    "overview",
    "transcript_url",
    "summary",
    "details",
    "grade",
    "after_version",
    "send_news",
    "submission",
    "words",
    "id",
    "newest",
    "report",
    "address",
    "password",
]
