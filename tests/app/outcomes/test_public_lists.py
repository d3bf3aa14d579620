"""What the public finds under each filter: nothing made up, withdrawn or taken down, and every page once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.core import freshness
from app.outcomes.queries import public, shown
from app.outcomes.queries.public import STATES, Moment, Wanted
from app.outcomes.queries.totals import Totals
from tests.app.outcomes.owing import answered, department, petition_of, promise, put_off, referral, said
from tests.site import Town

DAY = timedelta(days=1)


def at(town: Town) -> Moment:
    return Moment(town.now, town.now.date())


def found(town: Town, db: Any, **wanted: Any) -> list[int]:
    asked = Wanted(**wanted)
    find = public.promises if asked.of_promises else public.referrals
    rows = find(db, town.site.subjects, asked, at(town), most=50)
    assert public.count(db, town.site.subjects, asked, at(town)) == len(rows)
    later = public.promises_after if asked.of_promises else public.answers_after
    table = later(db, town.site.subjects, asked, at(town), 0, most=50)
    assert [row.id for row in table] == sorted(row.id for row in rows)
    assert {row.id for row in public.newest(db, town.site.subjects, asked, at(town), most=50)} == {r.id for r in rows}
    return [row.id for row in rows]


def test_each_state_has_its_own_and_its_order(town: Town):
    petition, now = petition_of(town), town.now
    with town.database.writing() as db:
        parks, buses = department(db), department(db, "buses")
        soon = referral(db, petition, parks, now - DAY, due_at=now + DAY)
        late = referral(db, petition, buses, now - 40 * DAY, state="accepted")
        later = referral(db, petition, parks, now - 30 * DAY)
        old = answered(db, petition, parks, now - 20 * DAY, now - 9 * DAY, "no")
        new = answered(db, petition, buses, now - 20 * DAY, now - 2 * DAY)
        back = answered(db, petition, parks, now - 20 * DAY, now - 5 * DAY, "examine", state="returned")
        put_off(db, back, now + 9 * DAY, now, "returned")
        settled = answered(
            db, petition, parks, now - 50 * DAY, now - 44 * DAY, state="closed", closed_at=now, closed_why="settled"
        )
        referral(db, petition, parks, now - 50 * DAY, state="closed", closed_at=now, closed_why="dropped")
        imported = answered(db, petition, None, now - 90 * DAY, now - 80 * DAY, None, imported=True, due_at=None)
    with town.database.reading() as db:
        assert found(town, db) == [new.id, back.id, old.id, settled.id, imported.id]
        assert found(town, db, state="awaiting") == [late.id, later.id, soon.id, back.id]
        assert found(town, db, state="late") == [late.id, later.id]
        assert found(town, db, state="in-time") == [soon.id, back.id]
        assert found(town, db, state="returned") == [back.id]
        assert found(town, db, department_id=parks) == [back.id, old.id, settled.id]
        assert found(town, db, state="late", department_id=buses) == [late.id]
        assert found(town, db, grade="no") == [old.id] and found(town, db, grade="already-done") == []
        assert found(town, db, kind="petition") == found(town, db) and found(town, db, kind="hall") == []


def test_promises_late_and_kept(town: Town):
    petition, now = petition_of(town), town.now
    with town.database.writing() as db:
        parks, buses, today = department(db), department(db, "buses"), now.date()
        duty = answered(db, petition, parks, now - 9 * DAY, now, "in-part")
        late = promise(db, petition, parks, today - DAY, now, progress="under-way", referral_id=duty.id)
        later = promise(db, petition, buses, today - 9 * DAY, now)
        promise(db, petition, parks, today, now)
        kept = promise(db, petition, parks, today - DAY, now, progress="done", ended_at=now - DAY)
        kept_last = promise(db, petition, parks, today, now, progress="done", ended_at=now)
        promise(db, petition, parks, today - DAY, now, progress="dropped", ended_at=now)
    with town.database.reading() as db:
        assert found(town, db, state="promises-late") == [later.id, late.id]
        assert found(town, db, state="promises-kept") == [kept_last.id, kept.id]
        assert found(town, db, state="promises-late", department_id=parks) == [late.id]
        assert found(town, db, state="promises-late", grade="in-part") == [late.id]
        newest = public.newest_promises(db, town.site.subjects, at(town), most=4)
        assert [p.id for p in newest] == [kept_last.id, kept.id, late.id, later.id]
        assert [p.id for p in public.newest_promises(db, town.site.subjects, at(town), most=2)] == [
            kept_last.id,
            late.id,
        ]


def test_an_answers_grade_is_that_of_the_version_that_stands(sqlite_town: Town):
    petition = petition_of(sqlite_town)
    with sqlite_town.database.writing() as db:
        duty = answered(db, petition, department(db), sqlite_town.now - DAY, sqlite_town.now, "no")
        values = {"r": duty.id, "at": "2026-03-02 12:00:00"}
        db.execute(
            text(
                "INSERT INTO outcomes_answer (referral_id, version, grade, summary, details, at) VALUES (:r, 2, 'will-do', 'Yes', 'Yes', :at)"
            ),
            values,
        )
        db.execute(
            text(
                "INSERT INTO outcomes_answer (referral_id, version, grade, summary, details, at, withdrawn_at) VALUES (:r, 3, 'examine', 'Hm', 'Hm', :at, :at)"
            ),
            values,
        )
    with sqlite_town.database.reading() as db:
        assert [found(sqlite_town, db, grade=g) for g in ("no", "will-do", "examine")] == [[], [duty.id], []]
        assert public.answers_standing(db, [duty.id])[duty.id].version == 2


def test_what_is_made_up_withdrawn_or_taken_down_is_on_no_list(town: Town):
    petition, down, now = petition_of(town), town.open_petition(action="Shut the town library"), town.now
    with town.database.writing() as db:
        parks, today = department(db), now.date()
        for about, more in ((down, {}), (petition, {"sandbox": True})):
            answered(db, about, parks, now - DAY, now, **more)
            referral(db, about, parks, now - 40 * DAY, **more)
            promise(db, about, parks, today - DAY, now, **more)
            promise(db, about, parks, today - DAY, now, progress="done", ended_at=now, **more)
        promise(db, petition, parks, today - DAY, now, withdrawn_at=now)
        stranger = referral(db, petition, parks, now - 40 * DAY, subject_kind="hall", subject_id=1)
    with town.database.reading() as db:
        assert (
            len(found(town, db))
            == len(found(town, db, state="late"))
            == len(found(town, db, state="promises-kept"))
            == 1
        )
    town.take_down(down)
    with town.database.reading() as db:
        assert [found(town, db, state=state) for state in STATES] == [[]] * len(STATES)
        assert public.referral(db, town.site.subjects, stranger.id) is None
        assert not public.newest_promises(db, town.site.subjects, at(town), most=9)


def test_a_petition_that_is_taken_down_leaves_every_count_at_once_and_comes_back(town: Town):
    petition, now = petition_of(town), town.now
    with town.database.writing() as db:
        parks = department(db)
        answered(db, petition, parks, now - 9 * DAY, now - DAY)
        promise(db, petition, parks, now.date() - DAY, now)
    totals, elsewhere = Totals(town.site.subjects, seconds=3_600), f"department:{parks}"

    def counted() -> tuple[int, int]:
        with town.database.reading() as db:
            counts = totals.counts(db, Wanted(), at(town))
        return counts["answered"], counts["promises-late"]

    def version() -> int:
        with town.database.reading() as db:
            return freshness.versions(db, [elsewhere]).get(elsewhere, 0)

    assert counted() == (1, 1)
    seen = version()
    town.take_down(petition)
    assert counted() == (0, 0)
    assert version() > seen, "its department's page is made anew, too"
    town.restore(petition)
    town.decide(petition)
    assert counted() == (1, 1)


def test_pages_follow_each_other_without_gaps_and_totals_agree(sqlite_town: Town):
    petition, now = petition_of(sqlite_town), sqlite_town.now
    with sqlite_town.database.writing() as db:
        parks = department(db)
        ids = {answered(db, petition, parks, now - 9 * DAY, now - (n % 3) * DAY).id for n in range(60)}
    totals = Totals(sqlite_town.site.subjects)
    with sqlite_town.database.reading() as db:
        pages = [totals.find(db, Wanted(), at(sqlite_town), offset=n, most=25) for n in (0, 25, 50)]
        assert [total for _rows, total in pages] == [60, 60, 60]
        seen = [row.id for rows, _total in pages for row in rows]
        assert len(seen) == 60 and set(seen) == ids
        assert totals.find(db, Wanted(), at(sqlite_town), offset=2_500, most=25) == ((), 60)
        assert totals.counts(db, Wanted(), at(sqlite_town))["answered"] == 60


def test_an_outcome_is_shown_with_everything_beside_it(town: Town):
    petition, now = petition_of(town), town.now
    with town.database.writing() as db:
        parks = department(db)
        duty = answered(db, petition, parks, now - 30 * DAY, now - 9 * DAY)
        late = promise(db, petition, parks, now.date() - 12 * DAY, now, referral_id=duty.id)
        promise(db, petition, parks, now.date(), now, referral_id=duty.id, withdrawn_at=now)
        said(db, duty, yes=3, no=1)
        owed = referral(db, petition, parks, now - 50 * DAY, due_at=now.replace(hour=0) - 2 * DAY)
    with town.database.reading() as db:
        rows = [duty, owed]
        first, second = shown.outcomes(db, town.site.subjects, rows, at(town), town.site.settings.zone)
    assert (first.subject.title, first.subject.href, first.subject.people) == (
        "Open the town library on Sundays",
        f"/petitions/{petition}",
        6,
    )
    assert first.department and first.department.slug == "parks" and first.answer and first.answer.version == 1
    assert [(p.row.id, p.late) for p in first.promises] == [(late.id, 12)] and first.said == {"yes": 3, "no": 1}
    assert (first.late, second.late, second.answer) == (0, 3, None)
