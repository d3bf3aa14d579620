"""Named questions about petitions: one petition here, their list in ``finding``, their likes in ``similar``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from app.core import ready
from petitions.model.petition import CountryCount, Crossing, HourCount, Petition, TextVersion
from petitions.model.signature import Signature
from petitions.queries.finding import (
    SORTS,
    STATES,
    Search,
    counts_by_state,
    listed,
    matching,
    most_pressing,
    next_closing,
)
from petitions.rules.lifecycle import PetitionState, is_readable

__all__ = [
    "SORTS",
    "STATES",
    "Search",
    "counts_by_state",
    "listed",
    "matching",
    "most_pressing",
    "next_closing",
]

_HEADING = ("id", "action", "state", "opened_at")
_THIS: BindParameter[int] = bindparam("petition_id")
_TOTAL = CountryCount.imported + CountryCount.validated
_COUNTRIES = (
    select(CountryCount)
    .where(CountryCount.petition_id == _THIS, _TOTAL > 0)
    .order_by(_TOTAL.desc(), CountryCount.country)
)
_HISTORY = select(HourCount.hour, HourCount.validated).where(HourCount.petition_id == _THIS).order_by(HourCount.hour)
_CROSSINGS = select(Crossing).where(Crossing.petition_id == _THIS).order_by(Crossing.reached_at)


def was_submitted(db: Session, submission_id: str) -> bool:
    """Whether the form that carries this random id has started a petition."""
    return db.scalar(select(Petition.id).where(Petition.submission_id == submission_id)) is not None


def survivor_of(db: Session, petition: Petition) -> Petition | None:
    """The petition that a duplicate repeats, while everyone may read it."""
    found = db.get(Petition, petition.duplicate_of_id) if petition.duplicate_of_id else None
    return found if found is not None and is_readable(found.state, was_published=found.was_published) else None


def public_petition(db: Session, petition_id: int) -> Petition | None:
    """Whatever the public may know of: all but what was hidden or withdrawn before publication."""
    petition = db.get(Petition, petition_id)
    return petition if petition is not None and is_public(petition) else None


def public_heading(db: Session, petition_id: int) -> Petition | None:
    """The same with what stands above everything that is told of a petition, and no more."""
    found = ready.rows(db, "petition heading", _heading, {"petition": petition_id})
    petition = ready.loaded(Petition, _HEADING, found[0]) if found else None
    return petition if petition is not None and is_public(petition) else None


def _heading() -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [getattr(Petition, name) for name in _HEADING]
    return select(*columns).where(Petition.id == ready.given("petition", BigInteger()))


def is_public(petition: Petition) -> bool:
    """Whether the public may know of it at all."""
    return petition.was_published or petition.state not in (PetitionState.HIDDEN, PetitionState.WITHDRAWN)


def countries(db: Session, petition_id: int) -> Sequence[CountryCount]:
    return db.scalars(_COUNTRIES, {"petition_id": petition_id}).all()


def history(db: Session, petition_id: int) -> Sequence[tuple[datetime, int]]:
    """Hour and signatures validated in it, oldest first."""
    return [(hour, count) for hour, count in db.execute(_HISTORY, {"petition_id": petition_id})]


def crossings(db: Session, petition_id: int) -> Sequence[Crossing]:
    return db.scalars(_CROSSINGS, {"petition_id": petition_id}).all()


def versions(db: Session, petition_id: int) -> Sequence[TextVersion]:
    return db.scalars(
        select(TextVersion).where(TextVersion.petition_id == petition_id).order_by(TextVersion.version)
    ).all()


def signature(db: Session, signature_id: int) -> Signature | None:
    return db.get(Signature, signature_id)
