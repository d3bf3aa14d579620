"""What staff set for a petition by hand: topics, notes, tags, and whether its signers are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, exc, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.batches import insert_many, upsert
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from petitions.model.petition import Petition
from petitions.model.sorting import PetitionTopic, Tag, Topic
from petitions.queries.sorting import sorting_of
from petitions.rules.sorting import Sorting, slug_of

TAKEN = _("There is a topic with this name already, in use or retired.")


class SortedMeanwhile(Conflict):
    """Somebody saved between this form's page and its sending; nothing of it was stored."""

    code = "sorted-meanwhile"
    title = _("Somebody changed this while you were writing")
    message = _("Nothing was stored. What you typed is kept below: compare, change and save again.")
    way_on = ("/moderation", _("Back to the queue"))


class TopicInUse(Conflict):
    code = "topic-in-use"
    title = _("This topic cannot be deleted")
    message = _("Petitions have it. Retire it: they keep it, and no other petition gets it.")
    way_on = ("/admin/topics", _("Back to the topics"))


def sort(db: Session, petition_id: int, wanted: Sorting, *, seen: str, by: int, now: datetime) -> None:
    """Set topics, notes and tags as a form wants them.

    ``seen`` is the digest of what its reader saw: :class:`SortedMeanwhile` where that is no longer so,
    :class:`Invalid` for a topic that does not exist or is retired. Sent twice, it is stored once.
    """
    petition = _locked(db, petition_id)
    stands = sorting_of(db, petition)
    if wanted == stands:
        return
    if stands.digest != seen:
        raise SortedMeanwhile
    _check_topics(db, wanted.topics - stands.topics)
    _set_topics(db, petition.id, stands.topics, wanted.topics)
    _set_tags(db, petition.id, stands.tags, wanted.tags)
    petition.staff_note = wanted.staff_note
    if wanted.public_note != stands.public_note:
        petition.public_note, petition.public_note_at = wanted.public_note, now if wanted.public_note else None
    shown = (wanted.topics, wanted.public_note) != (stands.topics, stands.public_note)
    if shown:
        petition.updated_at = now
    db.flush()
    subject = SubjectRef("petition", petition.id)
    audit.record(db, "petitions.sort", subject, by=by, now=now, facts=_differences(stands, wanted))
    if shown:
        touch(db, "petitions", f"petition:{petition.id}")


def keep_signers(db: Session, petition_id: int, *, keep: bool, reason: str, by: int, now: datetime) -> None:
    """Exempt a petition's signers from erasure, or end the exemption; the reason goes on record."""
    petition = _locked(db, petition_id)
    if petition.keep_signers == keep:
        return
    petition.keep_signers, petition.keep_signers_reason = keep, reason if keep else ""
    db.flush()
    act = "petitions.keep-signers" if keep else "petitions.keep-signers-end"
    audit.record(db, act, SubjectRef("petition", petition.id), by=by, now=now, facts={"reason": reason})


def add_topic(db: Session, name: str, *, by: int, now: datetime) -> Topic:
    """A new topic; :class:`Invalid` where one has its name."""
    _check_name(db, name)
    topic = Topic(slug=slug_of(name), name=name)
    try:
        with db.begin_nested():
            db.add(topic)
    except exc.IntegrityError as wrong:  # an older name's address, or somebody was faster
        raise Invalid([FieldError("name", TAKEN)]) from wrong
    _changed(db, "petitions.topic-add", topic, by, now)
    return topic


def rename_topic(db: Session, topic_id: int, name: str, *, by: int, now: datetime) -> None:
    """Another name, the same address; :class:`Invalid` where another topic has the name."""
    topic = _topic(db, topic_id)
    _check_name(db, name, but=topic.id)
    if topic.name != name:
        topic.name = name
        _changed(db, "petitions.topic-rename", topic, by, now)


def retire_topic(db: Session, topic_id: int, *, by: int, now: datetime) -> None:
    """No petition newly gets it; those that have it keep it."""
    topic = _topic(db, topic_id)
    if topic.retired_at is None:
        topic.retired_at = now
        _changed(db, "petitions.topic-retire", topic, by, now)


