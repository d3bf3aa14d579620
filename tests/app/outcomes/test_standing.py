"""A department's figures are what anybody would count who reads every row, whatever has happened."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest
from sqlalchemy import select

from app.core.freshness import touch
from app.departments.model import Department
from app.outcomes.model import Commitment, DueChange, Handing, Referral
from app.outcomes.queries.standing import A_YEAR, Standing, Standings, heir_of, standing_of, standings
from tests.app.outcomes.owing import answered, department, handed_on, petition_of, promise, put_off, referral, said
from tests.site import Town

DAY = timedelta(days=1)
OPEN = ("planned", "under-way")


def history(db: Any, petition: int, chance: random.Random, now: datetime) -> None:
    """Sixty matters of two departments in every state, some of them made up, some imported."""
    owners = [department(db), department(db, "buses")]
    for _each in range(60):
        owner, received = (
            chance.choice(owners),
            now - chance.randrange(1, 900) * DAY - timedelta(minutes=chance.randrange(600)),
        )
        made_up = {"sandbox": True} if chance.random() < 0.1 else {}
        kind = chance.choice(["owed", "answered", "answered", "late", "returned", "settled", "dropped", "imported"])
        took = chance.randrange(0, 60) * DAY + timedelta(seconds=chance.randrange(86_400))
        at = min(received + took, now)
        if kind == "owed":
            row = referral(
                db,
                petition,
                owner,
                received,
                due_at=now + DAY,
                state=chance.choice(["received", "accepted"]),
                **made_up,
            )
        elif kind == "late":
            row = referral(db, petition, owner, received, due_at=now - chance.randrange(1, 9) * DAY, **made_up)
        elif kind == "dropped":
            row = referral(
                db, petition, owner, received, state="closed", closed_at=now, closed_why="dropped", **made_up
            )
        elif kind == "imported":
            row = answered(db, petition, owner, received, at, None, imported=True, due_at=None)
            row.took = row.took if chance.random() < 0.5 else None
        else:
            row = answered(db, petition, owner, received, at, **made_up)
        if chance.random() < 0.3 and row.due_at and row.state in ("received", "accepted", "answered"):
            put_off(db, row, row.due_at + chance.randrange(1, 30) * DAY, min(received + DAY, now))
        if kind in ("returned", "settled"):
            put_off(db, row, now + chance.randrange(-9, 9) * DAY, now, kind="returned")
            row.state = "returned"
        if kind == "settled":
            row.state, row.closed_at, row.closed_why = "closed", now, "settled"
        if chance.random() < 0.3:
            handed_on(db, row, owners[0], owners[1], received, chance.choice(["not-ours", "ruled", "passed-on"]))
        if row.answered_at and chance.random() < 0.4:
            said(db, row, yes=chance.randrange(1, 9), no=chance.randrange(1, 9))
        progress = chance.choice([*OPEN, "done", "dropped"])
        more = {"ended_at": now} if progress not in OPEN else {}
        more |= {"withdrawn_at": now} if chance.random() < 0.2 else {}
        promise(
            db,
            petition,
            owner,
            now.date() + chance.randrange(-50, 50) * DAY,
            received,
            progress=progress,
            **more | made_up,
        )


def recounted(db: Any, owner: int, now: datetime) -> dict[str, Any]:
    """In as few lines as it can be said."""
    mine = list(db.scalars(select(Referral).where(Referral.department_id == owner, Referral.sandbox.is_(False))))
    kept = list(
        db.scalars(
            select(Commitment).where(
                Commitment.department_id == owner, Commitment.sandbox.is_(False), Commitment.withdrawn_at.is_(None)
            )
        )
    )
    changes = list(db.scalars(select(DueChange).order_by(DueChange.id)))
    sent_back = {c.referral_id: c.before_at for c in reversed(changes) if c.kind == "returned"}
    owed = [r for r in mine if r.state in ("received", "accepted", "returned")]
    late = [r for r in owed if r.due_at <= now]
    given = [(r, sent_back.get(r.id, r.due_at)) for r in mine if r.answered_at and r not in late]
    in_time = [r for r, due in given if due and r.answered_at < due]
    ids = {r.id for r in mine}
    return {
        "owed": len(owed),
        "late": len(late),
        "answered": sum(r.answered_at is not None for r in mine),
        "due": len(late) + sum(due is not None for _r, due in given),
        "on_time": len(in_time),
        "due_lately": len(late) + sum(due is not None and r.answered_at >= now - A_YEAR for r, due in given),
        "on_time_lately": sum(r.answered_at >= now - A_YEAR for r in in_time),
        "median": median(times) if (times := [r.took for r in mine if r.took is not None]) else None,
        "median_lately": median(new)
        if (new := [r.took for r in mine if r.took is not None and r.answered_at >= now - A_YEAR])
        else None,
        "put_off": len({c.referral_id for c in changes if c.kind == "extended"} & ids),
        "handed_on": sum(
            h.from_id == owner and h.move == "not-ours" and not h_row.sandbox
            for h in db.scalars(select(Handing))
            if (h_row := db.get(Referral, h.referral_id))
        ),
        "open": sum(p.progress in OPEN for p in kept),
        "overdue": sum(p.progress in OPEN and p.due_on < now.date() for p in kept),
        "kept": sum(p.progress == "done" for p in kept),
        "dropped": sum(p.progress == "dropped" for p in kept),
    }


def told(found: Standing) -> dict[str, Any]:
    return {
        "owed": found.owed,
        "late": found.late,
        "answered": found.answered,
        "due": found.ever.due,
        "on_time": found.ever.on_time,
        "due_lately": found.year.due,
        "on_time_lately": found.year.on_time,
        "median": found.ever.median,
        "median_lately": found.year.median,
        "put_off": found.put_off,
        "handed_on": found.handed_on,
        "open": found.promises_open,
        "overdue": found.promises_late,
        "kept": found.promises_kept,
        "dropped": found.promises_dropped,
    }


@pytest.mark.parametrize("seed", ["spring", "autumn", "winter"])
def test_the_figures_are_what_a_recount_of_every_row_says(town: Town, seed: str):
    petition = petition_of(town)
    with town.database.writing() as db:
        history(db, petition, random.Random(seed), town.now)
    with town.database.reading() as db:
        table = standings(db, town.now, town.now.date())
        for slug in ("parks", "buses"):
            owner = department(db, slug)
            found, counted = standing_of(db, owner, town.now, town.now.date()), recounted(db, owner, town.now)
            assert told(found) == counted
            assert counted["late"] and counted["on_time"] and counted["kept"], "a history in which nothing happens"
            beside = table[owner]
            assert (beside.owed, beside.late, beside.answered, beside.ever) == (
                found.owed,
                found.late,
                found.answered,
                found.ever,
            )
            assert beside.promises_kept == found.promises_kept


def test_what_was_said_of_answers_is_added_up(sqlite_town: Town):
    petition = petition_of(sqlite_town)
    with sqlite_town.database.writing() as db:
        owner, other = department(db), department(db, "buses")
        for which, people in ((owner, 3), (owner, 4), (other, 50)):
            said(db, answered(db, petition, which, sqlite_town.now - 9 * DAY, sqlite_town.now), yes=people, no=1)
        made_up = answered(db, petition, owner, sqlite_town.now - DAY, sqlite_town.now, sandbox=True)
        said(db, made_up, partly=9)
    with sqlite_town.database.reading() as db:
        assert standing_of(db, owner, sqlite_town.now, sqlite_town.now.date()).said == {"yes": 7, "no": 2}


def test_nobody_is_at_a_hundred_with_one_that_was_late(sqlite_town: Town):
    petition = petition_of(sqlite_town)
    with sqlite_town.database.writing() as db:
        owner, now = department(db), sqlite_town.now
        for _each in range(299):
            answered(db, petition, owner, now - 9 * DAY, now)
        assert standing_of(db, owner, now, now.date()).ever.share == 100
        referral(db, petition, owner, now - 90 * DAY)
        assert standing_of(db, owner, now, now.date()).ever.share == 99


def test_figures_are_remembered_until_something_changes_or_the_day_is_over(sqlite_town: Town):
    petition, kept = petition_of(sqlite_town), Standings(sqlite_town.site.settings.zone, seconds=3600)
    with sqlite_town.database.writing() as db:
        parks = db.get_one(Department, department(db))
        row = referral(db, petition, parks.id, sqlite_town.now - 28 * DAY, due_at=sqlite_town.now + timedelta(hours=12))
        touch(db, "department:0")
    with sqlite_town.database.writing() as db:
        assert kept.of(db, parks, sqlite_town.now).owed == kept.table(db, sqlite_town.now)[parks.id].owed == 1
        referral(db, petition, parks.id, sqlite_town.now)
        assert kept.of(db, parks, sqlite_town.now).owed == 1, "signatures bring referrals, and touch no page"
        touch(db, f"department:{parks.id}", "outcomes")
    with sqlite_town.database.reading() as db:
        assert kept.of(db, parks, sqlite_town.now).owed == kept.table(db, sqlite_town.now)[parks.id].owed == 2
        assert kept.of(db, parks, sqlite_town.now).late == 0
        assert kept.of(db, parks, row.due_at).late == kept.table(db, row.due_at)[parks.id].late == 1


def test_an_empty_departments_figures_are_empty(sqlite_town: Town):
    sqlite_town.department()
    with sqlite_town.database.reading() as db:
        found = standing_of(db, department(db), sqlite_town.now, sqlite_town.now.date())
    assert found == Standing() and found.ever.share is None and found.ever.median_days is None


def test_whoever_took_over_is_named(sqlite_town: Town):
    petition = petition_of(sqlite_town)
    with sqlite_town.database.writing() as db:
        parks, buses = (db.get_one(Department, department(db, slug)) for slug in ("parks", "buses"))
        row = referral(db, petition, parks.id, sqlite_town.now - DAY)
        handed_on(db, row, parks.id, buses.id, sqlite_town.now - DAY, "passed-on")
        assert heir_of(db, parks) is None
        parks.dissolved_at = sqlite_town.now
        assert heir_of(db, parks) is None, "that was before, when another department led one matter"
        handed_on(db, row, parks.id, buses.id, sqlite_town.now, "passed-on")
        assert heir_of(db, parks) is buses
