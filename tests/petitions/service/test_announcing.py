"""News to those who asked for it: each announcement reaches a person once, and what has not left can be stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.mail import service as mail
from app.mail.model import Letter
from app.mail.postman import CLAIM
from petitions.model.petition import Announcement, Petition
from petitions.model.signature import Signature
from petitions.service import announcing, withdrawing
from petitions.service.announcing import ANSWERED, DEBATE_SCHEDULED, Announcing, delivery
from petitions.service.ending import invalidate
from tests.fakes import NOON
from tests.people import AMINA, ANNA, CHARLIE, LAURA, SAM, SUZIE, crowd
from tests.site import Town

NEWS = "A petition you signed was answered"
FOUR_IN_THE_AFTERNOON = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # in London
MIDNIGHT = datetime(2026, 7, 1, 23, 0, tzinfo=UTC)


@pytest.fixture
def quiet_town(town: Town, tmp_path: Path) -> Town:
    """News leaves between midnight and six."""
    return Town(town.database, tmp_path, petitions_response_at=10, petitions_debate_at=20, news_window="00:00-06:00")


@pytest.fixture
def answerable(quiet_town: Town) -> int:
    """Ten have signed at four in the afternoon; Laura asked for no news."""
    petition = quiet_town.open_petition()
    quiet_town.sign(petition, SAM, SUZIE, CHARLIE, LAURA.but(notify=False))
    quiet_town.deliver()
    quiet_town.clock.set(FOUR_IN_THE_AFTERNOON)
    return petition


def news_of(town: Town) -> Announcing:
    return town.site.news["petition"].announcing  # type: ignore[attr-defined,no-any-return]


def tell(town: Town, petition: int, about: int, template: str = ANSWERED) -> None:
    town.database.retrying(lambda db: news_of(town).tell_signers(db, petition, template, about, town.now))


def call_off(town: Town, petition: int, template: str = ANSWERED) -> int:
    return town.database.retrying(lambda db: news_of(town).call_off(db, petition, template, town.now))


def letters(town: Town) -> dict[str, int]:
    """How many of the news' letters are in each state."""
    states = [letter.state for letter in town.queued(ANSWERED)]
    return {state: states.count(state) for state in sorted(set(states))}


def got(town: Town, *people: object) -> list[int]:
    return [town.letters.subjects(p).count(NEWS) for p in people]  # type: ignore[arg-type]


def test_saved_again_at_five_the_first_letters_stay_and_each_gets_one_after_midnight(quiet_town: Town, answerable: int):
    town = quiet_town
    town.answer(answerable)
    town.work()
    assert letters(town) == {"waiting": 9}
    town.clock.advance(timedelta(hours=1))
    town.answer(answerable, "We will open on Sundays from June.", after=1, tell=True)
    town.work()
    assert letters(town) == {"cancelled": 9, "waiting": 9}
    assert got(town.deliver() and town, SAM) == [0]
    town.clock.set(MIDNIGHT)
    town.deliver()
    assert got(town, ANNA, SAM, SUZIE, CHARLIE, LAURA) == [1, 1, 1, 1, 0]
    assert "from June" in town.letters.last_to(SAM).get_content()
    assert town.broken() == {}


def test_who_left_meanwhile_or_never_confirmed_gets_none(quiet_town: Town, answerable: int):
    town = quiet_town
    town.request(answerable, AMINA)
    (sam,), (suzie,), (charlie,) = (town.signatures(answerable, p) for p in (SAM, SUZIE, CHARLIE))
    town.answer(answerable)
    town.work()
    town.database.retrying(lambda db: db.execute(update(Signature).where(Signature.id == sam.id).values(notify=False)))
    town.database.retrying(lambda db: invalidate(db, suzie.id, reason="fraud", by=town.moderator(), now=town.now))
    town.database.retrying(lambda db: withdrawing.withdraw(db, charlie.id, closed_on="", now=town.now))
    town.clock.set(MIDNIGHT)
    town.deliver()
    assert got(town, ANNA, SAM, SUZIE, CHARLIE, AMINA) == [1, 0, 0, 0, 0]
    assert letters(town) == {"dropped": 3, "sent": 6}


