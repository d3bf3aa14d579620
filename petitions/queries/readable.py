"""Whether the public may know of a petition, and may read its text: what pages and programs answer where not."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.errors import NotFound
from petitions import queries
from petitions.model.petition import Petition
from petitions.rules.eligibility import PetitionRemoved
from petitions.rules.lifecycle import VISIBLE, PetitionState


def known(petition: Petition | None) -> Petition:
    """Whatever the public may know of: else 404, or 410 where it was taken down."""
    if petition is None:
        raise NotFound
    if petition.state == PetitionState.HIDDEN:
        raise PetitionRemoved
    return petition


def readable(petition: Petition | None) -> Petition:
    """The same, and its text is public."""
    found = known(petition)
    if found.state not in VISIBLE:
        raise NotFound
    return found


def known_by_id(db: Session, petition_id: int) -> Petition:
    return known(queries.public_petition(db, petition_id))


def readable_by_id(db: Session, petition_id: int) -> Petition:
    return readable(queries.public_petition(db, petition_id))
