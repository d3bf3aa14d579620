"""Consultations as tables for everybody: what their pages and their published figures show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.departments.queries import by_ids
from app.opendata.contribution import At, Row, Some
from consultations.model import Consultation, Figures
from consultations.queries.figures import questions_of
from consultations.rules.figures import ShownQuestion
from consultations.rules.lifecycle import READABLE, EditorialState, phase_of
from consultations.rules.showing import shown_count

C = Consultation
#: consultations whose figures are read in one go: of each there may be thousands of lines
A_STEP = 5


def consultations(db: Session, at: At, cursor: Any, most: int) -> Some:
    wanted = select(C).where(C.state.in_(sorted(READABLE)), C.id > (cursor or 0))
    found = db.scalars(wanted.order_by(C.id).limit(most)).all()
    leads = by_ids(db, [c.department_id for c in found])
    rows: list[Row] = [
        (
            c.id,
            f"{at.base_url}/consultations/{c.id}",
            c.kind,
            str(EditorialState.WITHDRAWN if c.state == EditorialState.WITHDRAWN else phase_of(c, at.now)),
            c.title,
            c.summary,
            leads[c.department_id].slug,
            c.opens_at,
            c.closes_at,
            shown_count(c, at.now),
            c.published_at,
            c.withdrawn_at,
            c.feedback_at,
            c.outcome_at,
        )
        for c in found
    ]
    return Some(rows, found[-1].id if len(found) == most else None)


def figures(db: Session, _at: At, cursor: Any, _most: int) -> Some:
    """As they were frozen when they were published: what is left out of them is left out here."""
    wanted = select(Figures).join(C, C.id == Figures.consultation_id)
    wanted = wanted.where(C.state.in_(sorted(READABLE)), Figures.consultation_id > (cursor or 0))
    found = db.scalars(wanted.order_by(Figures.consultation_id).limit(A_STEP)).all()
    rows = [
        (row.consultation_id, number, *line)
        for row in found
        for number, line in enumerate((line for question in questions_of(row) for line in _lines(question)), 1)
    ]
    return Some(rows, found[-1].consultation_id if len(found) == A_STEP else None)


def _lines(question: ShownQuestion) -> Iterator[Row]:
    begin = (question.number or None, question.text)
    for table in question.tables:
        for row, cells in zip(table.rows, table.cells, strict=True):
            for column, count in zip(table.columns or [""], cells, strict=True):
                yield (*begin, table.caption, row, column, count, table.people)


def first_day(db: Session, at: At) -> date | None:
    """On which the first one was published."""
    found = db.scalar(select(func.min(C.published_at)).where(C.state.in_(sorted(READABLE))))
    return found.astimezone(at.zone).date() if found else None
