"""A debate is set, moved, told of or refused; the petition, the duty and the letters always say the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.audit.model import AuditEntry
from app.core.errors import NotFound
from app.departments.queries import by_slug
from app.departments.service import want_two_people
from app.outcomes.model import Answer, Referral
from app.outcomes.queries import answers_to, newest_answers
from app.outcomes.service import NoLongerOwed
from app.outcomes.service.drafting import DraftChanged, NeedsSecondPerson
from petitions.model.debate import Debate
from petitions.model.petition import Event
from petitions.rules.debates import DebateState, DebateText, Phase
from petitions.service import debating, second_person
from petitions.service.debating import DebateChanged, Debating, NothingSaid
from petitions.service.ending import invalidate
from petitions.service.responding import LettersLeft
from tests.people import LAURA, SAM, crowd
from tests.site import ADMINISTRATOR, Town

DAY = date(2026, 8, 18)
SET = DebateText(DebateState.SCHEDULED, DAY)
MOVED = DebateText(DebateState.SCHEDULED, DAY + timedelta(days=2))
TOLD = DebateText(DebateState.OUTCOME, DAY, "The council agreed.", "https://hansard.parliament.uk/x")
CORRECTED = DebateText(DebateState.OUTCOME, DAY, "The council agreed in part.")
REFUSED = DebateText(DebateState.NOT_HELD, None, "It was debated last month.")
SET_LETTER, TOLD_LETTER = "A petition you signed: debate on 18 August 2026", "A petition you signed was debated"


@pytest.fixture
def wanted(town: Town) -> int:
    """Twenty have signed, so the parks owe an answer and a debate; Laura asked for no news."""
    town.clock.set(datetime(2026, 8, 1, 9, 0, tzinfo=UTC))
    petition = town.open_petition()
    town.officer()
    town.sign(petition, SAM, LAURA.but(notify=False), *crowd(12, "more"))
    town.deliver()
    return petition


def desk(town: Town) -> Debating:
    return town.site.dependencies["debating"]  # type: ignore[no-any-return]


def department(town: Town, slug: str = "parks") -> int:
    with town.database.reading() as db:
        found = by_slug(db, slug)
        assert found is not None
        return found.id


def release(town: Town, petition: int, said: DebateText, *, after: int = 0, news: bool = False) -> int:
    by, owner = town.officer(), department(town)
    done = town.database.retrying(
        lambda db: (
            desk(town)
            .release(db, petition, owner, said, after_version=after, send_news=news, by=by, now=town.now)
            .version
        )
    )
    return int(done)


def take_back(town: Town, petition: int, after: int) -> None:
    by, owner = town.officer(), department(town)
    town.database.retrying(
        lambda db: desk(town).take_back(db, petition, owner, after_version=after, by=by, now=town.now)
    )


def duty(town: Town, petition: int) -> Referral:
    (found,) = (r for r in town.referrals(petition) if r.cause == "debate")
    return found


def stands(town: Town, petition: int) -> tuple[Any, ...]:
    found = town.petition(petition)
    return found.debate_state, found.debate_on, found.debate_outcome_at


def answer(town: Town, petition: int) -> tuple[str | None, str, str] | None:
    with town.database.reading() as db:
        given = answers_to(db, duty(town, petition).id)
    return (given[0].grade, given[0].summary, given[0].details) if given else None


def shown(town: Town, petition: int) -> debating.ShownDebate:
    with town.database.reading() as db:
        found = debating.shown(db, town.petition(petition), town.now, town.settings.zone)
    assert found is not None
    return found


def test_a_date_answers_the_call_and_leaves_the_written_answer_owed(town: Town, wanted: int):
    release(town, wanted, SET)
    assert stands(town, wanted) == ("scheduled", DAY, None)
    assert (duty(town, wanted).state, duty(town, wanted).answered_at) == ("answered", town.now)
    assert answer(town, wanted) == (
        "will-do",
        "Debate set for 18 August 2026.",
        "The debate's date stands on the petition's page.",
    )
    petition = town.petition(wanted)
    assert (petition.answered_at, petition.response_reached_at is not None) == (None, True)
    assert town.referrals(wanted)[0].state == "received"
    assert town.broken() == {}


def test_a_debate_s_whole_life_keeps_every_version(town: Town, wanted: int):
    release(town, wanted, SET)
    release(town, wanted, MOVED, after=1)
    release(town, wanted, SET, after=2)
    town.clock.set(datetime(2026, 8, 20, 9, 0, tzinfo=UTC))
    told_at = town.now
    release(town, wanted, TOLD, after=3)
    town.clock.advance(timedelta(days=1))
    release(town, wanted, CORRECTED, after=4)
    assert stands(town, wanted) == ("outcome", DAY, told_at)
    assert answer(town, wanted) == ("will-do", "Debated on 18 August 2026.", "The council agreed in part.")
    assert shown(town, wanted).corrected
    versions = sorted(town.rows(Debate), key=lambda d: d.version)
    assert [(d.version, d.state, d.withdrawn_at) for d in versions] == [
        (1, "scheduled", None),
        (2, "scheduled", None),
        (3, "scheduled", None),
        (4, "outcome", None),
        (5, "outcome", None),
    ]
    acts = town.rows(AuditEntry, AuditEntry.act == "petitions.debate", AuditEntry.subject_id == wanted)
    assert [a.facts["version"] for a in acts] == [1, 2, 3, 4, 5]
    assert town.broken() == {}


def test_no_debate_is_an_answer_with_its_reason(town: Town, wanted: int):
    release(town, wanted, REFUSED)
    assert stands(town, wanted) == ("not_held", None, town.now)
    assert answer(town, wanted) == ("no", "There will be no debate.", "It was debated last month.")
    assert (shown(town, wanted).phase, shown(town, wanted).overview) == (Phase.NOT_HELD, "It was debated last month.")
    assert town.broken() == {}


@pytest.mark.parametrize(
    ("at", "phase", "days", "until"),
    [
        ((2026, 8, 17, 12), Phase.SCHEDULED, -1, (2026, 8, 18, 23)),
        ((2026, 8, 18, 22), Phase.SCHEDULED, 0, (2026, 8, 18, 23)),
        ((2026, 8, 18, 23), Phase.DEBATED, 1, (2026, 8, 19, 23)),  # midnight in London
        ((2026, 8, 19, 12), Phase.DEBATED, 1, (2026, 8, 19, 23)),
        ((2026, 10, 24, 23), Phase.DEBATED, 68, (2026, 10, 26, 0)),  # the clocks go back that night
    ],
)
def test_from_the_day_after_it_waits_for_its_outcome(
    town: Town, wanted: int, at: tuple[int, ...], phase: Phase, days: int, until: tuple[int, ...]
):
    release(town, wanted, SET)
    town.clock.set(datetime(*at, tzinfo=UTC))  # type: ignore[misc]
    found = shown(town, wanted)
    assert (found.phase, found.days_since, found.until) == (phase, days, datetime(*until, tzinfo=UTC))  # type: ignore[misc]


def test_without_a_word_the_debate_is_awaited(town: Town, wanted: int):
    assert shown(town, wanted).phase is Phase.AWAITING
    with town.database.reading() as db:
        fresh = town.petition(town.open_petition(action="Another"))
        assert debating.shown(db, fresh, town.now, town.settings.zone) is None


def test_who_asked_for_news_hears_of_the_date_and_of_the_outcome(town: Town, wanted: int):
    release(town, wanted, SET, news=True)
    town.work()
    town.deliver()
    assert town.letters.subjects(SAM).count(SET_LETTER) == 1
    assert f"/petitions/{wanted}" in town.letters.last_to(SAM).get_content()
    release(town, wanted, TOLD, after=1, news=True)
    town.work()
    town.deliver()
    assert town.letters.subjects(SAM).count(TOLD_LETTER) == 1
    assert not {SET_LETTER, TOLD_LETTER} & set(town.letters.subjects(LAURA))
    assert town.broken() == {}


def test_a_date_that_moves_before_its_letters_left_is_told_as_it_stands(town: Town, wanted: int):
    release(town, wanted, SET, news=True)
    town.work()
    release(town, wanted, MOVED, after=1)
    town.deliver()
    assert "A petition you signed: debate on 20 August 2026" in town.letters.subjects(SAM)
    assert SET_LETTER not in town.letters.subjects(SAM)


def test_letters_about_the_date_are_stopped_by_the_outcome(town: Town, wanted: int):
    release(town, wanted, SET, news=True)
    town.work()
    release(town, wanted, TOLD, after=1)
    town.deliver()
    assert {letter.state for letter in town.queued("petitions/mail/debate_scheduled")} == {"cancelled"}
    assert not {SET_LETTER, TOLD_LETTER} & set(town.letters.subjects(SAM))


def test_the_letter_about_no_debate_says_so(town: Town, wanted: int):
    release(town, wanted, REFUSED, news=True)
    town.work()
    town.deliver()
    assert "A petition you signed will not be debated" in town.letters.subjects(SAM)


def test_a_date_taken_back_leaves_the_debate_owed_by_its_old_day(town: Town, wanted: int):
    due = duty(town, wanted).due_at
    release(town, wanted, SET, news=True)
    release(town, wanted, MOVED, after=1, news=True)
    town.work()
    take_back(town, wanted, after=2)
    town.deliver()
    assert stands(town, wanted) == (None, None, None)
    assert (duty(town, wanted).state, duty(town, wanted).due_at) == ("received", due)
    assert answer(town, wanted) is None
    with town.database.reading() as db:
        assert newest_answers(db) == []
    assert not [s for s in town.letters.subjects(SAM) if "debate on" in s]
    assert [d.withdrawn_at for d in town.rows(Debate)] == [town.now] * 2
    (event,) = town.rows(Event, Event.petition_id == wanted, Event.kind == "debate-withdrawn")
    assert event.facts == {"state": "scheduled"}
    assert town.broken() == {}
    release(town, wanted, SET, after=2)
    assert stands(town, wanted) == ("scheduled", DAY, None)
    assert town.broken() == {}


def test_a_date_can_be_taken_back_after_its_letters_left(town: Town, wanted: int):
    release(town, wanted, SET, news=True)
    town.work()
    town.deliver()
    take_back(town, wanted, after=1)
    assert stands(town, wanted) == (None, None, None)
    assert town.broken() == {}


def test_an_outcome_taken_back_gives_the_date_its_place_again(town: Town, wanted: int):
    release(town, wanted, SET)
    release(town, wanted, TOLD, after=1, news=True)
    town.work()
    take_back(town, wanted, after=2)
    town.deliver()
    assert stands(town, wanted) == ("scheduled", DAY, None)
    assert answer(town, wanted)[1] == "Debate set for 18 August 2026."  # type: ignore[index]
    assert TOLD_LETTER not in town.letters.subjects(SAM)
    assert town.broken() == {}


def test_an_outcome_that_was_told_can_only_be_corrected(town: Town, wanted: int):
    release(town, wanted, TOLD, news=True)
    town.work()
    town.postman._deliver(town.queued("petitions/mail/debate_outcome")[0].id)
    with pytest.raises(LettersLeft):
        take_back(town, wanted, after=1)
    assert stands(town, wanted)[0] == "outcome"
    release(town, wanted, CORRECTED, after=1)
    assert town.broken() == {}


@pytest.mark.parametrize("seen", [0, 2, -1])
def test_who_has_not_seen_the_newest_word_changes_nothing(town: Town, wanted: int, seen: int):
    release(town, wanted, SET)
    with pytest.raises(DebateChanged):
        release(town, wanted, REFUSED, after=seen)
    with pytest.raises(DebateChanged):
        take_back(town, wanted, after=seen)
    assert stands(town, wanted) == ("scheduled", DAY, None)
    assert len(town.rows(Answer)) == 1


def test_what_was_never_said_cannot_be_taken_back(town: Town, wanted: int):
    with pytest.raises(NothingSaid):
        take_back(town, wanted, after=0)


def test_another_department_has_no_say(town: Town, wanted: int):
    by = town.officer("buses")
    other = department(town, "buses")
    with pytest.raises(NotFound):
        town.database.retrying(
            lambda db: desk(town).release(db, wanted, other, SET, after_version=0, send_news=False, by=by, now=town.now)
        )


def test_a_petition_that_never_called_for_a_debate_has_none(town: Town):
    town.officer()
    petition = town.open_petition()
    with pytest.raises(NotFound):
        release(town, petition, SET)


def test_a_call_that_fell_away_takes_no_word(town: Town, wanted: int):
    (signature, *_rest) = [s.id for s in town.signatures(wanted) if s.kind == "public"]
    by = town.moderator()
    town.database.retrying(lambda db: invalidate(db, signature, reason="fraud", by=by, now=town.now))
    assert duty(town, wanted).state == "closed"
    with pytest.raises(NoLongerOwed):
        release(town, wanted, SET)
    assert town.broken() == {}


def test_once_a_date_is_set_falling_below_the_goal_undoes_nothing(town: Town, wanted: int):
    release(town, wanted, SET)
    by = town.moderator()
    for signature in [s.id for s in town.signatures(wanted) if s.kind == "public"][:3]:
        town.database.retrying(lambda db, s=signature: invalidate(db, s, reason="fraud", by=by, now=town.now))
    assert town.petition(wanted).debate_reached_at is not None
    assert stands(town, wanted) == ("scheduled", DAY, None)
    assert duty(town, wanted).state == "answered"
    assert town.broken() == {}


def test_verify_sees_a_petition_that_says_something_else_than_its_debate(town: Town, wanted: int):
    release(town, wanted, SET)
    town.sql("UPDATE petitions_petition SET debate_state = 'outcome'")
    assert "petitions: debates are shown" in town.broken()
    town.sql("UPDATE petitions_petition SET debate_state = NULL, debate_on = NULL")
    assert "petitions: debates are shown" in town.broken()


def test_news_of_what_stands_can_be_sent_later_and_called_off(town: Town, wanted: int):
    release(town, wanted, SET)
    by, owner = town.officer(), department(town)
    act = {"by": by, "now": town.now}
    town.database.retrying(lambda db: desk(town).send_news(db, wanted, owner, after_version=1, **act))
    town.work()
    with town.database.reading() as db:
        (told,) = debating.tellings(db, wanted)
    asked = sum(s.notify for s in town.signatures(wanted))
    assert (told.about, told.waiting, told.may_be_called_off) == (1, asked, True)
    assert town.database.retrying(lambda db: desk(town).call_off(db, wanted, owner, **act)) == told.waiting
    town.deliver()
    assert SET_LETTER not in town.letters.subjects(SAM)
    with town.database.reading() as db:
        acts = db.scalars(select(AuditEntry.act).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert acts == ["petitions.debate-news-called-off", "petitions.debate-news"]


def test_where_two_people_release_nobody_speaks_of_a_debate_alone(town: Town, wanted: int):
    writer, reader = town.officer(), town.staff("ina@example.org", "department-officer", "parks")
    ada, parks, now = town.staff(ADMINISTRATOR, "administrator"), department(town), town.now
    town.database.retrying(lambda db: want_two_people(db, parks, True, reason="Safer", by=ada, now=now))
    with pytest.raises(NeedsSecondPerson):
        release(town, wanted, SET)
    form = {"state": "scheduled", "date": DAY.isoformat()}

    def hand_in(after: int) -> None:
        town.database.retrying(
            lambda db: second_person.hand_in(
                db, wanted, parks, form, after_version=after, send_news=False, by=writer, now=now
            )
        )

    def released(by: int, revision: int) -> int:
        return town.database.retrying(
            lambda db: (
                second_person.release(db, desk(town), wanted, parks, SET, revision=revision, by=by, now=now).version
            )
        )

    with pytest.raises(DebateChanged):
        hand_in(after=3)
    hand_in(after=0)
    with pytest.raises(NeedsSecondPerson):
        released(writer, 1)
    with pytest.raises(DraftChanged):
        released(reader, 2)
    assert released(reader, 1) == 1
    with pytest.raises(DraftChanged):
        released(reader, 1)
    (answer,) = town.rows(Answer, Answer.referral_id == duty(town, wanted).id)
    assert (answer.by_id, answer.released_by_id) == (writer, reader)
    assert town.petition(wanted).debate_on == DAY
    assert town.broken() == {}
