"""Those who follow learn that something led to something once everybody can read both: a draft is no news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.events import announce
from app.trails.contribution import Storied
from app.trails.events import SubjectLedTo
from app.trails.model import Link
from app.trails.queries import members
from app.trails.service.linking import tell_pages

A_BATCH = 200


@dataclass(frozen=True)
class Telling:
    """The job. ``stories`` is :attr:`app.site.Site.stories`."""

    stories: Mapping[str, Storied]

    def step(self, db: Session, now: datetime) -> int:
        """Each link that was never told and whose ends are public now is told, once. Answers how many."""
        told, after = 0, 0
        while waiting := self._waiting(db, after):
            told += self._tell(db, waiting, now)
            after = waiting[-1].id
        return told

    def _waiting(self, db: Session, after: int) -> Sequence[Link]:
        untold = select(Link).where(Link.withdrawn_at.is_(None), Link.told_at.is_(None), Link.id > after)
        return db.scalars(untold.order_by(Link.id).limit(A_BATCH)).all()

    def _tell(self, db: Session, links: Sequence[Link], now: datetime) -> int:
        found = members(self.stories, db, {end for link in links for end in link.edge}, now)
        public = {subject for subject, member in found.items() if member.public}
        ready = [link for link in links if public.issuperset(link.edge)]
        for link in ready:
            link.told_at = now
            announce(db, SubjectLedTo(link.id, link.before, link.after, now))
            tell_pages(db, link.before)
        return len(ready)
