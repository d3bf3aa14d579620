"""What people said of how it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.performance.model import OpinionDay
from app.performance.rules.opinions import Grade, Opinions
from app.performance.rules.periods import month_of


def since(db: Session, first: date) -> Mapping[str, Opinions]:
    """By where they were asked, all days from one on together."""
    counts: defaultdict[str, dict[Grade, int]] = defaultdict(dict)
    sums = select(OpinionDay.asked, OpinionDay.grade, func.sum(OpinionDay.people)).where(OpinionDay.day >= first)
    for asked, grade, people in db.execute(sums.group_by(OpinionDay.asked, OpinionDay.grade)):
        counts[asked][Grade(grade)] = int(people)
    return {asked: Opinions(people) for asked, people in counts.items()}


def by_month(db: Session) -> Mapping[str, Mapping[date, Opinions]]:
    """By where they were asked, then by month, the earliest first."""
    counts: defaultdict[str, defaultdict[date, dict[Grade, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in db.scalars(select(OpinionDay).order_by(OpinionDay.day)):
        month = counts[row.asked][month_of(row.day)]
        month[Grade(row.grade)] = month.get(Grade(row.grade), 0) + row.people
    return {asked: {m: Opinions(people) for m, people in months.items()} for asked, months in counts.items()}
