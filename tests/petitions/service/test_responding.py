"""A department answers: the petition shows it, and those who asked for news get one letter each."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.mail.model import Letter
from app.mail.postman import free_claims
from app.mail.transport import FileTransport
from petitions.model.petition import Announcement
from petitions.service import responding, withdrawing
from tests.people import AMINA, ANNA, CHARLIE, LAURA, SAM, SUZIE
from tests.site import Town

NEWS = "A petition you signed was answered"


@pytest.fixture
def answerable(town: Town) -> int:
    """Ten have signed: Sam and Suzie want news, Laura does not, Charlie withdrew, Amina never confirmed."""
    petition = town.open_petition()
    *_rest, charlie = town.sign(petition, SAM, SUZIE, LAURA.but(notify=False), CHARLIE)
    town.request(petition, AMINA)
    town.database.retrying(lambda db: withdrawing.withdraw(db, charlie, closed_on="", now=town.now))
    assert len(town.referrals(petition)) == 1
    return petition


def told(town: Town) -> dict[str, int]:
    return {p.name: town.letters.subjects(p).count(NEWS) for p in (ANNA, SAM, SUZIE, LAURA, CHARLIE, AMINA)}


def test_every_signer_who_asked_is_told_once_and_nobody_else(town: Town, answerable: int):
    town.answer(answerable)
    town.work()
    town.deliver()
    expected = {p.name: 1 for p in (ANNA, SAM, SUZIE)} | {p.name: 0 for p in (LAURA, CHARLIE, AMINA)}
    assert told(town) == expected
    assert town.letters.subjects("sponsor.3@example.org").count(NEWS) == 1
    assert "We will open on Sundays from May." in town.letters.last_to(SAM).get_content()
    town.work()
    town.deliver()
    assert told(town) == expected
    assert town.petition(answerable).answered_at == town.now
    assert town.broken() == {}


def test_who_withdraws_between_the_queue_and_the_postman_gets_none(town: Town, answerable: int):
    town.answer(answerable)
    town.work()
    (sam,) = town.signatures(answerable, SAM)
    town.database.retrying(lambda db: withdrawing.withdraw(db, sam.id, closed_on="", now=town.now))
    town.deliver()
    assert told(town)[SAM.name] == 0
    assert town.broken() == {}


def test_a_corrected_answer_is_shown_without_another_letter(town: Town, answerable: int):
    town.answer(answerable)
    first = town.petition(answerable).answered_at
    town.work()
    town.answer(answerable, "We will open on Sundays from June.", after=1)
    town.work()
    town.deliver()
    assert told(town)[SAM.name] == 1
    assert "from May" in town.letters.last_to(SAM).get_content()
    assert town.petition(answerable).answered_at == first
    assert town.broken() == {}


def test_a_step_that_stops_half_way_is_repeated_without_a_second_letter(
    town: Town, answerable: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(responding, "A_STEP", 3)
    town.answer(answerable)
    town.database.retrying(lambda db: responding.queue_some_news(db, town.now))
    town.sql("UPDATE petitions_announcement SET reached_id = 0, queued = 0")  # the step's note is lost, its letters not
    town.sql("UPDATE petitions_announcement SET done_at = NULL")
    town.work()
    town.deliver()
    assert {p: n for p, n in told(town).items() if n > 1} == {}
    (news,) = town.rows(Announcement)
    assert (news.done_at, news.queued) == (town.now, len(town.queued("petitions/mail/answered")))
    assert town.broken() == {}


class Crash(BaseException):
    """The worker dies after the letter left and before it could note so."""


class Dying(FileTransport):
    def __init__(self, inner: FileTransport, after: int) -> None:
        super().__init__(inner.folder)
        self.left, self.sent = after, []

    def send(self, message, name):
        super().send(message, name)
        self.sent.append((str(message["Message-ID"]), str(message["To"])))
        self.left -= 1
        if self.left == 0:
            raise Crash


def test_a_worker_that_dies_in_the_middle_repeats_only_the_letter_in_flight_under_the_same_id(
    town: Town, answerable: int
):
    town.deliver()
    town.answer(answerable)
    town.work()
    dying = town.postman.transport = Dying(town.postman.transport, after=4)  # type: ignore[arg-type,assignment]
    with pytest.raises(Crash):
        town.postman.drain()
    free_claims(town.database)  # as the next process does
    town.postman.drain()
    again = [entry for entry in dying.sent if dying.sent.count(entry) > 1]
    assert dying.sent[3] == dying.sent[4]
    assert len(again) == 2
    assert len(set(dying.sent)) == len(town.queued("petitions/mail/answered"))
    assert {row.state for row in town.rows(Letter)} <= {"sent", "dropped"}


def test_news_waits_for_its_window_and_confirmations_do_not(sqlite_database, tmp_path):
    town = Town(sqlite_database, tmp_path, petitions_response_at=10, petitions_debate_at=20, news_window="00:00-06:00")
    petition = town.open_petition()
    town.sign(petition, SAM, SUZIE, LAURA, CHARLIE)
    town.clock.set(datetime(2026, 7, 1, 15, 0, tzinfo=UTC))  # 16:00 in London
    town.answer(petition)
    town.work()
    town.request(petition, AMINA)
    assert town.deliver().subjects(AMINA) == ["Confirm your signature"]
    assert NEWS not in town.letters.subjects(SAM)
    town.clock.set(datetime(2026, 7, 1, 23, 0, tzinfo=UTC))  # midnight in London
    assert NEWS in town.deliver().subjects(SAM)
