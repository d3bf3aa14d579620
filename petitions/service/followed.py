"""Petitions, topics and searches as things to follow."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from urllib.parse import parse_qsl

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.queries import AreaBook
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.departments.model import Department
from app.departments.queries import by_ids, by_slug
from app.following.contribution import Followable, Tag, Tagger, Titled
from app.following.queries import subjects_in_the_news
from petitions.model.petition import Petition
from petitions.model.sorting import Topic
from petitions.policy import PetitionPolicy
from petitions.queries import finding
from petitions.queries.areas import areas_that_want
from petitions.queries.asking import NOBODY, Asked, read_asked
from petitions.queries.sorting import topics_of
from petitions.rules.lifecycle import PetitionState

PETITION, TOPIC, SEARCH, AREA = "petition", "topic", "search", "area"
_TOLD_OF = frozenset({PetitionState.OPEN, PetitionState.CLOSED, PetitionState.WITHDRAWN})
#: the list's filters in words, but for what was rejected: nothing happens to that any more
_STATES = {
    "open": _("Open petitions"),
    "closed": _("Closed petitions"),
    "awaiting_response": _("Petitions that await an answer"),
    "with_response": _("Answered petitions"),
    "awaiting_debate": _("Petitions that await a debate"),
    "with_debate_outcome": _("Debated petitions"),
    "all": _("Petitions"),
}


class PetitionFollowed(Followable):
    """By its number. What was taken down has neither title nor news."""

    def titled(self, db: Session, key: str) -> Titled | None:
        petition = db.get(Petition, int(key)) if _is_number(key) else None
        if petition is None or not is_told_of(petition):
            return None
        return Titled(petition.action, f"/petitions/{petition.id}")

    def normal(self, db: Session, key: str) -> str | None:
        return str(int(key)) if self.titled(db, key) is not None else None


class TopicFollowed(Followable):
    """By its short name, which stays when it is renamed."""

    def titled(self, db: Session, key: str) -> Titled | None:
        topic = db.scalar(select(Topic).where(Topic.slug == key))
        words = _("Petitions about {topic}")
        return Titled(words.format(topic=topic.name), f"/petitions?state=all&topic={topic.slug}") if topic else None


class SearchFollowed(Followable):
    """By what stands behind the list's ``?``, whatever its order and page."""

    is_typed = True
    is_searched = True

    def titled(self, db: Session, key: str) -> Titled | None:
        asked = _asked(db, key)
        if asked is None:
            return None
        words = str(_STATES[asked.search.state])
        if asked.search.q:
            words += _(" about ‘{words}’").format(words=asked.search.q)
        topic = db.get(Topic, asked.search.topic_id) if asked.search.topic_id else None
        department = by_slug(db, asked.kept["department"]) if asked.kept["department"] else None
        if topic is not None:
            words += _(" in {topic}").format(topic=topic.name)
        if department is not None:
            words += _(" for {department}").format(department=department.name)
        return Titled(words, "/petitions?" + asked.key if asked.key else "/petitions")

    def normal(self, db: Session, key: str) -> str | None:
        asked = _asked(db, key)
        return asked.key if asked is not None else None

    def matches(self, db: Session, key: str, since: datetime, until: datetime) -> Collection[SubjectRef]:
        """Of the petitions to which something happened, those that the search shows."""
        asked, ids = _asked(db, key), subjects_in_the_news(db, PETITION, since, until)
        if asked is None:
            return ()
        return [SubjectRef(PETITION, i) for i in finding.shown_of(db, asked.search, ids, until)]


def tags(db: Session, petition_id: int) -> Iterator[Tag]:
    """What else a petition's news are found by: its topics, and the department that leads."""
    for topic in topics_of(db, petition_id):
        yield Tag(TOPIC, topic.slug)
    lead = db.scalar(select(Petition.lead_department_id).where(Petition.id == petition_id))
    for department in by_ids(db, [lead]).values():
        yield _of(department)


def tagger(book: AreaBook, policy: PetitionPolicy) -> Tagger:
    """The same, and the areas where so many have signed that it is news there."""

    def all_tags(db: Session, petition_id: int) -> Iterator[Tag]:
        yield from tags(db, petition_id)
        a_thousand, people = policy.area_news_per_thousand, policy.area_news_people
        for code in areas_that_want(db, book.now(db), petition_id, a_thousand=a_thousand, people=people):
            yield Tag(AREA, code)

    return all_tags


def is_told_of(petition: Petition) -> bool:
    """Whether its title may stand in letters: it was published, and has not been taken down."""
    return petition.state in _TOLD_OF and (petition.was_published or petition.source is not None)


def _of(department: Department) -> Tag:
    return Tag("department", department.slug)


def _asked(db: Session, key: str) -> Asked | None:
    """None for a topic or a department that is not there, and for what was rejected."""
    asked = read_asked(db, dict(parse_qsl(key.removeprefix("?"), max_num_fields=20)) if key else {})
    search = asked.search
    if search.state not in _STATES or NOBODY in (search.topic_id, search.department_id):
        return None
    return asked


def _is_number(key: str) -> bool:
    return is_whole(key)
