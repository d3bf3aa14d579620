"""A department answers: the petition shows it, and those who asked for news get one letter each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.audit.model import AuditEntry
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.mail.postman import free_claims
from app.mail.transport import FileTransport
from app.outcomes import service as outcomes
from app.outcomes.model import Answer
from app.outcomes.queries import answers_to, newest_answers
from petitions.model.petition import Announcement, Event
from petitions.service import announcing, withdrawing
from petitions.service.responding import LettersLeft
from tests.people import AMINA, ANNA, CHARLIE, LAURA, SAM, SUZIE, crowd
from tests.site import Town

NEWS = "A petition you signed was answered"


@pytest.fixture
def answerable(town: Town) -> int:
    """Ten count: Sam and Suzie want news, Laura does not, Charlie withdrew, Amina never confirmed."""
    petition = town.open_petition()
    *_rest, charlie = town.sign(petition, SAM, SUZIE, LAURA.but(notify=False), *crowd(1, "tenth"), CHARLIE)
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
    town.deliver()
    town.answer(answerable, "We will open on Sundays from June.", after=1)
    town.work()
    town.deliver()
    assert told(town)[SAM.name] == 1
    assert "from May" in town.letters.last_to(SAM).get_content()
    assert town.petition(answerable).answered_at == first
    assert town.broken() == {}


def test_a_letter_that_still_waits_tells_the_answer_as_it_stands(town: Town, answerable: int):
    town.answer(answerable)
    town.work()
    town.answer(answerable, "We will open on Sundays from June.", after=1)
    town.deliver()
    assert told(town)[SAM.name] == 1
    assert "from June" in town.letters.last_to(SAM).get_content()


def test_an_answer_can_be_given_without_letters(town: Town, answerable: int):
    town.answer(answerable, tell=False)
    town.work()
    town.deliver()
    assert sum(told(town).values()) == 0
    assert town.petition(answerable).answered_at == town.now
    assert town.rows(Announcement) == []


def take_back(town: Town, petition: int, after: int = 1) -> None:
    referral = town.referrals(petition)[0]

    def act(db):
        town.site.locks["petition"](db, petition)
        department, by = referral.department_id or 0, town.officer()
        outcomes.withdraw_answer(db, referral.id, department, after_version=after, by=by, now=town.now)

    town.database.retrying(act)


def test_taken_back_before_a_letter_left_the_answer_is_owed_again_by_its_old_day(town: Town, answerable: int):
    due = town.referrals(answerable)[0].due_at
    town.answer(answerable)
    town.work()
    town.clock.advance(timedelta(hours=1))
    take_back(town, answerable)
    town.deliver()
    (referral,) = town.referrals(answerable)
    assert (referral.state, referral.answered_at, referral.due_at) == ("received", None, due)
    petition = town.petition(answerable)
    assert (petition.answered_at, petition.response_reached_at is not None) == (None, True)
    assert sum(told(town).values()) == 0
    assert {letter.state for letter in town.queued("petitions/mail/answered")} == {"cancelled"}
    (event,) = town.rows(Event, Event.petition_id == answerable, Event.kind == "answer-withdrawn")
    assert event.at == town.now
    (entry,) = town.rows(AuditEntry, AuditEntry.act == "outcomes.withdraw-answer")
    assert (entry.actor_id, entry.subject_id) == (town.officer(), answerable)
    assert town.broken() == {}


def test_a_new_answer_after_one_was_taken_back_is_told_as_a_first_one(town: Town, answerable: int):
    town.answer(answerable)
    town.work()
    take_back(town, answerable)
    town.answer(answerable, "We will open on Sundays from June.", after=1)
    town.work()
    town.deliver()
    assert told(town)[SAM.name] == 1
    assert "from June" in town.letters.last_to(SAM).get_content()
    with town.database.reading() as db:
        (answer,) = answers_to(db, town.referrals(answerable)[0].id)
    assert answer.version == 2
    assert town.broken() == {}


def test_all_versions_of_an_answer_go_together(town: Town, answerable: int):
    town.answer(answerable)
    town.answer(answerable, "From June.", after=1)
    take_back(town, answerable, after=2)
    assert all(a.withdrawn_at == town.now for a in town.rows(Answer))
    with town.database.reading() as db:
        assert newest_answers(db) == []
    assert town.broken() == {}


def test_once_a_letter_has_left_the_answer_can_only_be_corrected(town: Town, answerable: int):
    town.deliver()
    town.answer(answerable)
    town.work()
    town.postman._deliver(town.queued("petitions/mail/answered")[0].id)
    with pytest.raises(LettersLeft):
        take_back(town, answerable)
    assert town.petition(answerable).answered_at is not None
    assert not [letter for letter in town.queued("petitions/mail/answered") if letter.state == "cancelled"]
    town.answer(answerable, "From June.", after=1)
    assert town.broken() == {}


def test_what_was_taken_back_cannot_be_taken_back_again(town: Town, answerable: int):
    town.answer(answerable)
    with pytest.raises(outcomes.AnswerChanged):
        take_back(town, answerable, after=0)
    take_back(town, answerable)
    with pytest.raises(outcomes.NothingToTakeBack):
        take_back(town, answerable)


def test_an_answer_that_is_no_longer_owed_is_closed_and_refuses_every_answer(town: Town, answerable: int):
    subject = SubjectRef("petition", answerable)
    close = lambda db, episode: outcomes.close(db, subject, "response", episode, town.now)
    assert town.database.retrying(lambda db: close(db, 2)) is None
    town.database.retrying(lambda db: close(db, 1))
    (referral,) = town.referrals(answerable)
    assert (referral.state, referral.closed_at) == ("closed", town.now)
    with pytest.raises(outcomes.NoLongerOwed):
        town.answer(answerable)
    assert town.database.retrying(lambda db: close(db, 1)) is None


def test_an_answer_that_was_given_is_never_closed(town: Town, answerable: int):
    town.answer(answerable)
    subject = SubjectRef("petition", answerable)
    assert town.database.retrying(lambda db: outcomes.close(db, subject, "response", 1, town.now)) is None
    assert town.referrals(answerable)[0].state == "answered"


def test_a_step_that_stops_half_way_is_repeated_without_a_second_letter(
    town: Town, answerable: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(announcing, "A_STEP", 3)
    town.answer(answerable)
    town.database.retrying(lambda db: announcing.queue_some_news(db, town.now))
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
