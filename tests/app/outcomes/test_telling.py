"""On the desk an officer says whether people are told, sees who was, and stops what has not left."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx
import pytest

from app.core.subject import SubjectRef
from app.outcomes import service
from app.outcomes.model import Answer, Referral
from tests.app.outcomes.test_desk import cleared
from tests.people import crowd
from tests.site import OFFICER, RunningSite

GOOD = {"grade": "will-do", "summary": "We will open on Sundays.", "details": "From May."}
TEMPLATE = "petitions/mail/answered"


@pytest.fixture
def duty(site: RunningSite) -> Referral:
    """Six support it and four sign: ten ask for news."""
    cleared(site.town)
    petition = site.town.open_petition()
    site.town.sign(petition, *crowd(4, f"teller{petition}"))
    site.town.deliver()
    (referral,) = site.town.referrals(petition)
    return referral


@pytest.fixture
def imran(site: RunningSite, duty: Referral) -> Iterator[httpx.Client]:
    with site.signed_in(OFFICER) as officer:
        yield officer


def release(imran: httpx.Client, duty: Referral, after: int = 0, *, news: bool = True, **words: str) -> httpx.Response:
    box = {"asks_news": "yes"} | ({"send_news": "yes"} if news else {})
    data = GOOD | words | box | {"after_version": str(after), "step": "release"}
    return imran.post(f"/desk/referrals/{duty.id}", data=data)


def read(imran: httpx.Client, duty: Referral) -> str:
    page = imran.get(f"/desk/referrals/{duty.id}")
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", html.unescape(page.text)).split())


def states(site: RunningSite, duty: Referral) -> set[str]:
    with site.town.database.reading() as db:
        (newest, *_rest) = site.town.site.news["petition"].tellings(
            db, duty.subject_id, [a.id for a in site.town.rows(Answer, Answer.referral_id == duty.id)]
        )
    counts = {"sent": newest.sent, "waiting": newest.waiting, "cancelled": newest.cancelled}
    return {name for name, count in counts.items() if count}


def box_is_ticked(page: str) -> bool:
    (box,) = re.findall(r'<input[^>]*name="send_news"[^>]*type="checkbox"[^>]*>', page)
    return " checked" in box


def test_the_box_is_ticked_for_a_first_answer_and_not_for_a_correction(
    site: RunningSite, duty: Referral, imran: httpx.Client
):
    path, preview = f"/desk/referrals/{duty.id}", {"after_version": "0", "step": "preview"}
    page = imran.post(path, data=GOOD | preview).text
    assert "Send news to the 10 people who asked for it" in page
    assert box_is_ticked(page)
    edit = imran.post(path, data=GOOD | {"after_version": "0", "step": "edit"}).text  # the box was cleared
    assert 'name="send_news" value="no"' in edit
    assert not box_is_ticked(imran.post(path, data=GOOD | preview | {"send_news": "no"}).text)
    release(imran, duty, news=False)
    assert not box_is_ticked(imran.post(path, data=GOOD | {"after_version": "1", "step": "preview"}).text)


def test_without_the_tick_nobody_is_told_and_they_can_be_told_later(
    site: RunningSite, duty: Referral, imran: httpx.Client
):
    assert release(imran, duty, news=False).status_code == 303
    site.town.work()
    assert "No letter was sent about this." in read(imran, duty)
    asked = imran.post(f"/desk/referrals/{duty.id}/news", data={"do": "send", "after_version": "1"})
    assert (asked.status_code, asked.headers["location"]) == (303, f"/desk/referrals/{duty.id}#told")
    site.town.work()
    assert "Letters 10 Sent 0 Waiting 10" in read(imran, duty)
    site.town.deliver()
    assert "Letters 10 Sent 10" in read(imran, duty)


def test_letters_are_called_off_and_sent_after_all(site: RunningSite, duty: Referral, imran: httpx.Client):
    release(imran, duty)
    site.town.work()
    assert "Call the letters off" in read(imran, duty)
    news = f"/desk/referrals/{duty.id}/news"
    assert imran.post(news, data={"do": "call-off", "after_version": "1"}).status_code == 303
    assert states(site, duty) == {"cancelled"}
    page = read(imran, duty)
    assert "Called off before they left 10" in page
    assert "Call the letters off" not in page
    imran.post(news, data={"do": "send", "after_version": "1"})
    site.town.work()
    site.town.deliver()
    assert states(site, duty) == {"sent"}
    assert "Send them news of it" not in read(imran, duty)


def test_taken_back_the_answer_is_gone_from_every_public_page_and_its_words_stay_on_the_desk(
    site: RunningSite, duty: Referral, imran: httpx.Client
):
    words = f"We will open on Sundays, says number {duty.id}."
    release(imran, duty, summary=words)
    site.town.work()
    public = ("/", f"/petitions/{duty.subject_id}", f"/petitions/{duty.subject_id}.json", "/petitions.json?state=all")
    with site.client() as visitor:
        assert words in visitor.get(public[1]).text
        back = imran.post(f"/desk/referrals/{duty.id}/take-back", data={"after_version": "1"})
        assert (back.status_code, back.headers["location"]) == (303, f"/desk/referrals/{duty.id}")
        for path in public:
            assert words not in visitor.get(path).text
        assert visitor.get(public[2]).json()["data"]["attributes"]["government_response_at"] is None
        assert "Answer taken back" in visitor.get(public[1]).text
    assert states(site, duty) == {"cancelled"}
    page = imran.get(f"/desk/referrals/{duty.id}").text
    assert page.count(words) == 2  # in the form to go on from, and among what was taken back
    assert "Take the answer back" not in page
    assert release(imran, duty, after=1, summary="From June.").status_code == 303


def test_once_letters_have_left_the_answer_can_only_be_corrected(
    site: RunningSite, duty: Referral, imran: httpx.Client
):
    release(imran, duty)
    site.town.work()
    site.town.deliver()
    assert "cannot be taken back" in read(imran, duty)
    page = imran.post(f"/desk/referrals/{duty.id}/take-back", data={"after_version": "1"})
    assert page.status_code == 409
    assert "Letters about this have already left" in page.text
    with site.client() as visitor:
        assert GOOD["summary"] in visitor.get(f"/petitions/{duty.subject_id}").text


@pytest.mark.parametrize("act", ["take-back", "news"])
def test_who_has_not_seen_the_newest_answer_neither_tells_nor_takes_it_back(
    site: RunningSite, duty: Referral, imran: httpx.Client, act: str
):
    release(imran, duty, news=False)
    for seen in ("0", "2", "", "x", "9" * 30):
        page = imran.post(f"/desk/referrals/{duty.id}/{act}", data={"do": "send", "after_version": seen})
        assert page.status_code == 409
    assert "No letter was sent about this." in read(imran, duty)


def test_there_is_nothing_to_tell_or_take_back_before_an_answer(site: RunningSite, duty: Referral, imran: httpx.Client):
    for act in ("take-back", "news"):
        page = imran.post(f"/desk/referrals/{duty.id}/{act}", data={"do": "send", "after_version": "0"})
        assert page.status_code == 409
        assert f'href="/desk/referrals/{duty.id}"' in page.text
    assert imran.post(f"/desk/referrals/{duty.id}/news", data={"do": "shout"}).status_code == 404


def test_who_was_overtaken_finds_their_words_below_the_answer_that_came_first(
    site: RunningSite, duty: Referral, imran: httpx.Client
):
    release(imran, duty, news=False)
    page = release(imran, duty, after=0, summary="My own words.")
    assert page.status_code == 409
    assert "Yours is not published" in page.text
    assert "My own words." in page.text
    assert GOOD["summary"] in page.text
    assert re.search(r'name="after_version" value="1"', page.text)


def test_another_department_neither_tells_nor_takes_back(site: RunningSite, duty: Referral, imran: httpx.Client):
    release(imran, duty, news=False)
    site.town.officer("buses")
    with site.signed_in("officer.buses@example.org") as other:
        for act in ("take-back", "news"):
            page = other.post(f"/desk/referrals/{duty.id}/{act}", data={"do": "send", "after_version": "1"})
            assert page.status_code == 404


def test_what_is_no_longer_owed_stands_apart_with_its_reason(site: RunningSite, duty: Referral, imran: httpx.Client):
    subject = site.town.rows(Referral, Referral.id == duty.id)[0]

    def close(db):
        site.town.site.locks["petition"](db, subject.subject_id)
        service.close(db, SubjectRef("petition", subject.subject_id), "response", subject.episode, site.town.now)

    site.town.database.retrying(close)
    assert f'href="/desk/referrals/{duty.id}"' not in imran.get("/desk").text
    desk = imran.get("/desk?show=closed").text
    assert f'href="/desk/referrals/{duty.id}"' in desk
    assert "Nothing is owed since" in desk
    page = read(imran, duty)
    assert "What caused it fell away before an answer was given" in page
    assert "Nothing is owed here." in page
    assert "Preview the answer" not in page
    refused = release(imran, duty, summary="My own words.", details="An hour's work.")
    assert refused.status_code == 409
    assert "no longer owed" in refused.text
    assert "My own words." in refused.text  # written meanwhile: to be copied
    assert "An hour&#39;s work." in refused.text
    kept = imran.post(f"/desk/referrals/{duty.id}", data={"step": "save", "summary": "Half a sentence"})
    assert (kept.status_code, "Half a sentence" in kept.text) == (409, True)
