"""Stopping new petitions or signing, and letting them go on; who asks what is stopped gets it from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exc, exists, or_, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core import ready
from app.core.db import after_commit
from app.core.freshness import SITE, touch
from app.core.remember import Remembered
from app.core.subject import SubjectRef
from petitions.model.operation import Stop
from petitions.rules.stops import AlreadyStopped, NotStopped, StopKind, Stopped

__all__ = ["Stopped", "Switchboard"]


@dataclass(frozen=True, slots=True)
class _Standing:
    kind: str
    message: str
    due_at: datetime


class Switchboard:
    """What is stopped, remembered for a second; this process forgets it once it has stored a change."""

    def __init__(self) -> None:
        self._remembered: Remembered[tuple[_Standing, ...]] = Remembered(seconds=1)

    def now(self, db: Session, at: datetime) -> Stopped:
        """What is stopped at this instant; it reads at most once a second."""
        return _as_of(self._remembered.get(lambda: _standing(db)), at)

    def forget(self) -> None:
        self._remembered.forget()


def stopped(db: Session, at: datetime) -> Stopped:
    """What is stopped at this instant, read afresh."""
    return _as_of(_standing(db), at)


def _standing(db: Session) -> tuple[_Standing, ...]:
    columns: tuple[Any, ...] = (Stop.kind, Stop.message, Stop.due_at)
    build = lambda: select(*columns).where(Stop.ended_at.is_(None))
    return tuple(_Standing(*row) for row in ready.rows(db, "stops", build, {}))


def _as_of(standing: Sequence[_Standing], at: datetime) -> Stopped:
    found = {s.kind: s for s in standing}
    election, signing = found.get(StopKind.ELECTION), found.get(StopKind.SIGNING)
    creating = found.get(StopKind.CREATING)
    if election is not None and at >= election.due_at:
        creating = election
    return Stopped(
        creating=creating.message if creating else None,
        signing=signing.message if signing else None,
        election_at=election.due_at if election else None,
        election_message=election.message if election else "",
        signing_since=signing.due_at if signing else None,
    )


def stop(
    db: Session,
    board: Switchboard,
    kind: StopKind,
    *,
    message: str,
    reason: str,
    due_at: datetime,
    by: int,
    now: datetime,
) -> Stop:
    """Stop it from ``due_at`` on; raises :class:`AlreadyStopped`. ``reason`` goes on record."""
    row = Stop(kind=kind, message=message, began_at=now, due_at=due_at, by_id=by)
    if standing_row(db, kind) is not None:
        raise AlreadyStopped
    try:
        with db.begin_nested():
            db.add(row)
    except exc.IntegrityError as wrong:  # somebody else pressed the button in between
        raise AlreadyStopped from wrong
    _record(db, board, f"petitions.stop-{kind}", row, by, now, reason=reason, due=due_at.isoformat())
    return row


def reword(
    db: Session, board: Switchboard, kind: StopKind, stop_id: int, *, message: str, reason: str, by: int, now: datetime
) -> Stop:
    """Say something else to the public; what is stopped stays so."""
    row = lock_stop(db, kind, stop_id)
    row.message = message
    _record(db, board, f"petitions.reword-{kind}", row, by, now, reason=reason)
    return row


def let_go_on(
    db: Session, board: Switchboard, kind: StopKind, stop_id: int, *, reason: str, by: int, now: datetime
) -> Stop:
    """It goes on from now; raises :class:`NotStopped`. What is still owed for the time it stood, the clock does."""
    row = lock_stop(db, kind, stop_id)
    row.ended_at, row.ended_by_id = now, by
    if kind is StopKind.CREATING:
        row.done_at = now
    _record(db, board, f"petitions.resume-{kind}", row, by, now, reason=reason)
    return row


def standing_row(db: Session, kind: StopKind) -> Stop | None:
    return db.scalar(select(Stop).where(Stop.kind == kind, Stop.ended_at.is_(None)))


def lock_stop(db: Session, kind: StopKind, stop_id: int) -> Stop:
    """The stop as its page showed it, locked; raises :class:`NotStopped` once it has ended."""
    locked = select(Stop).where(Stop.id == stop_id, Stop.kind == kind, Stop.ended_at.is_(None)).with_for_update()
    row = db.scalar(locked.execution_options(populate_existing=True))
    if row is None:
        raise NotStopped
    return row


def unfinished(db: Session, kind: StopKind) -> Sequence[Stop]:
    """Stops that stand, or that still owe something; oldest first, locked: one worker at a time goes on with them."""
    is_unfinished = (Stop.kind == kind, or_(Stop.ended_at.is_(None), Stop.done_at.is_(None)))
    if not db.scalar(select(exists().where(*is_unfinished))):
        return ()  # without a lock, which on SQLite everyone who writes would wait for
    owing = select(Stop).where(*is_unfinished).order_by(Stop.id).with_for_update()
    return db.scalars(owing.execution_options(populate_existing=True)).all()


def _record(db: Session, board: Switchboard, act: str, row: Stop, by: int, now: datetime, **facts: str) -> None:
    db.flush()
    audit.record(db, act, SubjectRef("petitions.stop", row.id), by=by, now=now, facts=facts)
    touch(db, SITE)
    after_commit(db, board.forget)
