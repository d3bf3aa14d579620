"""A petition together with word of what else is on record about it, in one statement.

Most petitions have no events, no answers and no topics: whoever shows one asks for what there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from app.comments.model import Thread
from app.outcomes.model import Referral
from app.trails.model import Link
from petitions.model.operation import Stop
from petitions.model.petition import AreaCount, CountryCount, Crossing, Event, HourCount, Petition
from petitions.model.sorting import PetitionTopic
from petitions.queries import is_public


@dataclass(frozen=True, slots=True)
class OnRecord:
    """Whether there are rows of a kind about a petition, and whether anything is stopped anywhere."""

    referrals: bool = True
    crossings: bool = True
    events: bool = True
    topics: bool = True
    countries: bool = True
    hours: bool = True
    stops: bool = True
    discussion: bool = True
    story: bool = True
    areas: bool = True


#: where nobody has looked, all of it is asked for
MAYBE_ALL = OnRecord()


def _of_it(kind: Any) -> ColumnElement[bool]:
    return exists().where(kind.petition_id == Petition.id)


_SHOWN = select(
    Petition,
    exists().where(Referral.subject_kind == "petition", Referral.subject_id == Petition.id),
    _of_it(Crossing),
    _of_it(Event),
    _of_it(PetitionTopic),
    _of_it(CountryCount),
    _of_it(HourCount),
    exists().where(Stop.ended_at.is_(None)),
    exists().where(Thread.subject_kind == "petition", Thread.subject_id == Petition.id),
    or_(
        exists().where(Link.from_kind == "petition", Link.from_id == Petition.id, Link.withdrawn_at.is_(None)),
        exists().where(Link.to_kind == "petition", Link.to_id == Petition.id, Link.withdrawn_at.is_(None)),
    ),
    _of_it(AreaCount),
).where(Petition.id == bindparam("petition_id"))


def shown(db: Session, petition_id: int) -> tuple[Petition, OnRecord] | None:
    """Whatever the public may know of, as :func:`petitions.queries.public_petition`."""
    found = db.execute(_SHOWN, {"petition_id": petition_id}).one_or_none()
    if found is None or not is_public(found[0]):
        return None
    return found[0], OnRecord(*map(bool, found[1:]))