def test_called_off_before_midnight_no_letter_leaves_and_sent_again_each_gets_one(quiet_town: Town, answerable: int):
    town = quiet_town
    about = town.answer(answerable)
    town.work()
    assert call_off(town, answerable) == 9
    assert call_off(town, answerable) == 0
    town.clock.set(MIDNIGHT)
    town.work()
    town.deliver()
    assert letters(town) == {"cancelled": 9}
    town.clock.advance(timedelta(hours=8))  # the window has closed again
    late = crowd(1, "late")[0]
    town.sign(answerable, late)
    tell(town, answerable, about)
    town.work()
    assert letters(town) == {"waiting": 10}
    town.clock.set(MIDNIGHT + timedelta(days=1))
    town.deliver()
    assert got(town, ANNA, SAM, late) == [1, 1, 1]
    assert letters(town) == {"sent": 10}
    assert len(town.rows(Announcement)) == 1
    assert town.broken() == {}


def test_called_off_while_it_is_being_queued_nothing_more_is_queued(
    quiet_town: Town, answerable: int, monkeypatch: pytest.MonkeyPatch
):
    town = quiet_town
    monkeypatch.setattr(announcing, "A_STEP", 3)
    town.answer(answerable)
    town.database.retrying(lambda db: announcing.queue_some_news(db, town.now))
    assert call_off(town, answerable) == 3
    town.work()
    assert letters(town) == {"cancelled": 3}


def test_a_letter_in_the_postmans_hand_is_not_sent_once_it_was_called_off(quiet_town: Town, answerable: int):
    town = quiet_town
    town.answer(answerable)
    town.work()
    town.clock.set(MIDNIGHT)
    (held,) = town.queued(ANSWERED)[:1]
    town.database.retrying(
        lambda db: db.execute(update(Letter).where(Letter.id == held.id).values(claimed_until=town.now + CLAIM))
    )
    assert call_off(town, answerable) == 8
    town.postman._deliver(held.id)
    assert letters(town) == {"cancelled": 8, "dropped": 1}
    assert sum(got(town, ANNA, SAM, SUZIE, CHARLIE)) == 0


def test_pressed_again_while_letters_leave_nobody_gets_a_second(quiet_town: Town, answerable: int):
    town = quiet_town
    about = town.answer(answerable)
    town.work()
    town.clock.set(MIDNIGHT)
    town.postman._deliver(town.queued(ANSWERED)[0].id)
    tell(town, answerable, about)
    town.work()
    town.deliver()
    assert letters(town) == {"sent": 9}
    assert got(town, ANNA, SAM, SUZIE, CHARLIE) == [1, 1, 1, 1]
    assert town.broken() == {}


