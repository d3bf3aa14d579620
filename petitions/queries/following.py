"""Petitions for those who follow along: what is newest under a filter, and everything under it step by step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from petitions.model.petition import Petition
from petitions.queries import finding
from petitions.queries.finding import Search

P = Petition
#: when a petition came under each filter
_SINCE: dict[str, Any] = {
    "open": P.opened_at,
    "closed": func.coalesce(P.closed_at, P.closes_at),
    "rejected": P.rejected_at,
    "awaiting_response": P.response_reached_at,
    "with_response": P.answered_at,
    "awaiting_debate": P.debate_reached_at,
    "with_debate_outcome": P.debate_outcome_at,
    "all": func.coalesce(P.opened_at, P.rejected_at, P.created_at),
}


def newest(db: Session, search: Search, *, most: int, now: datetime) -> Sequence[Petition]:
    """What last came under a filter, the newest first, whatever order the search asks for."""
    since = _SINCE[search.state]
    wanted = finding.wanted(db, search, finding.moment(db, now)).where(since.is_not(None))
    ids = db.scalars(wanted.order_by(since.desc(), P.id.desc()).limit(most)).all()
    return finding.petitions(db, ids)


def after(db: Session, search: Search, last_id: int, *, most: int, now: datetime) -> Sequence[Petition]:
    """The next petitions under a filter by their ids, however many there are."""
    ids = finding.wanted(db, search, finding.moment(db, now)).where(P.id > last_id).order_by(P.id).limit(most)
    return db.scalars(select(P).where(P.id.in_(ids)).order_by(P.id)).all()
