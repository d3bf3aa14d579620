"""What was counted of a journey, and shares read from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.performance.contribution import Reader, Share
from app.performance.model import StepCount
from app.performance.rules.periods import Span


def sums(db: Session, journey: str, first: date, last: date) -> Mapping[str, int]:
    """Step -> how often, on these local days together."""
    counted = select(StepCount.step, func.sum(StepCount.times)).where(
        StepCount.journey == journey, StepCount.day >= first, StepCount.day <= last
    )
    return {step: int(times) for step, times in db.execute(counted.group_by(StepCount.step))}


def share_of(journey: str, part: str, whole: str) -> Reader:
    """How many of those who made one step made the other. A day of which the first was not counted says nothing."""

    def read(db: Session, span: Span) -> Share:
        found = sums(db, journey, span.first, span.last)
        return Share(found.get(part, 0), found[whole]) if whole in found else Share(0, 0)

    return read