def test_a_step_that_stops_half_way_goes_on_where_it_was(
    quiet_town: Town, answerable: int, monkeypatch: pytest.MonkeyPatch
):
    town = quiet_town
    monkeypatch.setattr(announcing, "A_STEP", 4)
    town.answer(answerable)
    town.database.retrying(lambda db: announcing.queue_some_news(db, town.now))

    def dies(*_args: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as fault:
        fault.setattr(announcing.mail, "queue_once", dies)
        with pytest.raises(ConnectionError):
            town.database.retrying(lambda db: announcing.queue_some_news(db, town.now))
    town.work()
    (news,) = town.rows(Announcement)
    assert (news.queued, news.done_at) == (9, town.now)
    assert letters(town) == {"waiting": 9}


def test_two_kinds_of_news_do_not_disturb_each_other(quiet_town: Town, answerable: int):
    town = quiet_town
    town.answer(answerable)
    tell(town, answerable, 1, DEBATE_SCHEDULED)
    town.work()
    assert call_off(town, answerable, DEBATE_SCHEDULED) == 9
    assert letters(town) == {"waiting": 9}


def test_a_petition_that_is_taken_down_sends_no_more_news(quiet_town: Town, answerable: int):
    town = quiet_town
    town.answer(answerable)
    town.work()
    town.sql("UPDATE petitions_petition SET state = 'hidden', hidden_at = opened_at")
    town.clock.set(MIDNIGHT)
    town.deliver()
    assert letters(town) == {"dropped": 9}


def test_what_became_of_the_letters_is_counted(quiet_town: Town, answerable: int):
    town = quiet_town
    town.answer(answerable)
    town.work()
    (news,) = town.rows(Announcement)
    sent, dead, dropped = town.queued(ANSWERED)[:3]
    for letter, state in ((sent, "sent"), (dead, "dead"), (dropped, "dropped")):
        town.sql("UPDATE mail_letter SET state = :state WHERE id = :id", state=state, id=letter.id)
    call_off(town, answerable)
    with town.database.reading() as db:
        became = delivery(db, db.get_one(Announcement, news.id))
    assert (became.queued, became.sent, became.undeliverable, became.dropped) == (9, 1, 1, 1)
    assert (became.waiting, became.cancelled, became.is_over) == (0, 6, True)


def test_sent_letters_stay_counted_after_the_outbox_has_forgotten_them(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(5, "more"))
    town.answer(petition)
    town.work()
    town.deliver()
    (news,) = town.rows(Announcement)
    town.clock.advance(timedelta(days=31))
    town.database.retrying(lambda db: mail.forget_old(db, town.now))
    assert town.queued(ANSWERED) == []
    with town.database.reading() as db:
        assert delivery(db, db.get_one(Announcement, news.id)).sent == news.queued
    assert town.broken() == {}


CLOSING, MINE = "A petition you signed has closed", "Your petition has closed"


def close(town: Town, petition: int) -> None:
    closes_at = town.petition(petition).closes_at
    assert closes_at is not None
    town.clock.set(closes_at + timedelta(hours=9))
    for _ in range(3):
        town.work()


def test_when_it_closes_each_who_asked_gets_one_letter_and_its_creator_another(quiet_town: Town):
    town = quiet_town
    petition = town.open_petition()
    town.sign(petition, SAM, LAURA.but(notify=False))
    town.deliver()
    close(town, petition)
    town.deliver()
    assert CLOSING not in town.letters.subjects(SAM)  # they wait for the night
    town.clock.advance(timedelta(hours=15))
    town.deliver()
    assert town.letters.subjects(SAM).count(CLOSING) == 1
    assert CLOSING not in town.letters.subjects(LAURA)
    assert (town.letters.subjects(ANNA).count(MINE), town.letters.subjects(ANNA).count(CLOSING)) == (1, 0)
    said = town.letters.last_to(SAM)
    assert "closed with 8 signatures" in said.get_content()
    assert "did not reach the 10 signatures" in said.get_content()
    assert said["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert len(said.get_content().split()) < 120
    close(town, petition)
    town.deliver()
    assert town.letters.subjects(SAM).count(CLOSING) == 1
    assert town.broken() == {}


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        ({"answered_at": NOON}, ["It was answered"]),
        ({"response_reached_at": NOON}, ["A written answer is still owed"]),
        (
            {"response_reached_at": NOON, "debate_reached_at": NOON},
            ["A written answer is still owed", "Word of a debate is still owed"],
        ),
        ({"debate_state": "scheduled", "debate_on": date(2027, 8, 18)}, ["Its debate is set for 18 August 2027"]),
        ({"debate_state": "outcome", "debate_on": date(2026, 8, 18)}, ["It was debated"]),
        ({"debate_state": "not_held"}, ["There will be no debate"]),
    ],
)
def test_the_letter_says_what_was_reached_and_what_is_still_owed(
    sqlite_town: Town, happened: dict[str, object], said: list[str]
):
    town = sqlite_town
    petition = town.open_petition()
    town.database.retrying(lambda db: db.execute(update(Petition).where(Petition.id == petition).values(**happened)))
    close(town, petition)
    town.deliver()
    letter = town.letters.last_to(ANNA)
    assert letter["Subject"] == MINE
    for words in said:
        assert words in letter.get_content()


def test_an_imported_petition_closes_without_a_letter(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    town.deliver()
    town.sql("UPDATE petitions_petition SET source = 'uk-petitions', source_id = '1'")
    close(town, petition)
    assert town.petition(petition).state == "closed"
    assert town.rows(Announcement) == []
    assert CLOSING not in town.deliver().subjects(SAM)
