"""What a digest tells, gathered when its letter leaves: only what is public then, and as it stands then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.following import queries
from app.following.contribution import Followable, Happened, Line, Tag, Titled

MOST_SHOWN = 20
#: rows looked at for one digest; with more than that nobody is told how many they are
MOST_READ = 400


class Entry(NamedTuple):
    """One line of a digest. ``title`` is the subject's, empty where its group is called so."""

    at: datetime
    title: str
    words: str
    href: str


@dataclass
class Group:
    """What is new of one thing that is followed, the newest first."""

    title: str
    href: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Gathered:
    """The groups with the newest news first; ``more`` are not shown, or at least as many where ``and_more``."""

    groups: list[Group]
    shown: int
    more: int = 0
    and_more: bool = False

    @property
    def total(self) -> int:
        return self.shown + self.more


@dataclass(frozen=True)
class Gathering:
    """Knows how each kind of thing is called, and how each fact is said."""

    followable: Mapping[str, Followable]
    lines: Mapping[str, Line]

    def gather(
        self, db: Session, follower_id: int, since: datetime, until: datetime, most: int = MOST_SHOWN
    ) -> Gathered:
        """Everything for one follower after ``since``, up to ``until``. Each happening comes once."""
        rows = queries.news_for(db, follower_id, since, until, MOST_READ)
        follows: dict[int, list[Tag]] = {}
        happenings = {}
        for kind, key, happening in rows:
            follows.setdefault(happening.id, []).append(Tag(kind, key))
            happenings[happening.id] = happening
        titles = _Titles(db, self.followable)
        groups: dict[Tag, Group] = {}
        shown = more = 0
        for number, found in happenings.items():
            subject = SubjectRef(found.subject_kind, found.subject_id)
            about = titles.of(Tag(subject.kind, str(subject.id)))
            line = self.lines.get(found.code)
            words = line(db, Happened(found.code, subject, found.at, found.facts)) if about and line else None
            under = _narrowest(follows[number], subject, titles)
            if about is None or words is None or under is None:
                continue
            if shown == most:
                more += 1
                continue
            tag, titled = under
            group = groups.setdefault(tag, Group(titled.title, titled.href))
            title = "" if tag == Tag(subject.kind, str(subject.id)) else about.title
            group.entries.append(Entry(found.at, title, words, found.href or about.href))
            shown += 1
        return Gathered(list(groups.values()), shown, more, and_more=len(rows) == MOST_READ)


class _Titles:
    """Each title is looked up once for a digest."""

    def __init__(self, db: Session, followable: Mapping[str, Followable]) -> None:
        self.db, self.followable = db, followable
        self._known: dict[Tag, Titled | None] = {}

    def of(self, tag: Tag) -> Titled | None:
        if tag not in self._known:
            what = self.followable.get(tag.kind)
            self._known[tag] = what.titled(self.db, tag.key) if what is not None else None
        return self._known[tag]


def _narrowest(tags: list[Tag], subject: SubjectRef, titles: _Titles) -> tuple[Tag, Titled] | None:
    """The subject itself where that is followed, else what was followed first and still has a title."""
    own = Tag(subject.kind, str(subject.id))
    for tag in sorted(tags, key=lambda t: t != own):
        if (titled := titles.of(tag)) is not None:
            return tag, titled
    return None
