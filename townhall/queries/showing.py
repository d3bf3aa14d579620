"""Halls' things as the wire and the pages show them: plain dicts, by lane. What is not public is None in the public one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from townhall.model import AgendaItem, Caption, Poll, Question
from townhall.rules.polls import PollState
from townhall.rules.questions import PUBLIC, QuestionState

PUBLIC_LANE, STAFF_LANE = "public", "staff"
Thing = dict[str, Any]


def instant(at: datetime | None) -> str | None:
    """As the wire has it: ISO 8601 in UTC, whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def question(row: Question, lane: str) -> Thing | None:
    """None where this lane may not read it. ``by`` is empty where it was asked anonymously, for staff too."""
    if row.state in (QuestionState.REMOVED, QuestionState.WITHDRAWN):
        return None
    if lane == PUBLIC_LANE and row.state not in PUBLIC:
        return None
    shown: Thing = {
        "id": row.id,
        "rev": row.rev,
        "text": row.text,
        "lang": row.language,
        "by": row.name,
        "origin": row.origin,
        "state": row.state,
        "votes": row.votes,
        "at": instant(row.asked_at),
        "ahead": row.ahead,
        "into": row.merged_into_id,
        "staged_at": instant(row.staged_at),
        "answered_at": instant(row.answered_at),
    }
    if lane == STAFF_LANE:
        shown |= {"shortlisted": row.shortlisted_at is not None, "reason": row.reason_code}
    return shown


def poll(row: Poll, lane: str) -> Thing | None:
    """Drafts are the staff's alone; results are nobody's before they are revealed."""
    if row.removed_at is not None or (lane == PUBLIC_LANE and row.state == PollState.DRAFT):
        return None
    shown: Thing = {
        "id": row.id,
        "rev": row.rev,
        "kind": row.kind,
        "question": row.question,
        "options": row.options,
        "most": row.most,
        "state": row.state,
        "answers": row.answers,
    }
    if row.state == PollState.REVEALED:
        shown["results"] = row.results
    return shown


def agenda_item(row: AgendaItem) -> Thing:
    return {
        "id": row.id,
        "title": row.title,
        "minutes": row.minutes,
        "began_at": instant(row.began_at),
        "ended_at": instant(row.ended_at),
    }


def caption(row: Caption) -> Thing:
    return {"line": row.number, "rev": row.rev, "text": row.text, "second": row.second, "auto": row.automatic}


def questions(db: Session, ids: Collection[int], lane: str) -> Mapping[int, Thing | None]:
    rows = db.scalars(select(Question).where(Question.id.in_(ids)))
    return {row.id: question(row, lane) for row in rows}


def polls(db: Session, ids: Collection[int], lane: str) -> Mapping[int, Thing | None]:
    return {row.id: poll(row, lane) for row in db.scalars(select(Poll).where(Poll.id.in_(ids)))}
