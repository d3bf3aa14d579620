"""Whoever is overtaken, comes too late or has to mend a slip keeps what they typed, is told so, and finds a way on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from petitions.model.petition import Petition
from tests.app.comments.forum import Forum
from tests.fakes import FixedClock
from tests.journeys.test_scenarios_rest import confirm, data, draft, judge, read, send, sign, waiting, words
from tests.people import ANNA, LAURA, SAM, SUZIE, crowd
from tests.site import MODERATOR, OFFICER, PASSWORD, TEXTS, RunningSite, fields_of

AFTERNOON = datetime(2027, 7, 31, 15, tzinfo=UTC)
PAST_MIDNIGHT = datetime(2027, 7, 31, 23, 30, tzinfo=UTC)  # in London it is 1 August
SECRET_LINK = "Share your petition with supporters"
A_FORM = "the-random-id-of-annas-form"
LONG = "I thought about this for twenty minutes, and here it is."
BEN, ANA = "Ben Reads", "Ana Speaks"


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    policy = {"petitions_response_at": 10, "petitions_debate_at": 20, "petitions_confirm_days": 1, "page_cache": "off"}
    with RunningSite(database, tmp_path, clock=FixedClock(AFTERNOON), **policy) as site:
        site.town.moderator()
        site.town.officer()
        yield site


# a petition's form, sent once more


def test_anna_goes_back_to_mend_her_address_and_the_letter_follows_it(northmere: RunningSite):
    with northmere.client() as anna:
        for address in ("anan@example.org", ANNA.email):
            assert send(anna, "check", **draft(ANNA, email=address, submission=A_FORM)).status_code == 303
    assert northmere.town.deliver().subjects(ANNA) == [SECRET_LINK]


def test_anna_goes_back_to_mend_her_words_and_they_are_the_ones_her_supporters_read(northmere: RunningSite):
    mended = "Open the town library on Sundays and on bank holidays"
    with northmere.client() as anna:
        for action in (TEXTS["action"], mended):
            assert send(anna, "check", **draft(ANNA, action=action, submission=A_FORM)).status_code == 303
        assert mended in anna.get(northmere.town.deliver().link(ANNA)).text


def test_anna_clicks_twice_and_has_one_petition(northmere: RunningSite):
    with northmere.client() as anna:
        assert [send(anna, "check", **draft(ANNA, submission=A_FORM)).status_code for _click in range(2)] == [303, 303]
    assert len(northmere.town.rows(Petition)) == 1
    assert northmere.town.deliver().subjects(ANNA) == [SECRET_LINK]


# supporters whose link is over


def way_on(page: httpx.Response) -> str:
    found = re.search(r'<p class="govuk-body"><a class="govuk-link" href="([^"]+)">', page.text)
    assert found, words(page)
    return found[1]


def test_a_supporter_whose_link_expired_is_led_back_to_the_secret_link(northmere: RunningSite):
    town = northmere.town
    petition = town.start(ANNA)
    with northmere.client() as sam:
        assert sam.post(town.sponsor_link(petition), data=SAM.form()).status_code == 303
        link = town.deliver().link(SAM)
        assert "The link works for 1 day." in town.letters.last_to(SAM).get_content()
        town.clock.advance(timedelta(days=1))
        for page in (sam.get(link), sam.post(link)):
            assert page.status_code == 410
            assert "It worked for 1 day, so your signature was not counted." in words(page)
            assert sam.get(way_on(page)).status_code == 200
            assert sam.post(way_on(page), data=SAM.form()).status_code == 303
    assert "You are number 2" in words(confirm(northmere, SAM))


def test_a_third_supporter_at_one_address_is_led_back_to_the_secret_link(northmere: RunningSite):
    town = northmere.town
    petition = town.start(ANNA)
    household = [SUZIE, SUZIE.but(name="Sam Wong"), SUZIE.but(name="Joe Wong")]
    asked = town.request(petition, *household, sponsor=True)
    with northmere.client() as joe:
        for signature in asked[:2]:
            assert joe.post(town.confirm_link(signature)).status_code == 303
        page = joe.post(town.confirm_link(asked[2]))
        assert page.status_code == 409
        assert joe.post(way_on(page), data=household[2].but(email="joe@example.org").form()).status_code == 303


def test_a_signer_whose_link_expired_is_led_to_the_public_form(northmere: RunningSite):
    petition = northmere.town.open_petition()
    sign(northmere, petition, LAURA)
    link = northmere.town.deliver().link(LAURA)
    northmere.town.clock.advance(timedelta(days=1))
    page = read(northmere, link)
    assert (page.status_code, way_on(page)) == (410, f"/petitions/{petition}/sign")


def test_a_signer_of_what_is_judged_again_is_not_handed_the_secret_link(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    sign(northmere, petition, LAURA)
    link = town.deliver().link(LAURA)
    town.take_down(petition)
    town.restore(petition)
    town.clock.advance(timedelta(days=1))
    page = read(northmere, link)
    assert (page.status_code, way_on(page)) == (410, f"/petitions/{petition}/sign")


def test_whoever_reloads_what_they_sent_to_a_petition_taken_down_since_is_told_so(northmere: RunningSite):
    petition = northmere.town.open_petition()
    sign(northmere, petition, LAURA)
    northmere.town.take_down(petition)
    page = read(northmere, f"/petitions/{petition}/sign/sent")
    assert page.status_code == 410
    assert "This petition has been removed" in words(page)


# pages say the numbers of this deployment


def test_pages_say_how_many_letters_and_changes_this_town_allows(sqlite_database: Database, tmp_path: Path):
    policy = {"petitions_letters_a_signature": 2, "petitions_resubmissions": 2}
    with RunningSite(sqlite_database, tmp_path, clock=FixedClock(AFTERNOON), **policy) as site:
        petition = site.town.open_petition()
        sent = words(read(site, f"/petitions/{petition}/sign/sent"))
        assert "We send at most 2 letters for one signature" in sent
        refused = waiting(site, SAM)
        told = []
        for title in ("Open the library until nine", "Open the library until ten"):
            assert judge(site, refused, verdict="reject", reason="no-action").status_code == 303
            own = site.town.creator_link(refused)
            told.append("After that it cannot be changed again." in words(read(site, own)))
            with site.client() as sam:
                fields = TEXTS | {"action": title}
                checked = sam.post(f"{own}/edit", data=fields | {"go": "check"})
                told.append("You cannot change the text after that." in words(checked))
                assert sam.post(f"{own}/edit", data=fields | {"go": "send"}).status_code == 303
        assert told == [False, False, True, True]


# days are those of the town


def test_an_answer_given_after_midnight_has_one_day_on_the_page_and_in_the_data(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.sign(petition, *crowd(4))
    town.clock.set(PAST_MIDNIGHT)
    with northmere.signed_in(OFFICER) as imran:
        given = {"grade": "will-do", "summary": "From May.", "details": "Staff are hired.", "after_version": "0"}
        path = f"/desk/referrals/{town.referrals(petition)[0].id}"
        assert imran.post(path, data=given | {"step": "release"}).status_code == 303
    assert "Parks, 1 August 2027" in words(read(northmere, f"/petitions/{petition}"))
    response = data(northmere, petition)["government_response"]
    assert isinstance(response, dict)
    assert response["responded_on"] == "2027-08-01"


def test_a_debate_of_yesterday_is_over_from_midnight_on_in_list_and_page(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.sign(petition, *crowd(14))
    with northmere.signed_in(OFFICER) as imran:
        fields = {"state": "scheduled", "date": "2027-07-31", "after_version": "0", "step": "release"}
        assert imran.post(f"/desk/debates/{petition}", data=fields).status_code == 303
    own = f"/petitions/{petition}"
    tags = {path: tag(read(northmere, path)) for path in (own, "/petitions")}
    assert tags == {own: "Debate set", "/petitions": "Debate set"}
    town.clock.set(PAST_MIDNIGHT)
    tags = {path: tag(read(northmere, path)) for path in (own, "/petitions")}
    assert tags == {own: "Debated", "/petitions": "Debated"}


def tag(page: httpx.Response) -> str:
    """What the tag says that is about a debate."""
    (found,) = [t.strip() for t in re.findall(r"govuk-tag[^>]*>([^<]*)<", page.text) if "ebate" in t]
    return found


# words that came too late


@pytest.fixture
def forum(northmere: RunningSite) -> Forum:
    forum = Forum(northmere.town)
    forum.mode("after")
    forum.person(ANA)
    forum.person(BEN)
    return forum


def signed_in(northmere: RunningSite, forum: Forum, name: str):
    return northmere.signed_in(forum.people[name].email or "")


def holds(page: httpx.Response, text: str) -> bool:
    """Whether the words stand in a field to copy them from."""
    return re.search(rf"<textarea[^>]* readonly>\s*{re.escape(text)}</textarea>", page.text) is not None


def test_an_answer_to_what_was_withdrawn_meanwhile_can_be_copied(northmere: RunningSite, forum: Forum):
    said = forum.say(ANA)
    with signed_in(northmere, forum, BEN) as ben:
        assert ben.get(f"/comments/{said}/reply").status_code == 200
        forum.withdraw(ANA, said)
        page = ben.post(f"/comments/{said}/reply", data={"body": LONG})
    assert (page.status_code, holds(page, LONG)) == (409, True)
    assert "This comment cannot be answered any more" in words(page)


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_what_is_sent_a_moment_after_the_discussion_closed_can_be_copied(
    northmere: RunningSite, forum: Forum, is_signed_in: bool
):
    closes = northmere.town.petition(forum.petition).closes_at
    assert closes is not None
    northmere.town.clock.set(closes)
    path, body = f"/discussions/petition/{forum.petition}/say", {"body": LONG}
    with signed_in(northmere, forum, BEN) if is_signed_in else northmere.client() as ben:
        page = ben.post(path, data=body)
        assert ben.post(path, data=body, headers={"Accept": "application/json"}).json()["status"] == 409
    assert (page.status_code, holds(page, LONG)) == (409, True)
    assert "This discussion is closed" in words(page)


def test_a_change_that_another_tab_overtook_can_be_copied(northmere: RunningSite, forum: Forum):
    said = forum.say(ANA)
    with signed_in(northmere, forum, ANA) as ana:
        first = {"body": "Apples and pears do well there.", "revision": "1"}
        assert ana.post(f"/comments/{said}/edit", data=first).status_code == 303
        page = ana.post(f"/comments/{said}/edit", data={"body": LONG, "revision": "1"})
    assert (page.status_code, holds(page, LONG)) == (409, True)
    assert "You have changed this comment elsewhere" in words(page)


def test_a_change_sent_signed_out_stands_in_the_form_after_signing_in(northmere: RunningSite, forum: Forum):
    said = forum.say(ANA)
    with northmere.client() as ana:
        sent = ana.post(f"/comments/{said}/edit", data={"body": LONG, "revision": "1"})
        assert sent.status_code == 303
        fields = fields_of(ana.get(sent.headers["location"]).text)
        fields = {n: fields[n] for n in ("next", "draft") if n in fields}
        inside = ana.post("/sign-in", data={**fields, "email": forum.people[ANA].email or "", "password": PASSWORD})
        form = ana.get(inside.headers["location"])
        assert LONG in form.text
        again = {n: fields_of(form.text)[n] for n in ("revision", "draft")} | {"body": LONG}
        assert ana.post(f"/comments/{said}/edit", data=again).status_code == 303
        assert LONG in ana.get("/account/comments").text


def test_a_report_on_what_was_hidden_meanwhile_can_be_copied(northmere: RunningSite, forum: Forum):
    said = forum.say(ANA)
    forum.take_down(said)
    with northmere.client() as reader:
        page = reader.post(f"/comments/{said}/report", data={"reason": "offensive", "words": LONG})
    assert (page.status_code, holds(page, LONG)) == (409, True)


def test_the_second_moderator_s_note_can_be_copied(northmere: RunningSite, forum: Forum):
    forum.mode("before")
    forum.say(ANA)
    with northmere.signed_in(MODERATOR) as maureen:
        case = re.findall(r'href="/moderation/(\d+)', maureen.get("/moderation").text)[-1]
        revision = fields_of(maureen.get(f"/moderation/{case}").text)["revision"]
        assert maureen.post(f"/moderation/{case}", data={"revision": revision, "verdict": "publish"}).status_code == 303
        late = {"revision": revision, "verdict": "reject", "reason": "offensive", "note": LONG, "internal": "Ask Noor."}
        page = maureen.post(f"/moderation/{case}", data=late)
    assert (page.status_code, holds(page, LONG), holds(page, "Ask Noor.")) == (409, True, True)
    assert "Somebody has decided this already" in words(page)


def test_a_note_on_what_was_taken_down_already_can_be_copied(northmere: RunningSite):
    petition = northmere.town.open_petition()
    northmere.town.take_down(petition)
    with northmere.signed_in(MODERATOR) as maureen:
        fields = {"step": "do", "reason": "libellous", "note": LONG}
        page = maureen.post(f"/moderation/take-down/petition/{petition}", data=fields)
    assert (page.status_code, holds(page, LONG)) == (409, True)


def test_a_second_appeal_can_be_copied(northmere: RunningSite, forum: Forum):
    said = forum.say(ANA)
    forum.take_down(said)
    letter = northmere.town.deliver().last_to(forum.people[ANA].email or "").get_content()
    link = re.search(r"(/appeals/\S+)", letter)
    assert link
    with northmere.client() as ana:
        assert ana.post(link[1], data={"words": "Apples are not offensive."}).status_code == 303
        page = ana.post(link[1], data={"words": LONG})
    assert (page.status_code, holds(page, LONG)) == (409, True)
    assert "You have appealed already" in words(page)
