"""Comments of another system come in with their discussion: public at once, and nobody gets a letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.comments.contribution import Discussed, about
from app.comments.model import Comment, CommentRevision, Thread
from app.comments.rules.lifecycle import CommentState, Mode
from app.comments.rules.texts import Stance, likeness
from app.comments.rules.threads import MOST_DEPTH, CannotReply
from app.comments.service.family import Family, lock_comments, locked_family
from app.comments.service.opening import open_thread
from app.comments.service.writing import add_text
from app.core.subject import SubjectRef


@dataclass(frozen=True)
class Elsewhere:
    """A checked comment of ``source``. ``above``: the source's id of what it answers; ``name``: empty where it is
    withheld. No account stands behind it."""

    source: str
    source_id: str
    above: str
    name: str
    body: str
    language: str
    stance: Stance | None
    at: datetime


def bring(db: Session, discussed: Mapping[str, Discussed], subject: SubjectRef, said: Elsewhere, now: datetime) -> str:
    """Store it, or bring it up to date; answers ``created``, ``updated`` or ``unchanged``.

    One that moderators here have taken down stays as they left it. Raises :class:`CannotReply` where what it
    answers is not here, and :class:`DiscussionUnknown` where nobody may read the subject.
    """
    known = about(db, discussed, subject, now)
    if (stored := find(db, said)) is not None:
        return _bring_up_to_date(db, stored, said, now)
    thread = open_thread(db, subject, known.mode or Mode.BEFORE, asks_stance=False, now=min(said.at, now))
    if known.mode is None and thread.closed_at is None:  # nobody speaks on this site: what was said is read alone
        thread.closed_at, thread.closed_because = now, "moderator"
    family = _store(db, thread, _above(db, thread, said, known.discussion), said)
    family.publish(db, said.at)
    family.touch(db)
    return "created"


def outlook(db: Session, said: Elsewhere) -> str:
    """What :func:`bring` would answer, without storing anything."""
    stored = find(db, said)
    if stored is None:
        return "created"
    return "updated" if _differs(db, stored, said) else "unchanged"


def is_here(db: Session, source: str, source_id: str) -> bool:
    """Whether something can be answered that the source knows by this id."""
    known = select(Comment.id).where(Comment.source == source, Comment.source_id == source_id)
    return db.scalar(known.where(Comment.published_at.is_not(None))) is not None


def find(db: Session, said: Elsewhere) -> Comment | None:
    return db.scalar(select(Comment).where(Comment.source == said.source, Comment.source_id == said.source_id))


def _differs(db: Session, stored: Comment, said: Elsewhere) -> bool:
    if stored.state != CommentState.PUBLISHED:
        return False
    newest = db.get_one(CommentRevision, (stored.id, stored.revision))
    return newest.body != said.body or (stored.source_name or "") != said.name


def _bring_up_to_date(db: Session, stored: Comment, said: Elsewhere, now: datetime) -> str:
    family = locked_family(db, stored.id)
    comment = family.comment
    if not _differs(db, comment, said):
        return "unchanged"
    comment.source_name = said.name
    if db.get_one(CommentRevision, (comment.id, comment.revision)).body != said.body:
        comment.revision += 1
        comment.likeness = likeness(said.body)
        add_text(db, comment, said.body, now)
        family.publish(db, now)
    family.touch(db)
    return "updated"


def _above(db: Session, thread: Thread, said: Elsewhere, href: str) -> tuple[Comment, ...]:
    """What it answers and the comment at the top, locked. What lay deeper than here stands beside what it answered."""
    if not said.above:
        return ()
    answered = select(Comment).where(Comment.source == said.source, Comment.source_id == said.above)
    parent = db.scalar(answered.where(Comment.thread_id == thread.id))
    if parent is None or parent.published_at is None:
        raise CannotReply(href=href)
    number = parent.id if parent.depth < MOST_DEPTH else parent.parent_id
    assert number is not None
    found = lock_comments(db, {number, parent.root_id or number})
    return (found[number], *(c for c in found.values() if c.id != number))


def _store(db: Session, thread: Thread, above: tuple[Comment, ...], said: Elsewhere) -> Family:
    parent = above[0] if above else None
    comment = Comment(
        thread_id=thread.id,
        parent_id=parent.id if parent else None,
        root_id=(parent.root_id or parent.id) if parent else None,
        branch_id=parent.branch_id if parent else None,
        parent_revision=parent.shown_revision if parent else None,
        depth=parent.depth + 1 if parent else 1,
        author_id=None,
        source=said.source,
        source_id=said.source_id,
        source_name=said.name,
        state=CommentState.PENDING,
        stance=said.stance,
        language=said.language,
        likeness=likeness(said.body),
        created_at=said.at,
        settled_at=said.at,
        ups=0,
        downs=0,
        replies=0,
        replies_numbered=0,
        revision=1,
        anonymised=False,
        best=0.0,
    )
    db.add(comment)
    db.flush()
    if comment.depth == 2:
        comment.branch_id = comment.id
    add_text(db, comment, said.body, said.at)
    return Family(thread, comment, above)
