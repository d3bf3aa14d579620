"""Town halls as tables for everybody. Who asked stands in none of them, named on the page or not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.departments.queries import by_ids
from app.opendata.contribution import At, Row, Some
from townhall.model import Hall, Poll
from townhall.queries.exporting import poll_lines, public_questions
from townhall.rules.lifecycle import READABLE, HallState
from townhall.rules.polls import PollState
from townhall.rules.questions import QuestionState

H = Hall
#: halls of which all questions are read in one go
A_STEP = 5


def halls(db: Session, at: At, cursor: Any, most: int) -> Some:
    wanted = select(H).where(H.state.in_(sorted(READABLE)), H.id > (cursor or 0))
    found = db.scalars(wanted.order_by(H.id).limit(most)).all()
    leads = by_ids(db, [hall.department_id for hall in found])
    rows: list[Row] = [
        (
            hall.id,
            f"{at.base_url}/townhalls/{hall.id}",
            hall.state,
            hall.title,
            hall.summary,
            leads[hall.department_id].slug,
            hall.starts_at,
            hall.ends_at,
            hall.started_at,
            hall.ended_at,
            hall.entry,
            hall.venue,
            hall.captions,
            hall.sign_language,
            hall.cancelled_reason,
        )
        for hall in found
    ]
    return Some(rows, found[-1].id if len(found) == most else None)


def polls(db: Session, _at: At, cursor: Any, most: int) -> Some:
    """A line for each option, number or word of polls whose results were revealed."""
    wanted = (
        select(Poll)
        .join(H, H.id == Poll.hall_id)
        .where(H.state.in_(sorted(READABLE)), Poll.state == PollState.REVEALED, Poll.removed_at.is_(None))
        .where(Poll.id > (cursor or 0))
    )
    found = db.scalars(wanted.order_by(Poll.id).limit(max(1, most // 20))).all()
    rows: list[Row] = []
    for poll in found:
        rows += [(poll.hall_id, poll.id, number, *line) for number, line in enumerate(_lines(poll), 1)]
    return Some(rows, found[-1].id if len(found) == max(1, most // 20) else None)


def _lines(poll: Poll) -> list[Row]:
    facts = {"id": poll.id, "kind": poll.kind, "state": poll.state, "question": poll.question}
    facts |= {"options": poll.options, "answers": poll.answers, "results": poll.results}
    return [
        (
            poll.kind,
            poll.question,
            poll.answers,
            None if line["option"] is None else str(line["option"]),
            line["count"],
            Decimal(line["percent"]) if line["percent"] is not None else None,
            line["points"],
        )
        for line in poll_lines([facts])
    ]


def questions(db: Session, at: At, cursor: Any, _most: int) -> Some:
    """Of halls that are over, what was asked, published and answered."""
    wanted = select(H).where(H.state == HallState.ENDED, H.id > (cursor or 0)).order_by(H.id)
    found = db.scalars(wanted.limit(A_STEP)).all()
    rows: list[Row] = []
    for hall in found:
        rows += [
            (
                hall.id,
                row["id"],
                row["text"],
                row["votes"],
                row["joined_to"],
                row["answered_in_the_hall"],
                row["department"],
                row["answer"],
                row["state"] == QuestionState.ANSWERED,
            )
            for row in public_questions(db, hall, at.now)
        ]
    return Some(rows, found[-1].id if len(found) == A_STEP else None)


def first_day(db: Session, at: At) -> date | None:
    """On which the first one was announced."""
    found = db.scalar(select(func.min(H.scheduled_at)).where(H.state.in_(sorted(READABLE))))
    return found.astimezone(at.zone).date() if found else None
