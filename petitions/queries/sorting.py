"""Topics, tags and notes: what staff set, and which petitions have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.moderation.model import Case
from petitions.model.petition import Petition
from petitions.model.sorting import PetitionTopic, Tag, Topic
from petitions.rules.sorting import Sorting


class Counted(NamedTuple):
    """A topic and how many petitions have it."""

    topic: Topic
    petitions: int


def sorting_of(db: Session, petition: Petition) -> Sorting:
    """Everything staff set for a petition by hand."""
    topics = db.scalars(select(PetitionTopic.topic_id).where(PetitionTopic.petition_id == petition.id))
    tags = db.scalars(select(Tag.tag).where(Tag.petition_id == petition.id).order_by(Tag.tag))
    return Sorting(frozenset(topics), petition.public_note, petition.staff_note, tuple(tags))


def topics_of(db: Session, petition_id: int) -> Sequence[Topic]:
    """The topics of a petition, retired ones too: it keeps them."""
    mine = select(Topic).join(PetitionTopic, PetitionTopic.topic_id == Topic.id)
    return db.scalars(mine.where(PetitionTopic.petition_id == petition_id).order_by(Topic.name)).all()


def topics_in_use(db: Session) -> Sequence[Topic]:
    """Those that a petition may newly get, by name."""
    return db.scalars(select(Topic).where(Topic.retired_at.is_(None)).order_by(Topic.name)).all()


def topics_counted(db: Session) -> list[Counted]:
    """All of them, those in use first, each with its petitions."""
    having = select(func.count()).where(PetitionTopic.topic_id == Topic.id).scalar_subquery()
    rows = db.execute(select(Topic, having).order_by(Topic.retired_at.is_not(None), Topic.name))
    return [Counted(topic, count) for topic, count in rows]


def tags_counted(db: Session) -> list[tuple[str, int]]:
    """Every tag with how many petitions have it, the commonest first."""
    counted = select(Tag.tag, func.count()).group_by(Tag.tag).order_by(func.count().desc(), Tag.tag)
    return [(tag, count) for tag, count in db.execute(counted)]


def tagged(db: Session, tag: str, *, offset: int, most: int) -> tuple[Sequence[Petition], int]:
    """One page of the petitions with a tag, the newest first, and how many there are in all."""
    wanted = select(Petition).join(Tag, Tag.petition_id == Petition.id).where(Tag.tag == tag)
    total = db.scalar(select(func.count()).where(Tag.tag == tag)) or 0
    return db.scalars(wanted.order_by(Petition.id.desc()).offset(offset).limit(most)).all(), total


def cases_of(db: Session, petition_id: int) -> Sequence[Case]:
    """A petition's cases at the moderators' desk, the newest first."""
    cases = select(Case).where(Case.subject_kind == "petition", Case.subject_id == petition_id)
    return db.scalars(cases.order_by(Case.id.desc())).all()
