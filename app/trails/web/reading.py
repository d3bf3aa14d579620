"""A story read from its links: its members in order, how they hang together, and every step of theirs as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.core.web.page import Pages
from app.trails import queries
from app.trails.contribution import Member, OwnSteps, Storied, StoryStep
from app.trails.model import Link
from app.trails.rules.links import Edge, closed_over, depths, together
from app.trails.rules.story import Told, told_together

#: what was linked last may have been removed since
MOST_LOOKED_AT = 5


@dataclass(frozen=True)
class Joined:
    """The other end of a link, and what was said of it in public; no words where hidden things lie between."""

    other: SubjectRef
    note: str = ""


@dataclass
class Chapter:
    """One member of a story. ``number`` is its place in it, from 1; ``kind`` what people call such a thing."""

    subject: SubjectRef
    kind: str
    member: Member
    number: int
    came_from: list[Joined] = field(default_factory=list)
    led_to: list[Joined] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The page of its whole story."""
        return f"/trails/{self.subject.kind}/{self.subject.id}"


@dataclass(frozen=True)
class Story:
    """``chapters`` by what they are, in their order. ``keys``: of every page that shows it, hidden members' too."""

    chapters: Mapping[SubjectRef, Chapter]
    keys: Sequence[str]

    @property
    def first(self) -> Chapter:
        """What began it: the address of the whole story is its."""
        return next(iter(self.chapters.values()))


def read_story(stories: Mapping[str, Storied], db: Session, subject: SubjectRef, now: datetime) -> Story | None:
    """What the public may read of the story that ``subject`` is part of; None where it may not read that itself."""
    links = queries.around(db, subject)
    ends = {subject, *(end for link in links for end in link.edge)}
    found = queries.members(stories, db, ends, now)
    public = {one: member for one, member in found.items() if member.public}
    if subject not in public:
        return None
    edges = closed_over([link.edge for link in links], public.keys())
    kept = together(edges, subject)
    chapters = _in_order(stories, {one: public[one] for one in kept}, edges)
    _join(chapters, edges, links)
    return Story(chapters, sorted(str(end) for end in ends))


def newest_story(stories: Mapping[str, Storied], db: Session, now: datetime) -> Story | None:
    """The story that something was last added to, of those of which more than one thing can be read."""
    for link in queries.newest_told(db, MOST_LOOKED_AT):
        story = read_story(stories, db, link.after, now)
        if story is not None and len(story.chapters) > 1:
            return story
    return None


def _in_order(
    stories: Mapping[str, Storied], members: Mapping[SubjectRef, Member], edges: Collection[Edge]
) -> dict[SubjectRef, Chapter]:
    """What began it first; of what is as far along, what began earlier."""
    depth = depths(edges, members.keys())
    order = sorted(members, key=lambda one: (depth[one], members[one].began_at, one))
    return {one: Chapter(one, str(stories[one.kind].name), members[one], n) for n, one in enumerate(order, start=1)}


def _join(chapters: Mapping[SubjectRef, Chapter], edges: Collection[Edge], links: Sequence[Link]) -> None:
    notes = {link.edge: link.note for link in links}
    for edge in sorted(edges, key=lambda e: tuple(chapters[end].number if end in chapters else 0 for end in e)):
        if edge.before in chapters:
            chapters[edge.before].led_to.append(Joined(edge.after, notes.get(edge, "")))
            chapters[edge.after].came_from.append(Joined(edge.before, notes.get(edge, "")))


@dataclass(frozen=True)
class Timeline:
    """``until``: when the clock alone changes it."""

    steps: Sequence[Told[Chapter, StoryStep]]
    until: datetime | None


def timeline(stories: Mapping[str, Storied], db: Session, story: Story, pages: Pages, now: datetime) -> Timeline:
    """Every step of every member, in the order of time."""
    own: list[tuple[Chapter, OwnSteps]] = [
        (chapter, stories[one.kind].steps(db, one.id, pages, now)) for one, chapter in story.chapters.items()
    ]
    untils = [steps.until for _chapter, steps in own if steps.until is not None]
    return Timeline(told_together([(chapter, steps.steps) for chapter, steps in own]), min(untils, default=None))
