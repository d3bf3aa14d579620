"""What happened to a petition: events, debates, topics."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from petitions.model.debate import Debate
from petitions.model.petition import Event
from petitions.model.sorting import PetitionTopic, Topic

_EVENTS = select(Event).where(Event.petition_id == bindparam("petition_id")).order_by(Event.at, Event.id)


def events(db: Session, petition_id: int) -> Sequence[Event]:
    """Entries that its page tells, oldest first."""
    return db.scalars(_EVENTS, {"petition_id": petition_id}).all()


def debates(db: Session, petition_id: int) -> Sequence[Debate]:
    """Every version of what is known of its debate that was not taken back, oldest first."""
    standing = select(Debate).where(Debate.petition_id == petition_id, Debate.withdrawn_at.is_(None))
    return db.scalars(standing.order_by(Debate.version)).all()


def debates_of(db: Session, petition_ids: Collection[int]) -> Mapping[int, Sequence[Debate]]:
    """By petition, every version that was not taken back, oldest first."""
    found: dict[int, list[Debate]] = {}
    standing = select(Debate).where(Debate.petition_id.in_(petition_ids), Debate.withdrawn_at.is_(None))
    wanted = standing.order_by(Debate.petition_id, Debate.version)
    for debate in db.scalars(wanted) if petition_ids else ():
        found.setdefault(debate.petition_id, []).append(debate)
    return found


def topics(db: Session, petition_ids: Collection[int]) -> Mapping[int, Sequence[Topic]]:
    """By petition, its topics by name; retired ones stay where they were given."""
    found: dict[int, list[Topic]] = {}
    wanted = (
        select(PetitionTopic.petition_id, Topic)
        .join(Topic, Topic.id == PetitionTopic.topic_id)
        .where(PetitionTopic.petition_id.in_(petition_ids))
        .order_by(Topic.name)
    )
    for petition_id, topic in db.execute(wanted) if petition_ids else ():
        found.setdefault(petition_id, []).append(topic)
    return found
