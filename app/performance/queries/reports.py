"""Reports of accessibility, with what did not work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.performance.model import Problem, Report
from app.performance.rules.reports import is_old


@dataclass(frozen=True)
class Tested:
    """A report as everyone reads it. ``old``: nobody should take it for today's state."""

    row: Report
    problems: Sequence[Problem]
    old: bool

    @property
    def open(self) -> Sequence[Problem]:
        """What is not mended yet."""
        return [p for p in self.problems if p.mended_on is None]

    @property
    def mended(self) -> Sequence[Problem]:
        return [p for p in self.problems if p.mended_on is not None]

    @property
    def checks(self) -> int:
        return self.row.passed + self.row.failed


def newest(db: Session, today: date) -> Tested | None:
    """Of the latest test; None where none stands."""
    rows = select(Report).where(Report.taken_back_at.is_(None)).order_by(Report.tested_on.desc(), Report.id.desc())
    row = db.scalar(rows.limit(1))
    return tested(db, row, today) if row is not None else None


def tested(db: Session, row: Report, today: date) -> Tested:
    problems = db.scalars(select(Problem).where(Problem.report_id == row.id).order_by(Problem.id)).all()
    return Tested(row, problems, is_old(row.tested_on, today))


def everyone(db: Session) -> Sequence[Report]:
    """All that were ever recorded, the newest test first."""
    return db.scalars(select(Report).order_by(Report.tested_on.desc(), Report.id.desc())).all()
