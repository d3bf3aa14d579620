"""Named questions about petitions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from app.core.text.plain import fold
from petitions.model.petition import AreaCount, CountryCount, Crossing, HourCount, Petition, TextVersion
from petitions.model.signature import Signature
from petitions.rules.lifecycle import VISIBLE, PetitionState

STATES = (
    "open",
    "closed",
    "rejected",
    "awaiting_response",
    "with_response",
    "awaiting_debate",
    "with_debate_outcome",
    "all",
)
SORTS = ("popular", "recent", "trending", "closing")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


@dataclass(frozen=True)
class Search:
    """What a reader asked the list for."""

    q: str = ""
    state: str = "open"
    sort: str = "popular"
    department_id: int | None = None


def public_petition(db: Session, petition_id: int) -> Petition | None:
    """Whatever the public may know of: all but what was hidden or withdrawn before publication."""
    petition = db.get(Petition, petition_id)
    ended_unseen = (PetitionState.HIDDEN, PetitionState.WITHDRAWN)
    if petition is None or (petition.state in ended_unseen and not petition.was_published):
        return None
    return petition


def listed(db: Session, search: Search, *, offset: int, most: int, now: datetime) -> tuple[Sequence[Petition], int]:
    """One page of the list in a steady order, and how many there are in all."""
    wanted = _wanted(db, search, now)
    total = db.scalar(select(func.count()).select_from(wanted.with_only_columns(Petition.id).subquery())) or 0
    rows = db.scalars(_ordered(wanted, search.sort, now).offset(offset).limit(most)).all()
    return rows, total


def _wanted(db: Session, search: Search, now: datetime) -> Select[Petition]:
    wanted = select(Petition).where(_in_state(search.state, now))
    if search.department_id is not None:
        wanted = wanted.where(Petition.lead_department_id == search.department_id)
    words = _WORD.findall(fold(search.q))[:12]
    if words:
        wanted = wanted.where(Petition.id.in_(matching(db, words)))
    elif search.q.strip():
        wanted = wanted.where(literal_column("1 = 0"))
    return wanted


def matching(db: Session, words: Sequence[str]) -> Select[int]:
    """Ids of petitions whose text has every word or a word beginning with it."""
    if db.get_bind().dialect.name == "sqlite":
        found = table("petitions_search", column("rowid", BigInteger))
        query = " AND ".join(f'"{w}"*' for w in words)
        return select(found.c.rowid).where(text("petitions_search MATCH :query").bindparams(query=query))
    found = table("petitions_search", column("petition_id", BigInteger), column("document"))
    query = " & ".join(f"{w}:*" for w in words)
    return select(found.c.petition_id).where(
        found.c.document.op("@@")(func.to_tsquery(literal_column("'english'"), bindparam("tsquery", query)))
    )


def _in_state(state: str, now: datetime) -> ColumnElement[bool]:
    """The list's filter; a petition whose time is over counts as closed before the job has said so."""
    local = Petition.source.is_(None)
    over = and_(Petition.state == PetitionState.OPEN, local, Petition.closes_at <= now)
    published = Petition.state.in_((PetitionState.OPEN, PetitionState.CLOSED))
    match state:
        case "open":
            return and_(Petition.state == PetitionState.OPEN, or_(Petition.closes_at > now, ~local))
        case "closed":
            return or_(Petition.state == PetitionState.CLOSED, over)
        case "rejected":
            return Petition.state == PetitionState.REJECTED
        case "awaiting_response":
            return and_(published, Petition.response_reached_at.is_not(None), Petition.answered_at.is_(None))
        case "with_response":
            return and_(published, Petition.answered_at.is_not(None))
        case "awaiting_debate":
            return and_(published, Petition.debate_reached_at.is_not(None), _debate_outcome().is_(None))
        case "with_debate_outcome":
            return and_(published, _debate_outcome().is_not(None))
        case _all:
            unseen = and_(Petition.state == PetitionState.WITHDRAWN, Petition.opened_at.is_(None))
            return and_(Petition.state.in_(VISIBLE), ~unseen)


def _debate_outcome() -> ColumnElement[Any]:
    """Only imports have debate outcomes so far."""
    return Petition.source_facts["debate_outcome_at"].as_string()


def _ordered(wanted: Select[Petition], sort: str, now: datetime) -> Select[Petition]:
    match sort:
        case "recent":
            when = func.coalesce(Petition.opened_at, Petition.rejected_at, Petition.created_at)
            return wanted.order_by(when.desc(), Petition.id.desc())
        case "closing":
            return wanted.order_by(Petition.closes_at.is_(None), Petition.closes_at, Petition.id.desc())
        case "trending":
            hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
            lately = (
                select(HourCount.petition_id, func.sum(HourCount.validated).label("lately"))
                .where(HourCount.hour >= hour)
                .group_by(HourCount.petition_id)
                .subquery()
            )
            joined = wanted.outerjoin(lately, lately.c.petition_id == Petition.id)
            return joined.order_by(
                func.coalesce(lately.c.lately, 0).desc(), Petition.signature_count.desc(), Petition.id.desc()
            )
        case _popular:
            return wanted.order_by(Petition.signature_count.desc(), Petition.id.desc())


def counts_by_state(db: Session, now: datetime) -> Mapping[str, int]:
    """How many petitions each filter of the list would show, in one walk over them."""
    sums = [
        func.coalesce(func.sum(case((_in_state(state, now), 1), else_=0)), 0).label(f"n{place}")
        for place, state in enumerate(STATES)
    ]
    return dict(zip(STATES, db.execute(select(*sums).select_from(Petition)).one(), strict=True))


def countries(db: Session, petition_id: int) -> Sequence[CountryCount]:
    total = CountryCount.imported + CountryCount.validated
    return db.scalars(
        select(CountryCount)
        .where(CountryCount.petition_id == petition_id, total > 0)
        .order_by(total.desc(), CountryCount.country)
    ).all()


def areas(db: Session, petition_id: int) -> Sequence[AreaCount]:
    return db.scalars(select(AreaCount).where(AreaCount.petition_id == petition_id).order_by(AreaCount.code)).all()


def history(db: Session, petition_id: int) -> Sequence[tuple[datetime, int]]:
    """Hour and signatures validated in it, oldest first."""
    rows = select(HourCount.hour, HourCount.validated).where(HourCount.petition_id == petition_id)
    return [(hour, count) for hour, count in db.execute(rows.order_by(HourCount.hour))]


def crossings(db: Session, petition_id: int) -> Sequence[Crossing]:
    return db.scalars(select(Crossing).where(Crossing.petition_id == petition_id).order_by(Crossing.reached_at)).all()


def versions(db: Session, petition_id: int) -> Sequence[TextVersion]:
    return db.scalars(
        select(TextVersion).where(TextVersion.petition_id == petition_id).order_by(TextVersion.version)
    ).all()


def signature(db: Session, signature_id: int) -> Signature | None:
    return db.get(Signature, signature_id)


def most_pressing(db: Session, now: datetime, most: int = 3) -> Sequence[Petition]:
    """For the home page: open, the most signed first."""
    signable = select(Petition).where(Petition.state == PetitionState.OPEN, Petition.closes_at > now)
    return db.scalars(_ordered(signable, "popular", now).limit(most)).all()


def next_closing(db: Session, now: datetime) -> datetime | None:
    """The next closing instant of any open petition: until then the lists stay as they are."""
    return db.scalar(
        select(func.min(Petition.closes_at)).where(Petition.state == PetitionState.OPEN, Petition.closes_at > now)
    )
