"""What must be true of trails; one line of ``townsquare verify`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from app.audit.model import AuditEntry
from app.trails.contribution import Storied
from app.trails.model import Link
from app.trails.queries import members
from app.trails.rules.links import leads_to

Broken = Callable[[Session, datetime], Iterable[str]]


def no_circles(db: Session, now: datetime) -> Iterable[str]:
    """Nothing led to itself, however many steps between."""
    links = db.scalars(select(Link).where(Link.withdrawn_at.is_(None)).order_by(Link.id)).all()
    edges = [link.edge for link in links]
    for link in links:
        if leads_to(edges, link.after, link.before):
            yield f"link {link.id}"


def links_are_on_record(db: Session, now: datetime) -> Iterable[str]:
    """Whoever linked, and whoever took it back, stands in the record of what staff did."""
    of_it = and_(AuditEntry.subject_kind == Link.from_kind, AuditEntry.subject_id == Link.from_id)
    made = exists().where(AuditEntry.act == "trails.link", AuditEntry.actor_id == Link.by_id, of_it)
    undone = exists().where(AuditEntry.act == "trails.take-back", AuditEntry.actor_id == Link.withdrawn_by_id, of_it)
    for row in db.scalars(select(Link.id).where(or_(~made, and_(Link.withdrawn_at.is_not(None), ~undone)))):
        yield f"link {row}"


def lines(stories: Mapping[str, Storied]) -> dict[str, Broken]:
    """Name -> what finds the faults."""

    def links_join_what_there_is(db: Session, now: datetime) -> Iterable[str]:
        """Both ends exist, whatever became of them."""
        links = db.scalars(select(Link).where(Link.withdrawn_at.is_(None))).all()
        there = members(stories, db, {end for link in links for end in link.edge if end.kind in stories}, now)
        for link in links:
            if any(end.kind in stories and end not in there for end in link.edge):
                yield f"link {link.id}"

    return {
        "no link leads back to where it began": no_circles,
        "links join what there is": links_join_what_there_is,
        "links stand in the record of acts": links_are_on_record,
    }
