"""A hall as a page shows it before its script, or without one: the same things as the wire has, from one look."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from townhall.model import Presence, Question
from townhall.queries import showing, snapshot
from townhall.queries.showing import PUBLIC_LANE, Thing
from townhall.rules.questions import QuestionState

#: what a process says of who follows through it is believed for so long
BELIEVED = timedelta(seconds=5)
SIGNS = {"applause": "👏", "agree": "👍", "disagree": "👎", "heart": "♥", "thinking": "🤔"}


def state_of(db: Session, hall_id: int, lane: str, now: datetime, *, away: int) -> Thing:
    """``position`` is that of the log at the same look. Raises NotFound where there is no such hall."""
    found = snapshot.look(db, hall_id, None, now, away=away, replay=0)
    if found is None:
        raise NotFound
    here, reactions = _presence(db, hall_id, now)
    return {
        "position": {
            "epoch": found.position.epoch,
            "seq": found.position.public if lane == PUBLIC_LANE else found.position.staff,
        },
        "stage": found.hall["stage"],
        "item": found.hall["item"],
        "slow": found.hall["slow"],
        "host": found.host,
        "agenda": found.agenda,
        "announcement": found.announcement,
        "hands": found.hands if lane != PUBLIC_LANE else [],
        "questions": [shown for pair in found.questions.values() if (shown := pair.of(lane)) is not None],
        "polls": [shown for pair in found.polls.values() if (shown := pair.of(lane)) is not None],
        "captions": list(found.captions.values()),
        "commitments": list(found.commitments.values()),
        "here": here,
        "react": reactions,
        "rejected": rejected(db, hall_id),
    }


def rejected(db: Session, hall_id: int) -> dict[str, int]:
    """How many questions were not accepted, or hidden, by the code of the reason: that is all the public learns."""
    refused = (QuestionState.REJECTED, QuestionState.HIDDEN)
    rows = (
        select(Question.reason_code, func.count())
        .where(Question.hall_id == hall_id, Question.state.in_(refused), Question.reason_code.is_not(None))
        .group_by(Question.reason_code)
        .order_by(func.count().desc(), Question.reason_code)
    )
    return {str(code): count for code, count in db.execute(rows)}


def _presence(db: Session, hall_id: int, now: datetime) -> tuple[int, dict[str, Any]]:
    rows = db.scalars(select(Presence).where(Presence.hall_id == hall_id)).all()
    reactions: Counter[str] = Counter()
    for row in rows:
        reactions.update(row.reactions)
    return sum(row.here for row in rows if row.at >= now - BELIEVED), dict(reactions)


__all__ = ["SIGNS", "rejected", "showing", "state_of"]
