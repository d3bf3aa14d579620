"""A town whose petition, consultation and hall may lead to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.core.subject import SubjectRef
from app.trails import queries
from app.trails.model import Link
from app.trails.service import linking
from app.trails.service.telling import Telling
from app.trails.web.reading import Story, read_story
from tests.consultations.asking import Asking
from tests.site import Town
from tests.townhall.meeting import Meeting

T = TypeVar("T")


class Linked:
    """Edda is the official of ``home``, Tom its officer; Ana holds its halls."""

    def __init__(self, town: Town, home: str = "bridges") -> None:
        self.town, self.home = town, home
        self.asking, self.meeting = Asking(town, home), Meeting(town, home)

    def petition(self, action: str = "Mend the footbridge at Alder Mill", **texts: str) -> SubjectRef:
        return SubjectRef("petition", self.town.open_petition(action=action, **texts))

    def consultation(self, title: str = "A new footbridge: where and how", **texts: Any) -> SubjectRef:
        return SubjectRef("consultation", self.asking.published(title=title, **texts))

    def hall(self, title: str = "The footbridge: your questions", **columns: Any) -> SubjectRef:
        return SubjectRef("townhall", self.meeting.hall(title=title, **columns))

    def do(self, act: Callable[[Any], T]) -> T:
        return self.town.database.retrying(act)

    def link(self, before: SubjectRef, after: SubjectRef, note: str = "") -> Link:
        by, now = self.asking.edda, self.town.now
        return self.do(lambda db: linking.link(db, before, after, note, by=by, now=now))

    def take_back(self, link: Link, reason: str = "The wrong one.") -> Link:
        by, now = self.asking.edda, self.town.now
        return self.do(lambda db: linking.take_back(db, link.id, reason, by=by, now=now))

    def tell(self) -> int:
        return self.do(lambda db: Telling(self.town.site.stories).step(db, self.town.now))

    def story(self, subject: SubjectRef) -> Story | None:
        with self.town.database.reading() as db:
            return read_story(self.town.site.stories, db, subject, self.town.now)

    def members(self, subject: SubjectRef) -> list[SubjectRef]:
        found = self.story(subject)
        return list(found.chapters) if found else []

    def links(self, subject: SubjectRef) -> list[Link]:
        with self.town.database.reading() as db:
            return queries.around(db, subject)
