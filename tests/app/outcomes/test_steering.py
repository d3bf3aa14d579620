"""Whose a matter is and by when: accepted, handed on, decided by the committee, put off, sent back, closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.audit.model import AuditEntry
from app.core.errors import Invalid, NotFound
from app.departments import service as departments
from app.departments.model import Department
from app.outcomes.model import Commitment, DueChange, Handing, Referral
from app.outcomes.passing_on import pass_on
from app.outcomes.rules.answers import AnswerText, Grade
from app.outcomes.rules.commitments import Promise
from app.outcomes.rules.referrals import InACircle, Ruled, WrongState
from app.outcomes.service import NoLongerOwed, answer, desk, steering
from tests.app.outcomes.matters import INA, Matters
from tests.site import ADMINISTRATOR, Town

MARCH_30, APRIL_7 = date(2026, 3, 30), date(2026, 4, 7)


@pytest.fixture
def matters(town: Town) -> Matters:
    """Noon of Monday 2 March."""
    return Matters(town)


def test_a_matter_is_due_at_the_end_of_the_working_day_after_28_days(matters: Matters):
    assert matters.of(matters.referred()).due_at == datetime(2026, 3, 30, 23, 0, tzinfo=UTC)
    matters.town.clock.advance(timedelta(days=6))  # a Sunday: 28 days on is one too
    assert matters.of(matters.referred()).due_at == datetime(2026, 4, 6, 23, 0, tzinfo=UTC)


def test_accepting_twice_is_accepting_once(matters: Matters):
    referral = matters.referred()
    matters.accept(referral)
    at = matters.of(referral).accepted_at
    matters.town.clock.advance(timedelta(hours=1))
    matters.accept(referral)
    assert (matters.of(referral).state, matters.of(referral).accepted_at) == ("accepted", at)
    assert len(matters.town.rows(AuditEntry, AuditEntry.act == "outcomes.accept")) == 1


def test_not_ours_hands_it_on_with_its_day_and_tells_both_the_public_and_the_next_officers(matters: Matters):
    referral = matters.referred()
    matters.officer("roads")
    matters.accept(referral)
    matters.save(referral, by=matters.imran)
    due = matters.of(referral).due_at
    matters.not_ours(referral, "parks", "roads", "It is about a road.")
    now = matters.of(referral)
    assert (now.department_id, now.state, now.due_at) == (matters.department("roads").id, "received", due)
    assert matters.steps(referral) == [
        "Referred to Parks",
        "Parks said that it is not theirs: handed to Roads: It is about a road.",
        "Answer from Roads is due",
    ]
    assert matters.draft(referral) is None  # what the parks were writing is nobody else's
    (letter,) = matters.letters("officer.roads@example.org")
    assert letter.startswith("A matter was handed to your department: It is with Roads now.")
    assert f"/desk/referrals/{referral} The matter: Open the town library on Sundays" in letter
    assert "The reason that was given: It is about a road." in letter
    assert "the answer is due on 30 March 2026. If it is not yours, say so on the same page." in letter
    assert matters.town.broken() == {}


def test_a_matter_goes_round_in_no_circle(matters: Matters):
    referral = matters.referred()
    matters.not_ours(referral, "parks", "roads")
    with pytest.raises(InACircle) as refused:
        matters.not_ours(referral, "roads", "parks")
    assert refused.value.heading == "Parks has had this matter already"
    matters.not_ours(referral, "roads", "buses")
    for slug in ("parks", "roads"):
        with pytest.raises(InACircle):
            matters.not_ours(referral, "buses", slug)
    assert [h.move for h in matters.town.rows(Handing)] == ["referred", "not-ours", "not-ours"]
    assert matters.town.broken() == {}


def test_what_the_committee_decided_is_handed_on_by_nobody(matters: Matters):
    referral = matters.referred()
    matters.not_ours(referral, "parks", "roads")
    matters.rule(referral, "parks", "The path is in a park.")
    assert matters.of(referral).department_id == matters.department().id
    letter = matters.letters()[-1]
    assert letter.startswith("A matter was handed to your department: It is with Parks now.")
    assert "the answer is due on 30 March 2026. The committee decided that it is yours." in letter
    with pytest.raises(Ruled):
        matters.not_ours(referral, "parks", "buses")
    assert matters.steps(referral)[-2:] == [
        "The committee decided that Parks answers, not Roads: The path is in a park.",
        "Answer from Parks is due",
    ]
    assert matters.town.broken() == {}


def test_the_committee_may_leave_it_where_it_is_and_says_why(matters: Matters):
    referral = matters.referred()
    matters.rule(referral, "parks", "It is theirs.")
    with pytest.raises(Ruled):
        matters.not_ours(referral, "parks", "roads")
    assert "The committee decided that Parks answers: It is theirs." in matters.steps(referral)
    assert matters.letters() == []
    assert matters.town.broken() == {}


def test_a_department_that_was_dissolved_is_given_nothing(matters: Matters):
    referral, ada = matters.referred(), matters.town.staff(ADMINISTRATOR, "administrator")
    roads = matters.department("roads").id
    matters.do(lambda db: departments.dissolve(db, roads, reason="Merged", by=ada, now=matters.town.now))
    for act in (lambda: matters.not_ours(referral, "parks", "roads"), lambda: matters.rule(referral, "roads")):
        with pytest.raises(Invalid) as refused:
            act()
        assert [e.field for e in refused.value.errors] == ["to"]
    with pytest.raises(Invalid):
        matters.not_ours(referral, "parks", "parks")


def test_a_department_that_is_dissolved_while_it_owes_passes_everything_on(matters: Matters):
    referral, other = matters.referred(), matters.referred()
    matters.promising(other, Promise("Open the gate", "Head of Parks", date(2026, 5, 4)))
    ada, parks, roads = (
        matters.town.staff(ADMINISTRATOR, "administrator"),
        matters.department(),
        matters.department("roads"),
    )

    def dissolve(db):
        pass_on(db, parks.id, roads.id, by=ada, now=matters.town.now)
        departments.dissolve(db, parks.id, reason="Merged", by=ada, now=matters.town.now)

    matters.do(dissolve)
    assert matters.of(referral).department_id == roads.id
    assert matters.promises(other)[0].department_id == roads.id
    assert "Roads answers in the place of Parks" in matters.steps(referral)
    assert matters.town.rows(Department, Department.id == parks.id)[0].dissolved_at == matters.town.now
    assert matters.town.broken() == {}


def test_a_later_day_stands_with_its_reason_and_an_earlier_one_is_refused(matters: Matters):
    referral = matters.referred()
    matters.put_off(referral, APRIL_7)
    assert matters.of(referral).due_at == datetime(2026, 4, 7, 23, 0, tzinfo=UTC)
    (change,) = matters.town.rows(DueChange)
    assert (change.kind, change.before_at, change.after_at) == (
        "extended",
        datetime(2026, 3, 30, 23, 0, tzinfo=UTC),
        datetime(2026, 4, 7, 23, 0, tzinfo=UTC),
    )
    for day in (APRIL_7, MARCH_30):
        with pytest.raises(Invalid):
            matters.put_off(referral, day)
    assert "Answer put off to 07/04/2026 23:00: The survey takes until then." in matters.steps(referral)
    matters.answer(referral)
    with pytest.raises(WrongState):
        matters.put_off(referral, date(2026, 4, 8))
    assert matters.town.broken() == {}


def test_an_answer_that_was_sent_back_stays_readable_and_a_better_one_takes_its_place(matters: Matters):
    referral = matters.referred()
    with pytest.raises(WrongState):
        matters.send_back(referral, APRIL_7)
    matters.answer(referral)
    took = matters.of(referral).took
    matters.town.clock.advance(timedelta(days=1))
    matters.send_back(referral, APRIL_7, "Say by when.")
    back = matters.of(referral)
    assert (back.state, back.due_at, back.took) == ("returned", datetime(2026, 4, 7, 23, 0, tzinfo=UTC), took)
    assert back.answered_at is not None
    letters = matters.letters(INA)
    assert letters[-1].startswith("An answer was sent back to your department: Give a better answer by 7 April 2026:")
    assert "What the committee said, for everyone to read: Say by when." in letters[-1]
    with pytest.raises(WrongState):
        matters.not_ours(referral, "parks", "roads")
    matters.answer(referral, AnswerText(Grade.WILL_DO, "From 3 May.", "Every week."), after=1)
    assert matters.of(referral).state == "answered"
    assert [a.version for a in matters.answers(referral)] == [1, 2]
    assert matters.town.broken() == {}


@pytest.mark.parametrize("answered", [True, False])
def test_what_the_committee_closed_is_answered_and_changed_by_nobody(matters: Matters, answered: bool):
    referral = matters.referred()
    if answered:
        matters.answer(referral)
    matters.settle(referral, "Enough is said.")
    closed = matters.of(referral)
    assert (closed.state, closed.closed_why) == ("closed", "settled" if answered else "dropped")
    assert any(step.endswith(": Enough is said.") for step in matters.steps(referral))
    for act in (
        lambda: matters.answer(referral, after=int(answered)),
        lambda: matters.put_off(referral, APRIL_7),
        lambda: matters.not_ours(referral, "parks", "roads"),
        lambda: matters.accept(referral),
        lambda: matters.settle(referral),
        lambda: matters.save(referral, by=matters.imran),
    ):
        with pytest.raises(NoLongerOwed):
            act()
    assert len(matters.answers(referral)) == int(answered)
    assert matters.town.broken() == {}


def test_a_foreign_matter_is_as_good_as_none(matters: Matters):
    referral, town = matters.referred("roads"), matters.town
    parks, buses, by, now = matters.department(), matters.department("buses"), matters.imran, matters.town.now
    text = AnswerText(Grade.NO, "No.", "No.")
    for act in (
        lambda db: steering.accept(db, referral, parks.id, by=by, now=now),
        lambda db: steering.not_ours(db, referral, parks.id, buses, "Why", by=by, now=now),
        lambda db: steering.extend(db, referral, parks.id, matters.end_of(APRIL_7), "Why", by=by, now=now),
        lambda db: steering.help_with(db, referral, parks.id, buses, by=by, now=now),
        lambda db: desk.assign(db, referral, parks.id, by, by=by, now=now),
        lambda db: desk.note(db, referral, parks.id, "Hello", by=by, now=now),
        lambda db: answer(db, referral, parks.id, text, after_version=0, by=by, now=now),
    ):
        with pytest.raises(NotFound):
            matters.do(act)
    assert not town.rows(Commitment)
    assert town.rows(Referral)[0].state == "received"


def test_a_department_that_helps_reads_and_notes_and_leads_no_less_when_it_is_given_the_matter(matters: Matters):
    referral, roads = matters.referred(), matters.department("roads")
    helper, now = matters.officer("roads"), matters.town.now
    matters.do(lambda db: steering.help_with(db, referral, matters.department().id, roads, by=matters.imran, now=now))
    matters.do(lambda db: desk.note(db, referral, roads.id, "The road is ours.", by=helper, now=now))
    (letter,) = matters.letters("officer.roads@example.org")
    assert letter.startswith("Your department is asked to help: Parks answers this matter and asks your department")
    assert f"/desk/referrals/{referral}" in letter
    assert "Their answer is due on 30 March 2026. You owe none." in letter
    with pytest.raises(Invalid):
        matters.do(
            lambda db: steering.help_with(db, referral, matters.department().id, roads, by=matters.imran, now=now)
        )
    with pytest.raises(NotFound):
        matters.do(lambda db: steering.accept(db, referral, roads.id, by=helper, now=now))
    matters.not_ours(referral, "parks", "roads")
    assert matters.of(referral).department_id == roads.id
    assert matters.town.broken() == {}


def test_who_is_given_a_matter_gets_a_letter_and_nobody_else_does(matters: Matters):
    referral, parks, now = matters.referred(), matters.department().id, matters.town.now
    matters.do(lambda db: desk.assign(db, referral, parks, matters.ina, by=matters.imran, now=now))
    matters.do(lambda db: desk.assign(db, referral, parks, matters.imran, by=matters.imran, now=now))
    stranger = matters.officer("roads")
    with pytest.raises(Invalid):
        matters.do(lambda db: desk.assign(db, referral, parks, stranger, by=matters.imran, now=now))
    assert matters.of(referral).assignee_id == matters.imran
    (letter,) = matters.letters(INA)
    assert letter.startswith("A matter was given to you: A colleague asks you to see to this matter:")
    assert "The answer is due on 30 March 2026." in letter
    assert matters.letters() == []
