"""Saying that something led to something, and taking it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core import ready
from app.core.errors import Conflict, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.trails import queries
from app.trails.model import Link
from app.trails.rules.links import MOST_MEMBERS, Edge, makes_circle, together


class LinksToItself(Conflict):
    code = "trail-to-itself"
    title = _("Nothing leads to itself")
    message = _("Choose something else than what you came from. Nothing was stored.")


class LinkedAlready(Conflict):
    code = "trail-linked"
    title = _("These are linked already")
    message = _("Somebody has said that one led to the other. Nothing was stored.")


class LinksInACircle(Conflict):
    code = "trail-circle"
    title = _("That would be a circle")
    message = _("By the links that stand, what came first here came of the other. Nothing was stored.")


class StoryTooLong(Conflict):
    code = "trail-too-long"
    title = _("This story is full")
    message = _("With this link more than {most} things would be one story, which nobody reads. Nothing was stored.")


def link(db: Session, before: SubjectRef, after: SubjectRef, note: str, *, by: int, now: datetime) -> Link:
    """``before`` led to ``after``. Refusals are named above; ``note`` was read by the rules."""
    if before == after:
        raise LinksToItself
    _one_at_a_time(db)
    _check(db, Edge(before, after))
    made = Link(
        from_kind=before.kind, from_id=before.id, to_kind=after.kind, to_id=after.id, note=note, by_id=by, at=now,
        withdrawn_reason="",
    )  # fmt: skip
    db.add(made)
    db.flush()
    facts = {"link": made.id, "to_kind": after.kind, "to": after.id}
    record(db, "trails.link", before, by=by, now=now, facts=facts)
    tell_pages(db, before, after)
    return made


def take_back(db: Session, link_id: int, reason: str, *, by: int, now: datetime) -> Link:
    """It is shown no more; the record keeps it. Raises NotFound for one that does not stand."""
    _one_at_a_time(db)
    found = queries.standing(db, link_id)
    if found is None:
        raise NotFound
    around = queries.around(db, found.before)
    found.withdrawn_at, found.withdrawn_by_id, found.withdrawn_reason = now, by, reason
    db.flush()
    facts = {"link": found.id, "to_kind": found.to_kind, "to": found.to_id}
    record(db, "trails.take-back", found.before, by=by, now=now, facts=facts)
    _touch(db, {end for each in around for end in each.edge})
    return found


def tell_pages(db: Session, *subjects: SubjectRef) -> None:
    """The pages of everything in the story of these show it."""
    told = set(subjects)
    for subject in subjects:
        told |= {end for each in queries.around(db, subject) for end in each.edge}
    _touch(db, told)


def _touch(db: Session, subjects: set[SubjectRef]) -> None:
    touch(db, "trails", *(str(subject) for subject in subjects))


def _check(db: Session, new: Edge) -> None:
    edges = {each.edge for end in new for each in queries.around(db, end)}
    if new in edges:
        raise LinkedAlready
    if makes_circle(edges, new):
        raise LinksInACircle
    if len(together([*edges, new], new.before)) > MOST_MEMBERS:
        raise StoryTooLong(most=MOST_MEMBERS)


def _one_at_a_time(db: Session) -> None:
    """Two links that nobody sees together could make a circle. Reading goes on."""
    if ready.is_sqlite(db):
        db.execute(select(Link.id).limit(1).with_for_update())
    else:
        db.execute(text("LOCK TABLE trails_link IN SHARE ROW EXCLUSIVE MODE"))
