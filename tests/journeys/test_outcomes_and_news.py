"""Answers, debates and the news of them, from the officer's desk to the signer's mailbox: scenarios 42, 44 and 46,
and others of their kind."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.mail.postman import free_claims
from app.mail.transport import FileTransport
from petitions.mails import UNSUBSCRIBE
from petitions.service import withdrawing
from petitions.service.ending import invalidate
from tests.fakes import FixedClock
from tests.people import AMINA, ANNA, CHARLIE, LAURA, SAM, SUZIE, Person, crowd
from tests.site import OFFICER, RunningSite

ANSWERED = "A petition you signed was answered"
ANSWER = {"grade": "will-do", "summary": "We will open on Sundays from May.", "details": "Staff are hired."}
FOUR = datetime(2027, 8, 1, 15, 0, tzinfo=UTC)  # in the afternoon, in London
MIDNIGHT = datetime(2027, 8, 1, 23, 0, tzinfo=UTC)
HANSARD = "https://hansard.parliament.uk/debates/1"


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """News leaves between midnight and six; an answer is due at 10 signatures, a debate at 20."""
    policy = {"petitions_response_at": 10, "petitions_debate_at": 20, "news_window": "00:00-06:00", "page_cache": "off"}
    with RunningSite(database, tmp_path, clock=FixedClock(FOUR), **policy) as site:
        yield site


@pytest.fixture
def library(town: RunningSite) -> int:
    """Eleven count: Sam, Suzie, Charlie and the creator Anna among them; Laura asked for no news."""
    petition = town.town.open_petition()
    town.town.officer()
    town.town.sign(petition, SAM, SUZIE, CHARLIE, LAURA.but(notify=False), *crowd(3, "more"))
    town.town.deliver()
    return petition


class Officer:
    """Signs in anew each time: days pass between one act and the next."""

    def __init__(self, site: RunningSite, address: str) -> None:
        self.site, self.address = site, address

    def get(self, path: str) -> httpx.Response:
        with self.site.signed_in(self.address) as client:
            return client.get(path)

    def post(self, path: str, data: dict[str, str]) -> httpx.Response:
        with self.site.signed_in(self.address) as client:
            return client.post(path, data=data)


@pytest.fixture
def imran(town: RunningSite, library: int) -> Officer:
    return Officer(town, OFFICER)


def words(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    inline = re.sub(r"</?(?:time|strong|span|a)\b[^>]*>", "", page.text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", inline)).split())


def duty(town: RunningSite, petition: int, cause: str = "response") -> str:
    return next(f"/desk/referrals/{r.id}" for r in town.town.referrals(petition) if r.cause == cause)


def public(town: RunningSite, petition: int) -> str:
    with town.client() as visitor:
        return words(visitor.get(f"/petitions/{petition}"))


def shown(town: RunningSite, petition: int) -> dict[str, object]:
    with town.client() as visitor:
        answer = visitor.get(f"/petitions/{petition}.json")
        return dict(answer.json()["data"]["attributes"])


def news(town: RunningSite, *people: Person, subject: str = ANSWERED) -> list[int]:
    return [town.town.letters.subjects(p).count(subject) for p in people]


def turn(town: RunningSite, to: datetime) -> None:
    town.town.clock.set(to)
    town.town.work()
    town.town.deliver()


def test_42_pressed_again_at_five_each_gets_one_letter_after_midnight(town: RunningSite, library: int, imran: Officer):
    path = duty(town, library)
    told = ANSWER | {"send_news": "yes", "step": "release"}
    assert imran.post(path, data=told | {"after_version": "0"}).status_code == 303
    town.town.work()
    assert "leave from 2 August 2027, 12:00 am BST" in words(imran.get(path))
    town.town.clock.advance(timedelta(hours=1))
    again = told | {"after_version": "1", "summary": "We will open on Sundays from June."}
    assert imran.post(path, data=again).status_code == 303
    town.town.work()
    town.town.request(library, AMINA)
    (sam,), (suzie,) = (town.town.signatures(library, p) for p in (SAM, SUZIE))
    by = town.town.moderator()
    town.town.database.retrying(lambda db: invalidate(db, suzie.id, reason="fraud", by=by, now=town.town.now))
    stop(town, sam.id)
    turn(town, MIDNIGHT - timedelta(minutes=1))
    assert sum(news(town, ANNA, SAM, SUZIE, CHARLIE, LAURA, AMINA)) == 0
    turn(town, MIDNIGHT)
    assert news(town, ANNA, SAM, SUZIE, CHARLIE, LAURA, AMINA) == [1, 0, 0, 1, 0, 0]
    assert "from June" in town.town.letters.last_to(CHARLIE).get_content()
    assert town.town.letters.last_to(CHARLIE)["Date"].datetime == MIDNIGHT  # not the hour at which he pressed
    page = words(imran.get(path))
    assert "Letters 12 Sent 10 No longer wanted 2" in page
    assert "Letters 12 Sent 0 Called off before they left 12" in page
    assert town.town.broken() == {}


def stop(town: RunningSite, signature: int) -> None:
    """One click in the mail program."""
    with town.client() as program:
        link = f"/signatures/unsubscribe/{town.town.keys.token(UNSUBSCRIBE, signature)}"
        assert program.post(link, data={"List-Unsubscribe": "One-Click"}).status_code in (200, 303)


class Crash(BaseException):
    """The process dies after a letter left and before it could note so."""


class Dying(FileTransport):
    def __init__(self, inner: FileTransport, after: int) -> None:
        super().__init__(inner.folder)
        self.left = after
        self.sent: list[tuple[str, str]] = []

    def send(self, message, name):
        super().send(message, name)
        self.sent.append((str(message["Message-ID"]), str(message["To"])))
        self.left -= 1
        if self.left == 0:
            raise Crash


def test_42_a_crash_amid_the_letters_repeats_the_one_in_flight_under_the_same_id(
    town: RunningSite, library: int, imran: Officer
):
    imran.post(duty(town, library), data=ANSWER | {"send_news": "yes", "step": "release", "after_version": "0"})
    town.town.work()
    town.town.clock.set(MIDNIGHT)
    postman = town.town.postman
    dying = postman.transport = Dying(postman.transport, after=4)  # type: ignore[arg-type,assignment]
    with pytest.raises(Crash):
        postman.drain()
    free_claims(town.town.database)  # as the next process does
    postman.drain()
    assert dying.sent[3] == dying.sent[4]
    assert len(dying.sent) == len(set(dying.sent)) + 1
    assert len(set(dying.sent)) == len(town.town.queued("petitions/mail/answered")) == 12
    assert town.town.broken() == {}


def test_44_a_debate_is_announced_then_awaits_its_outcome_then_tells_it(
    town: RunningSite, library: int, imran: Officer
):
    town.town.sign(library, *crowd(9, "debate"))
    assert "No date is set yet." in public(town, library)
    desk = f"/desk/debates/{library}"
    assert f'href="{desk}"' in imran.get("/desk").text
    day = {"state": "scheduled", "date": "2027-08-18"}
    preview = words(imran.post(desk, data=day | {"after_version": "0", "step": "preview"}))
    assert "Scheduled for 18 August 2027" in preview
    assert town.town.petition(library).debate_state is None
    assert imran.post(desk, data=day | {"after_version": "0", "step": "release", "send_news": "yes"}).status_code == 303
    assert "Scheduled for 18 August 2027" in public(town, library)
    assert shown(town, library)["scheduled_debate_date"] == "2027-08-18"
    turn(town, MIDNIGHT)
    assert news(town, CHARLIE, LAURA, subject="A petition you signed: debate on 18 August 2027") == [1, 0]

    turn(town, datetime(2027, 8, 18, 22, 59, tzinfo=UTC))
    assert "Scheduled for 18 August 2027" in public(town, library)
    turn(town, datetime(2027, 8, 19, 8, 0, tzinfo=UTC))
    assert "Debated on 18 August 2027. Awaiting outcome for 1 day." in public(town, library)
    turn(town, datetime(2027, 8, 20, 8, 0, tzinfo=UTC))
    assert "Awaiting outcome for 2 days." in public(town, library)

    told = day | {"state": "outcome", "overview": "The council agreed.", "after_version": "1", "step": "release"}
    for link in ("https://example.org/debate", "https://parliament.uk.example.org/", "http://hansard.parliament.uk/"):
        page = imran.post(desk, data=told | {"transcript_url": link})
        assert page.status_code == 422
        assert "parliament.uk, parliamentlive.tv" in html.unescape(page.text)
        assert "The council agreed." in page.text
        assert link in page.text
    assert shown(town, library)["debate"] is None
    assert imran.post(desk, data=told | {"transcript_url": HANSARD}).status_code == 303
    page = public(town, library)
    assert "Debated on 18 August 2027. The council agreed. Read the debate" in page
    debate = shown(town, library)["debate"]
    assert isinstance(debate, dict)
    assert (debate["debated_on"], debate["transcript_url"]) == ("2027-08-18", HANSARD)
    with town.client() as visitor:
        ids = [row["id"] for row in visitor.get("/petitions.json?state=with_debate_outcome").json()["data"]]
        assert ids == [library]
        assert visitor.get("/petitions.json?state=awaiting_debate").json()["data"] == []
    assert town.town.broken() == {}


def test_a_debate_that_is_not_held_says_why(town: RunningSite, library: int, imran: Officer):
    town.town.sign(library, *crowd(9, "debate"))
    desk, no = f"/desk/debates/{library}", {"state": "not_held", "after_version": "0", "step": "release"}
    assert imran.post(desk, data=no).status_code == 422
    assert imran.post(desk, data=no | {"overview": "It was debated last month."}).status_code == 303
    page = public(town, library)
    assert "This petition will not be debated. It was debated last month." in page
    with town.client() as visitor:
        assert "There will be no debate." in words(visitor.get("/"))
    assert town.town.referrals(library)[0].state == "received"  # the written answer is still owed


def test_a_call_for_a_debate_is_answered_on_its_own_page_alone(town: RunningSite, library: int, imran: Officer):
    town.town.sign(library, *crowd(9, "debate"))
    path = duty(town, library, "debate")
    assert f'href="/desk/debates/{library}"' in imran.get(path).text
    refused = imran.post(path, data=ANSWER | {"after_version": "0", "step": "release"})
    assert refused.status_code == 409
    assert f'href="/desk/debates/{library}"' in refused.text
    assert town.town.petition(library).debate_state is None


def test_the_day_taken_back_leaves_the_petition_waiting(town: RunningSite, library: int, imran: Officer):
    town.town.sign(library, *crowd(9, "debate"))
    desk = f"/desk/debates/{library}"
    day = {"state": "scheduled", "date": "2027-08-18", "send_news": "yes"}
    imran.post(desk, data=day | {"after_version": "0", "step": "release"})
    assert imran.post(f"{desk}/take-back", data={"after_version": "0"}).status_code == 409
    assert imran.post(f"{desk}/take-back", data={"after_version": "1"}).status_code == 303
    assert "No date is set yet." in public(town, library)
    turn(town, MIDNIGHT)
    assert news(town, CHARLIE, subject="A petition you signed: debate on 18 August 2027") == [0]
    page = imran.get(desk)
    assert "taken back" in words(page)
    assert town.town.broken() == {}


def test_who_was_overtaken_at_a_debate_s_page_keeps_their_words(town: RunningSite, library: int, imran: Officer):
    town.town.sign(library, *crowd(9, "debate"))
    desk = f"/desk/debates/{library}"
    no = {"state": "not_held", "overview": "My own reason.", "after_version": "0", "step": "release"}
    day = {"state": "scheduled", "date": "2027-08-18"}
    imran.post(desk, data=day | {"after_version": "0", "step": "release"})
    page = imran.post(desk, data=no)
    assert page.status_code == 409
    assert "My own reason." in page.text
    assert town.town.petition(library).debate_state == "scheduled"


def test_only_the_department_that_holds_the_call_finds_its_page(town: RunningSite, library: int, imran: Officer):
    assert imran.get(f"/desk/debates/{library}").status_code == 404  # nobody has called for a debate yet
    town.town.sign(library, *crowd(9, "debate"))
    assert imran.get(f"/desk/debates/{library}").status_code == 200
    town.town.officer("buses")
    with town.signed_in("officer.buses@example.org") as other, town.client() as stranger:
        for who in (other, stranger):
            assert who.get(f"/desk/debates/{library}").status_code == 404


def test_46_taken_back_before_midnight_no_letter_leaves_and_it_awaits_an_answer_again(
    town: RunningSite, library: int, imran: Officer
):
    path = duty(town, library)
    due = town.town.referrals(library)[0].due_at
    imran.post(path, data=ANSWER | {"send_news": "yes", "step": "release", "after_version": "0"})
    town.town.work()
    assert ANSWER["summary"] in public(town, library)
    town.town.clock.advance(timedelta(hours=6))
    assert imran.post(f"{path}/take-back", data={"after_version": "1"}).status_code == 303
    turn(town, MIDNIGHT + timedelta(hours=1))
    assert sum(news(town, ANNA, SAM, SUZIE, CHARLIE)) == 0
    assert ANSWER["summary"] not in public(town, library)
    with town.client() as visitor:
        ids = [row["id"] for row in visitor.get("/petitions.json?state=awaiting_response").json()["data"]]
    assert ids == [library]
    (referral,) = town.town.referrals(library)
    assert (referral.state, referral.due_at) == ("received", due)
    assert town.town.broken() == {}


def test_after_a_response_the_awaiting_state_never_comes_back(town: RunningSite, library: int, imran: Officer):
    imran.post(duty(town, library), data=ANSWER | {"step": "release", "after_version": "0"})
    for person in (SAM, SUZIE, CHARLIE, LAURA):
        (signature,) = town.town.signatures(library, person)
        leave = lambda db, s=signature: withdrawing.withdraw(db, s.id, closed_on="", now=town.town.now)
        town.town.database.retrying(leave)
    assert town.town.count(library) < 10
    assert shown(town, library)["government_response_at"] is not None
    assert shown(town, library)["response_threshold_reached_at"] is not None
    town.town.sign(library, *crowd(6, "again"))
    assert len(town.town.referrals(library)) == 1
    assert town.town.broken() == {}
