"""Promises with their progress: made with an answer and after it, noted, put off, kept, dropped, and called late."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.audit.model import AuditEntry
from app.core.errors import Invalid, NotFound
from app.outcomes.model import ProgressUpdate
from app.outcomes.queries import promises as found
from app.outcomes.rules.commitments import Progress, Promise, Update
from app.outcomes.rules.referrals import WrongState
from app.outcomes.service import NoLongerOwed, committing
from app.outcomes.service.committing import ProgressChanged
from app.outcomes.service.drafting import NeedsSecondPerson
from app.outcomes.service.promising import PromisesChanged, promise_more
from tests.app.outcomes.matters import Matters
from tests.site import OFFICER, Town

MAY_4, MAY_11 = date(2026, 5, 4), date(2026, 5, 11)
GATE = Promise("Open the gate", "Head of Parks", MAY_4)
SHED = Promise("Mend the shed", "Head of Parks", MAY_11)


@pytest.fixture
def matters(town: Town) -> Matters:
    return Matters(town)


def note(
    matters: Matters, promise: int, progress: Progress, words: str = "So far.", *, after: int, **more: Any
) -> None:
    parks, by, now = matters.department().id, matters.imran, matters.town.now
    said = Update(progress, words, **more)
    matters.do(lambda db: committing.report_progress(db, promise, parks, said, after=after, by=by, now=now))


def promise_again(matters: Matters, referral: int, promise: Promise, *, seen: int) -> None:
    parks, by, now = matters.department(), matters.imran, matters.town.now
    matters.do(lambda db: promise_more(db, referral, parks, promise, seen=seen, by=by, now=now))


def test_a_promise_goes_its_way_in_public(matters: Matters):
    referral = matters.referred()
    (gate,) = matters.promising(referral, GATE)
    note(matters, gate, Progress.UNDER_WAY, "The hinges are ordered.", after=0)
    matters.town.clock.advance(timedelta(hours=3))
    note(matters, gate, Progress.UNDER_WAY, "They come late.", after=1, due_on=MAY_11)
    note(matters, gate, Progress.DONE, "It is open.", after=2, links=("https://parks.example.org/gate",))
    (promise,) = matters.promises(referral)
    assert (promise.progress, promise.due_on, promise.ended_at, promise.updates) == (
        "done",
        MAY_11,
        matters.town.now,
        3,
    )
    assert [step for step in matters.steps(referral) if "gate" in step] == [
        "Parks promised: Open the gate",
        "Promise “Open the gate”: under way: The hinges are ordered.",
        "Promise “Open the gate” put off to 11/05/2026: They come late.",
        "Promise “Open the gate”: done: It is open.",
    ]
    assert [(u.number, u.due_before, u.due_after, u.links) for u in matters.town.rows(ProgressUpdate)] == [
        (1, None, None, []),
        (2, MAY_4, MAY_11, []),
        (3, None, None, ["https://parks.example.org/gate"]),
    ]
    assert len(matters.town.rows(AuditEntry, AuditEntry.act == "outcomes.progress")) == 3
    assert matters.town.broken() == {}


def test_of_two_who_note_progress_at_once_the_second_reads_the_first(matters: Matters):
    (gate,) = matters.promising(matters.referred(), GATE)
    note(matters, gate, Progress.DONE, "It is open.", after=0)
    with pytest.raises(ProgressChanged):
        note(matters, gate, Progress.DROPPED, "No money.", after=0)
    assert [u.note for u in matters.town.rows(ProgressUpdate)] == ["It is open."]


def test_what_has_ended_has_no_new_day_and_a_day_is_never_brought_forward(matters: Matters):
    (gate,) = matters.promising(matters.referred(), GATE)
    for progress, day in ((Progress.DONE, MAY_11), (Progress.PLANNED, MAY_4), (Progress.PLANNED, date(2026, 4, 7))):
        with pytest.raises(Invalid) as refused:
            note(matters, gate, progress, after=0, due_on=day)
        assert [e.field for e in refused.value.errors] == ["due"]
    note(matters, gate, Progress.DROPPED, "No money.", after=0)
    with pytest.raises(Invalid) as refused:
        note(matters, gate, Progress.DONE, after=1)
    assert [e.field for e in refused.value.errors] == ["progress"]
    note(matters, gate, Progress.PLANNED, "There is money after all.", after=1, due_on=MAY_11)
    assert matters.town.broken() == {}


def test_a_foreign_promise_is_as_good_as_none(matters: Matters):
    (gate,) = matters.promising(matters.referred(), GATE)
    roads, by, now = matters.department("roads").id, matters.officer("roads"), matters.town.now
    said = Update(Progress.DONE, "Ha.")
    with pytest.raises(NotFound):
        matters.do(lambda db: committing.report_progress(db, gate, roads, said, after=0, by=by, now=now))
    with matters.town.database.reading() as db:
        assert found.one(db, gate, roads) is None
        assert found.open_ones(db, roads) == []


def test_one_more_promise_after_the_answer_and_only_after_it(matters: Matters):
    referral = matters.referred()
    with pytest.raises(WrongState):
        promise_again(matters, referral, SHED, seen=0)
    matters.promising(referral, GATE)
    promise_again(matters, referral, SHED, seen=1)
    with pytest.raises(PromisesChanged):
        promise_again(matters, referral, SHED, seen=1)  # the same press again
    assert [p.text for p in matters.promises(referral)] == ["Open the gate", "Mend the shed"]
    matters.settle(referral)
    with pytest.raises(NoLongerOwed):
        promise_again(matters, referral, SHED, seen=2)
    assert matters.town.broken() == {}


def test_where_two_people_release_a_promise_goes_with_a_corrected_answer(matters: Matters):
    referral = matters.referred()
    matters.answer(referral)
    matters.want_two_people()
    with pytest.raises(NeedsSecondPerson):
        promise_again(matters, referral, SHED, seen=0)
    assert matters.promises(referral) == []


def test_the_list_has_late_ones_first_and_what_has_ended_apart(matters: Matters):
    gate, shed, fence = matters.promising(
        matters.referred(), GATE, SHED, Promise("Paint the fence", "Head of Parks", date(2026, 4, 7))
    )
    note(matters, shed, Progress.DONE, "Mended.", after=0)
    with matters.town.database.reading() as db:
        parks = matters.department().id
        assert [p.text for p in found.open_ones(db, parks)] == ["Open the gate", "Paint the fence"][::-1]
        assert [p.text for p in found.ended(db, parks)] == ["Mend the shed"]
    assert len({gate, shed, fence}) == 3


def test_letters_come_before_the_day_and_after_it_and_stop_once_it_is_kept(matters: Matters):
    referral = matters.referred()
    (gate,) = matters.promising(referral, GATE)
    on(matters, date(2026, 5, 1))
    (near,) = promise_letters(matters)
    assert near.startswith("The day of a promise comes near: Your department promised something by 4 May 2026.")
    assert f"/desk/commitments/{gate} The promise: Open the gate Who sees to it: Head of Parks" in near
    assert "It was made to those who asked for: Open the town library on Sundays" in near
    on(matters, date(2026, 5, 5))
    late = promise_letters(matters)[-1]
    assert late.startswith("A promise is late: Your department promised something by 4 May 2026, and it is not marked")
    note(matters, gate, Progress.DONE, "It is open.", after=0)
    on(matters, date(2026, 5, 18))
    assert len(promise_letters(matters)) == 2


def test_letters_about_an_answer_come_before_its_day_and_after_it(matters: Matters):
    referral = matters.referred()
    on(matters, date(2026, 3, 27))
    soon = matters.letters()[-1]
    assert soon.startswith("An answer is due soon: Your department owes an answer by 30 March 2026:")
    assert f"/desk/referrals/{referral}" in soon
    on(matters, date(2026, 3, 30))
    assert "An answer is late" not in " ".join(matters.letters())  # its day is not over
    on(matters, date(2026, 3, 31))
    assert matters.letters()[-1].startswith("An answer is late: Your department owed an answer by 30 March 2026.")
    count = len(matters.letters())
    on(matters, date(2026, 4, 1))
    assert len(matters.letters()) == count


def on(matters: Matters, day: date) -> None:
    """The clock's jobs run at noon of this day."""
    zone = matters.town.settings.zone
    matters.town.clock.set(datetime(day.year, day.month, day.day, 12, tzinfo=zone))
    matters.town.work()


def promise_letters(matters: Matters) -> list[str]:
    return [letter for letter in matters.letters(OFFICER) if "promise" in letter]
