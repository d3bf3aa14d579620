"""How was it? Asked once on a page of one's own, counted by the day, and tied to nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.core.security.limits import Allowance
from app.performance.model import OpinionDay, UsedNonce
from app.performance.service import opining
from app.performance.web import asking
from petitions.queries.measured import SATISFACTION
from tests.people import crowd
from tests.site import RunningSite, Town

PATH = f"/satisfaction/{SATISFACTION}"
PAGE = re.compile(r'name="page" value="([^"]+)"')
BACK = re.compile(r'name="back" value="([^"]+)"')


@pytest.fixture
def signer(site: RunningSite) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client


@pytest.fixture
def thanks(site: RunningSite) -> str:
    """The page of somebody who has just confirmed."""
    town = site.town
    petition = town.open_petition()
    (signature,) = town.sign(petition, *crowd(1, "content"))
    return town.confirm_link(signature).replace("/confirm/", "/confirmed/")


def counted(site: RunningSite) -> dict[str, int]:
    return {row.grade: row.people for row in site.town.rows(OpinionDay, OpinionDay.asked == SATISFACTION)}


def fields(page: httpx.Response) -> dict[str, str]:
    return {"page": PAGE.search(page.text)[1], "back": BACK.search(page.text)[1]}


def more(site: RunningSite, before: dict[str, int]) -> dict[str, int]:
    return {grade: n - before.get(grade, 0) for grade, n in counted(site).items() if n != before.get(grade, 0)}


def test_the_page_that_thanks_asks_and_thanks_in_the_same_place(site: RunningSite, signer: httpx.Client, thanks: str):
    before, page = counted(site), signer.get(thanks)
    assert page.headers["cache-control"] == "no-store"
    assert "How was it?" in page.text
    done = signer.post(PATH, data=fields(page) | {"grade": "satisfied"})
    assert (done.status_code, done.headers["location"]) == (303, f"{thanks}?thanks#satisfaction")
    after = signer.get(f"{thanks}?thanks")
    assert "Thank you for saying how it was" in after.text
    assert "How was it?</h" not in after.text
    assert more(site, before) == {"satisfied": 1}


def test_a_page_is_counted_once_however_often_it_is_sent(site: RunningSite, signer: httpx.Client, thanks: str):
    before, sent = counted(site), fields(signer.get(thanks))
    for grade in ("dissatisfied", "very-satisfied", "dissatisfied"):
        assert signer.post(PATH, data=sent | {"grade": grade}).status_code == 303
    assert more(site, before) == {"dissatisfied": 1}


def test_nothing_chosen_is_asked_again(site: RunningSite, signer: httpx.Client, thanks: str):
    before, sent = counted(site), fields(signer.get(thanks))
    for grade in ({}, {"grade": "splendid"}):
        page = signer.post(PATH, data=sent | grade)
        assert page.status_code == 422
        assert "Choose how it was" in page.text
        assert fields(page) == sent
    assert signer.post(PATH, data=sent | {"grade": "neither"}).status_code == 303
    assert more(site, before) == {"neither": 1}


def test_a_number_that_is_not_ours_is_unknown(site: RunningSite, signer: httpx.Client, thanks: str):
    before, sent = counted(site), fields(signer.get(thanks))
    other = site.town.keys.token("opinion:satisfaction-answers", 7)
    for wrong in ("", "x" * 32, other, sent["page"][:-1] + ("A" if sent["page"][-1] != "A" else "B"), "é" * 32):
        assert signer.post(PATH, data={"page": wrong, "grade": "neither"}).status_code == 404
    assert signer.post("/satisfaction/nothing", data=sent | {"grade": "neither"}).status_code == 404
    assert more(site, before) == {}


def test_a_page_left_open_for_two_days_counts_no_more(site: RunningSite, signer: httpx.Client):
    town, before = site.town, counted(site)
    old = town.site.satisfaction.question(SATISFACTION, "/", town.now - timedelta(days=2))
    page = signer.post(PATH, data={"page": old.nonce, "grade": "neither"})
    assert page.status_code == 410
    assert "open for a day" in page.text
    assert more(site, before) == {}


def test_another_site_cannot_answer_for_anybody(site: RunningSite, signer: httpx.Client, thanks: str):
    sent = fields(signer.get(thanks)) | {"grade": "very-dissatisfied"}
    before = counted(site)
    answer = signer.post(PATH, data=sent, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert more(site, before) == {}


@pytest.mark.parametrize(
    "back", ["", "//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere", "/a\r\nb", "x"]
)
def test_nobody_is_sent_away_from_this_site(site: RunningSite, signer: httpx.Client, thanks: str, back: str):
    sent = fields(signer.get(thanks)) | {"grade": "satisfied", "back": back}
    assert signer.post(PATH, data=sent).headers["location"] == "/satisfaction/thanks"
    assert "Thank you" in signer.get("/satisfaction/thanks").text


def test_a_network_that_says_too_much_waits_and_its_page_is_kept(
    site: RunningSite, signer: httpx.Client, thanks: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(site.house.limits, "on", True)
    monkeypatch.setattr(asking, "A_NETWORK", Allowance(most=0, an_hour=0))
    sent = fields(signer.get(thanks)) | {"grade": "satisfied"}
    page = signer.post(PATH, data=sent)
    assert page.status_code == 429
    assert int(page.headers["retry-after"]) > 0
    assert fields(page)["page"] == sent["page"]


def test_used_numbers_are_forgotten_once_they_are_worth_nothing(town: Town):
    asked, zone = SATISFACTION, town.settings.zone
    question = town.site.satisfaction.question(asked, "/", town.now)
    number = town.site.satisfaction.read(asked, question.nonce, town.now)
    say = lambda db: opining.say(db, asked, number, opining.Grade.NEITHER, town.now, zone)
    assert [town.database.retrying(say) for _twice in range(2)] == [True, False]
    town.work()
    assert len(town.rows(UsedNonce)) == 1
    town.clock.advance(timedelta(days=3))
    town.work()
    assert town.rows(UsedNonce) == []
    assert [row.people for row in town.rows(OpinionDay)] == [1]
    with pytest.raises(opining.QuestionOver):
        town.site.satisfaction.read(asked, question.nonce, town.now)


def test_pages_of_a_minute_have_numbers_of_their_own(town: Town):
    ask = town.site.satisfaction.question
    assert len({ask(SATISFACTION, "/", town.now).nonce for _page in range(500)}) == 500
    assert ask("satisfaction-nowhere", "/", town.now) is None
