"""Which petition an address means, and whether its text may be read there."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.text.figures import is_whole
from petitions import queries
from petitions.model.petition import Petition
from petitions.queries.readable import readable as readable_petition
from petitions.queries.readable import readable_by_id

JSON: Final = "application/json; charset=utf-8"
#: any page of any site may read it
OPEN_DATA: Final = {"access-control-allow-origin": "*"}


def petition_id_of(ref: str) -> int:
    """The number in an address; anything else is no petition."""
    if not is_whole(ref):
        raise NotFound
    return int(ref)


def readable(db: Session, ref: str) -> Petition:
    """For programs: a petition whose text is public, else 404, or 410 where it was taken down."""
    return readable_by_id(db, petition_id_of(ref))


def headed(db: Session, ref: str) -> Petition:
    """The same for pages that show its number and what it asks for: nothing else of it is read."""
    return readable_petition(queries.public_heading(db, petition_id_of(ref)))


def same_until(petition: Petition, now: datetime) -> datetime | None:
    """What is shown of it changes by itself when it closes."""
    return petition.closes_at if petition.closes_at and petition.closes_at > now else None
