"""Whoever signed says once whether the answer addresses what they asked; a letter's link never acts by being opened."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from app.core.security.limits import Allowance
from app.outcomes.model import FeedbackCount, FeedbackGiven
from app.outcomes.web import feedback as feedback_page
from petitions.identity import ASKED
from petitions.service import withdrawing
from tests.app.outcomes.test_public_pages import Matter, words
from tests.people import crowd
from tests.site import RunningSite, another


@pytest.fixture
def matter(sqlite_site: RunningSite) -> Matter:
    found = Matter(sqlite_site)
    found.answer()
    return found


@pytest.fixture
def signer(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    with sqlite_site.client() as client:
        yield client


def link(matter: Matter, person: int) -> str:
    return f"/answers/{matter.referral.id}/{matter.town.keys.token(ASKED, person)}"


def counted(matter: Matter) -> dict[str, int]:
    return {
        row.addressed: row.people
        for row in matter.town.rows(FeedbackCount, FeedbackCount.referral_id == matter.referral.id)
    }


def test_the_letter_leads_to_the_question_and_the_form_counts_once(matter: Matter, signer: httpx.Client):
    town = matter.town
    for _often in range(3):
        town.work()
    letters = town.deliver()
    reader = crowd(4, f"reader{Matter.made}x")[0]
    letter = letters.last_to(reader).get_content()
    path = link(matter, matter.signers[0])
    assert f"{matter.site.base}{path}" in letter
    page = signer.get(path)
    assert "Does this address what you asked?" in words(page) and matter.title in page.text
    assert page.headers["cache-control"] == "no-store" and "noindex" in page.text
    signer.head(path)
    assert counted(matter) == {} and not town.rows(FeedbackGiven, FeedbackGiven.referral_id == matter.referral.id)
    done = signer.post(path, data={"addressed": "partly"})
    assert (done.status_code, done.headers["location"]) == (303, path)
    assert counted(matter) == {"partly": 1}
    assert "1 person who asked said" in words(signer.get(path))
    again = signer.post(path, data={"addressed": "yes"})
    assert again.status_code == 409 and "You have said what you think" in again.text
    assert counted(matter) == {"partly": 1}


def test_nothing_chosen_is_asked_again(matter: Matter, signer: httpx.Client):
    for sent in ({}, {"addressed": "perhaps"}):
        page = signer.post(link(matter, matter.signers[0]), data=sent)
        assert page.status_code == 422 and "Choose yes, partly or no." in page.text
    assert counted(matter) == {}


def test_only_those_whose_signature_counts_here_may_say(sqlite_site: RunningSite, matter: Matter, signer: httpx.Client):
    other = Matter(sqlite_site)
    town, (first, second, *_rest) = matter.town, matter.signers
    (pending,) = town.request(matter.petition, *crowd(1, f"late{Matter.made}x"))
    town.database.retrying(lambda db: withdrawing.withdraw(db, second, closed_on="", now=town.now))
    good = town.keys.token(ASKED, first)
    foreign = [
        link(matter, other.signers[0]),
        link(matter, pending),
        link(matter, second),
        link(matter, 10**12),
        f"/answers/{other.referral.id}/{good}",
        f"/answers/{10**12}/{good}",
        f"/answers/{matter.referral.id}/{another(good)}",
        f"/answers/{matter.referral.id}/{town.keys.token('petitions.withdraw', first)}",
    ]
    for path in foreign:
        assert signer.get(path).status_code == signer.post(path, data={"addressed": "yes"}).status_code == 404, path
    assert counted(matter) == counted(other) == {}


def test_without_an_answer_there_is_nothing_to_say(sqlite_site: RunningSite, signer: httpx.Client):
    matter = Matter(sqlite_site)
    path = link(matter, matter.signers[0])
    for page in (signer.get(path), signer.post(path, data={"addressed": "yes"})):
        assert page.status_code == 409 and "There is no answer at the moment" in page.text


def test_what_was_taken_down_asks_nobody(matter: Matter, signer: httpx.Client):
    path = link(matter, matter.signers[0])
    matter.town.take_down(matter.petition)
    page = signer.get(path)
    assert page.status_code == 404 and matter.title not in page.text
    assert signer.post(path, data={"addressed": "yes"}).status_code == 404


def test_over_the_limit_the_choice_is_kept(matter: Matter, signer: httpx.Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(matter.site.house.limits, "on", True)
    monkeypatch.setattr(feedback_page, "A_NETWORK", Allowance(most=1, an_hour=1))
    for person, status in zip(matter.signers, (303, 429), strict=False):
        page = signer.post(link(matter, person), data={"addressed": "no"})
        assert page.status_code == status
    assert "checked" in page.text and int(page.headers["retry-after"]) > 0
    assert counted(matter) == {"no": 1}


def test_a_form_from_elsewhere_counts_nothing(matter: Matter, signer: httpx.Client):
    page = signer.post(
        link(matter, matter.signers[0]), data={"addressed": "no"}, headers={"Origin": "https://evil.example"}
    )
    assert page.status_code == 403 and counted(matter) == {}
