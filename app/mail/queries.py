"""What staff and health checks ask of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.mail.model import Letter, LetterState


def dead_letters(db: Session, most: int = 200) -> Sequence[Letter]:
    """Given up, newest first."""
    return db.scalars(
        select(Letter).where(Letter.state == LetterState.DEAD).order_by(Letter.id.desc()).limit(most)
    ).all()


def oldest_waiting(db: Session, now: datetime) -> datetime | None:
    """When the longest overdue letter was due."""
    return db.scalar(select(func.min(Letter.due_at)).where(Letter.state == LetterState.WAITING, Letter.due_at <= now))


def is_stuck(db: Session, now: datetime, patience: timedelta = timedelta(minutes=15)) -> bool:
    """Letters were due long ago and nobody takes them."""
    oldest = oldest_waiting(db, now)
    return oldest is not None and oldest < now - patience


def count_waiting(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Letter).where(Letter.state == LetterState.WAITING)) or 0


def batch_counts(db: Session, batch: int) -> dict[str, int]:
    """How many letters of one announcement are in each state."""
    rows = select(Letter.state, func.count()).where(Letter.batch == batch).group_by(Letter.state)
    return {state: count for state, count in db.execute(rows)}
