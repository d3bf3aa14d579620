"""A hall as tables. Nobody who asked without a name is named in any, and no address of anybody stands in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.text.sheet import Cell
from townhall.model import Event, Hall, Poll, Question
from townhall.queries import archive
from townhall.queries.archive import Asked
from townhall.queries.showing import instant
from townhall.rules.polls import PollState
from townhall.rules.questions import PUBLIC, QuestionState
from townhall.rules.tracks import Line

Row = Mapping[str, Any]
#: what happened to a participant: whose number it is stays here
_OF_PEOPLE = ("ban.set", "hand.set")


def public_questions(db: Session, hall: Hall, now: datetime) -> list[Row]:
    """As everyone reads them, those joined to others too."""
    answers = {one.row.id: one for one in archive.questions(db, hall, (), now)}
    rows = select(Question).where(Question.hall_id == hall.id, Question.state.in_(PUBLIC)).order_by(Question.id)
    return [_question(row, answers.get(row.id)) for row in db.scalars(rows)]


def all_questions(db: Session, hall: Hall, now: datetime) -> list[Row]:
    """What was rejected and hidden too; of what was taken back that it was asked."""
    answers = {one.row.id: one for one in archive.questions(db, hall, (), now)}
    kept = select(Question).where(Question.hall_id == hall.id, Question.state != QuestionState.REMOVED)
    rows = db.scalars(kept.order_by(Question.id)).all()
    return [_question(row, answers.get(row.id)) | {"reason": row.reason_code or ""} for row in rows]


def _question(row: Question, asked: Asked | None) -> dict[str, Any]:
    gone = row.state == QuestionState.WITHDRAWN
    answer = asked.answer if asked else None
    return {
        "id": row.id,
        "state": row.state,
        "text": "" if gone else row.text,
        "name": "" if gone or row.anonymous else row.name,
        "origin": row.origin,
        "ahead": row.ahead,
        "asked_at": instant(row.asked_at),
        "published_at": instant(row.published_at),
        "second": asked.second if asked else None,
        "answered_in_the_hall": row.answered_at is not None,
        "votes": row.votes,
        "joined_to": row.merged_into_id,
        "department": asked.department.slug if asked and asked.department else None,
        "answer": answer.summary if answer else None,
        "answered_at": instant(answer.at) if answer else None,
    }


def polls(db: Session, hall: Hall, _now: datetime) -> list[Row]:
    """Drafts are none of the hall. Results are nobody's to see before they are revealed."""
    rows = select(Poll).where(Poll.hall_id == hall.id, Poll.removed_at.is_(None), Poll.state != PollState.DRAFT)
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "state": row.state,
            "question": row.question,
            "options": row.options,
            "answers": row.answers,
            "results": row.results if row.state == PollState.REVEALED else None,
        }
        for row in db.scalars(rows.order_by(Poll.position, Poll.id))
    ]


def poll_lines(polls: Sequence[Row]) -> list[Row]:
    """A line for each option, number or word; one for a poll without results."""
    lines: list[Row] = []
    for poll in polls:
        same = {name: poll[name] for name in ("id", "kind", "state", "question", "answers")}
        names = {option["id"]: option["text"] for option in poll["options"]}
        found = poll["results"] or {}
        rows = [{"id": None, **row} for row in found.get("words", found.get("options", ()))]
        lines += [
            same
            | {
                "option": names.get(row.get("id"), row.get("word", row.get("id"))),
                "count": row.get("count"),
                "percent": str(row["percent"]) if "percent" in row else None,
                "points": row.get("points"),
                "place": row.get("place"),
            }
            for row in rows or [{}]
        ]
    return lines


def captions(db: Session, hall: Hall, _now: datetime) -> list[Row]:
    return [
        {"line": row.number, "second": row.second, "text": row.text, "rev": row.rev, "automatic": row.automatic}
        for row in archive.captions(db, hall.id)
    ]


def caption_lines(db: Session, hall_id: int) -> list[Line]:
    return [Line(row.number, row.second, row.text) for row in archive.captions(db, hall_id)]


def log(db: Session, hall: Hall, _now: datetime) -> list[Row]:
    """Kinds, numbers of things and instants; who did it is in the record alone."""
    rows = select(Event).where(Event.hall_id == hall.id).order_by(Event.staff_seq)
    return [
        {
            "seq": row.staff_seq,
            "public_seq": row.public_seq,
            "at": instant(row.at),
            "kind": row.kind,
            "thing": None if row.kind in _OF_PEOPLE else row.thing_id,
            "facts": {} if row.kind in _OF_PEOPLE else row.facts,
        }
        for row in db.scalars(rows)
    ]


def table(rows: Sequence[Row]) -> list[Sequence[Cell]]:
    """A line of names, then a line a row."""
    names = list(rows[0]) if rows else ["empty"]
    return [names, *([_cell(row.get(name)) for name in names] for row in rows)]


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode() if value else ""
    return value  # type: ignore[no-any-return]


#: name of a file without its ending -> its rows
TABLES: Mapping[str, Callable[[Session, Hall, datetime], list[Row]]] = {
    "questions": all_questions,
    "polls": polls,
    "captions": captions,
    "log": log,
}