def bring_back_topic(db: Session, topic_id: int, *, by: int, now: datetime) -> None:
    topic = _topic(db, topic_id)
    if topic.retired_at is not None:
        topic.retired_at = None
        _changed(db, "petitions.topic-bring-back", topic, by, now)


def delete_topic(db: Session, topic_id: int, *, by: int, now: datetime) -> None:
    """Only one that no petition has; :class:`TopicInUse` otherwise."""
    topic = _topic(db, topic_id)
    if db.scalar(select(PetitionTopic.petition_id).where(PetitionTopic.topic_id == topic.id).limit(1)) is not None:
        raise TopicInUse
    db.delete(topic)
    _changed(db, "petitions.topic-delete", topic, by, now)


def link_topics(db: Session, petition_id: int, names: Iterable[str]) -> None:
    """An import's topics: found by name or made; the petition has these and no others."""
    slugs = {slug: name for name in names if (slug := slug_of(name))}
    for slug, name in sorted(slugs.items()):
        made = upsert(db, Topic.__table__).values(slug=slug, name=name)  # type: ignore[arg-type]
        db.execute(made.on_conflict_do_nothing(index_elements=["slug"]))
    wanted = set(db.scalars(select(Topic.id).where(Topic.slug.in_(slugs))))
    stands = set(db.scalars(select(PetitionTopic.topic_id).where(PetitionTopic.petition_id == petition_id)))
    _set_topics(db, petition_id, stands, wanted)


def _locked(db: Session, petition_id: int) -> Petition:
    locked = select(Petition).where(Petition.id == petition_id).with_for_update(key_share=True)
    petition = db.scalar(locked.execution_options(populate_existing=True))
    if petition is None:
        raise NotFound
    return petition


def _topic(db: Session, topic_id: int) -> Topic:
    locked = select(Topic).where(Topic.id == topic_id).with_for_update()
    topic = db.scalar(locked.execution_options(populate_existing=True))
    if topic is None:
        raise NotFound
    return topic


def _check_name(db: Session, name: str, but: int = 0) -> None:
    others = db.scalars(select(Topic.name).where(Topic.id != but))
    if slug_of(name) in {slug_of(other) for other in others}:
        raise Invalid([FieldError("name", TAKEN)])


def _check_topics(db: Session, added: frozenset[int]) -> None:
    known = select(Topic.id).where(Topic.id.in_(added), Topic.retired_at.is_(None)).with_for_update(read=True)
    if added - set(db.scalars(known)):
        raise Invalid([FieldError("topic", _("One of these topics is no longer in use. Choose others."))])


def _set_topics(db: Session, petition_id: int, stands: Iterable[int], wanted: Iterable[int]) -> None:
    gone, new = set(stands) - set(wanted), sorted(set(wanted) - set(stands))
    if gone:
        mine = PetitionTopic.petition_id == petition_id
        db.execute(delete(PetitionTopic).where(mine, PetitionTopic.topic_id.in_(gone)))
    db.add_all(PetitionTopic(petition_id=petition_id, topic_id=topic) for topic in new)
    db.flush()


def _set_tags(db: Session, petition_id: int, stands: Iterable[str], wanted: Iterable[str]) -> None:
    gone, new = set(stands) - set(wanted), sorted(set(wanted) - set(stands))
    if gone:
        db.execute(delete(Tag).where(Tag.petition_id == petition_id, Tag.tag.in_(gone)))
    insert_many(db, Tag.__table__, [{"petition_id": petition_id, "tag": tag} for tag in new])  # type: ignore[arg-type]


def _differences(stands: Sorting, wanted: Sorting) -> dict[str, object]:
    """For the record: which topics came and went, and which words changed, without the words."""
    found: dict[str, object] = {}
    if wanted.topics != stands.topics:
        found["topics"] = {
            "added": sorted(wanted.topics - stands.topics),
            "removed": sorted(stands.topics - wanted.topics),
        }
    for name in ("public_note", "staff_note", "tags"):
        if getattr(wanted, name) != getattr(stands, name):
            found[name] = "changed" if getattr(wanted, name) else "removed"
    return found


def _changed(db: Session, act: str, topic: Topic, by: int, now: datetime) -> None:
    db.flush()
    audit.record(db, act, SubjectRef("petitions.topic", topic.id), by=by, now=now, facts={"slug": topic.slug})
    touch(db, "petitions")
