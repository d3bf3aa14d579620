"""How soon all departments together answered, between two instants. Made-up matters are in no figure."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from app.outcomes.model import Referral
from app.outcomes.queries.standing import day_that_stood


def times(db: Session, begin: datetime, end: datetime) -> tuple[int, int, int]:
    """How many answers were measured, and in seconds the middle time and the one that nine in ten did not pass."""
    measured = (*_answered(begin, end), Referral.took.is_not(None))
    took = sorted(t for t in db.scalars(select(Referral.took).where(*measured)) if t is not None)
    if not took:
        return 0, 0, 0
    return len(took), _ranked(took, 50), _ranked(took, 90)


def on_time(db: Session, begin: datetime, end: datetime) -> tuple[int, int]:
    """Of the answers that had a due day: those that kept it, and all."""
    stood = day_that_stood()
    kept = and_(stood.is_not(None), Referral.answered_at < stood)
    counts = select(func.sum(case((kept, 1), else_=0)), func.sum(case((stood.is_not(None), 1), else_=0)))
    part, whole = db.execute(counts.where(*_answered(begin, end))).one()
    return int(part or 0), int(whole or 0)


def _answered(begin: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Referral.answered_at >= begin, Referral.answered_at < end, Referral.sandbox.is_(False))


def _ranked(ordered: list[int], per_cent: int) -> int:
    return ordered[-(-len(ordered) * per_cent // 100) - 1]
