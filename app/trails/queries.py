"""Links as they stand, and what they join."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.trails.contribution import Member, Storied
from app.trails.model import Link
from app.trails.rules.links import MOST_MEMBERS


def around(db: Session, subject: SubjectRef) -> list[Link]:
    """Every standing link of the story that ``subject`` belongs to, however far away, oldest first.

    One question for each step outwards. What grew past the limit before it was one ends there.
    """
    links: dict[int, Link] = {}
    known, new = {subject}, {subject}
    while new and len(known) <= 2 * MOST_MEMBERS:
        found = touching(db, new)
        links |= {link.id: link for link in found}
        new = {end for link in found for end in link.edge} - known
        known |= new
    return [links[number] for number in sorted(links)]


def touching(db: Session, subjects: Collection[SubjectRef]) -> Sequence[Link]:
    """Standing links that begin or end at one of these."""
    wanted = or_(_is_one(Link.from_kind, Link.from_id, subjects), _is_one(Link.to_kind, Link.to_id, subjects))
    return db.scalars(select(Link).where(Link.withdrawn_at.is_(None), wanted).order_by(Link.id)).all()


def standing(db: Session, link_id: int) -> Link | None:
    return db.scalar(select(Link).where(Link.id == link_id, Link.withdrawn_at.is_(None)))


def newest_told(db: Session, most: int) -> Sequence[Link]:
    """Standing links that everybody could read, the newest first."""
    told = select(Link).where(Link.withdrawn_at.is_(None), Link.told_at.is_not(None))
    return db.scalars(told.order_by(Link.id.desc()).limit(most)).all()


def members(
    stories: Mapping[str, Storied], db: Session, subjects: Collection[SubjectRef], now: datetime
) -> dict[SubjectRef, Member]:
    """Those of these that are there; one question a kind."""
    by_kind: dict[str, list[int]] = {}
    for subject in sorted(subjects):
        by_kind.setdefault(subject.kind, []).append(subject.id)
    return {
        SubjectRef(kind, number): member
        for kind, ids in by_kind.items()
        if kind in stories
        for number, member in stories[kind].members(db, ids, now).items()
    }


def _is_one(kind: ColumnElement[str] | object, number: object, subjects: Iterable[SubjectRef]) -> ColumnElement[bool]:
    by_kind: dict[str, list[int]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.kind, []).append(subject.id)
    return or_(*(and_(kind == name, number.in_(sorted(ids))) for name, ids in sorted(by_kind.items())))  # type: ignore[attr-defined, arg-type]
