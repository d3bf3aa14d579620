"""A comment with those above it, locked in one order, and what its becoming public or not does to their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.comments.model import Comment, CommentRevision, Thread
from app.comments.rules.lifecycle import COUNTED, CommentState, may_move
from app.comments.rules.ranking import rank
from app.comments.rules.texts import Stance
from app.comments.rules.threads import CannotChange, CommentUnknown
from app.comments.service.checking import KIND
from app.core.freshness import touch
from app.core.subject import SubjectRef
from app.moderation.cases import note_new_text

_TALLIES = {Stance.FOR: "fors", Stance.AGAINST: "againsts", Stance.NEUTRAL: "neutrals"}


@dataclass(frozen=True)
class Family:
    """``above``: its parent and the comment at the top, which may be one."""

    thread: Thread
    comment: Comment
    above: tuple[Comment, ...] = ()

    @property
    def subject(self) -> SubjectRef:
        return SubjectRef(self.thread.subject_kind, self.thread.subject_id)

    def move(self, state: CommentState, now: datetime) -> None:
        """Its state becomes ``state``; every figure that counts it follows. Staying as it is changes nothing."""
        comment, old = self.comment, CommentState(self.comment.state)
        if old == state:
            return
        if not may_move(old, state):
            raise CannotChange
        comment.state, comment.state_before, comment.settled_at = state, old, now
        change = (state in COUNTED) - (old in COUNTED)
        if change:
            self.count(change, now)
        comment.best = rank(comment.ups, comment.downs, counts=state in COUNTED)

    def count(self, change: int, now: datetime) -> None:
        """One more (1) or one fewer (-1) that everyone can read."""
        self.thread.said += change
        if self.comment.stance is not None:
            tally = _TALLIES[Stance(self.comment.stance)]
            setattr(self.thread, tally, getattr(self.thread, tally) + change)
        if change > 0:
            self.thread.last_said_at = now
        for comment in self.above:
            comment.replies += change

    def publish(self, db: Session, now: datetime) -> None:
        """Its newest text is what everyone reads from now on."""
        comment = self.comment
        self.move(CommentState.PUBLISHED, now)
        if comment.published_at is None:
            comment.published_at = now
            self._number()
        elif comment.shown_revision != comment.revision:
            comment.edited_at = now
            note_new_text(db, SubjectRef(KIND, comment.id), self._newest(db).digest, now)
        is_other = comment.shown_revision != comment.revision
        comment.shown_revision, comment.edit_state, comment.reason_code = comment.revision, None, None
        if is_other:
            db.execute(
                update(CommentRevision)
                .where(CommentRevision.comment_id == comment.id, CommentRevision.number == comment.revision)
                .values(published_at=now)
            )

    def _newest(self, db: Session) -> CommentRevision:
        return db.get_one(CommentRevision, (self.comment.id, self.comment.revision))

    def _number(self) -> None:
        top = next((c for c in self.above if c.depth == 1), None)
        if top is not None and self.comment.reply_number is None:
            top.replies_numbered += 1
            self.comment.reply_number = top.replies_numbered

    def touch(self, db: Session) -> None:
        """The pages that show it; last of all, for it locks what many share."""
        db.flush()
        touch(db, page_key(self.subject))


def page_key(subject: SubjectRef) -> str:
    """What the pages of a discussion depend on."""
    return f"discussion:{subject.kind}:{subject.id}"


def locked_family(db: Session, comment_id: int) -> Family:
    """The thread, then the comments by number; raises :class:`CommentUnknown`."""
    place = db.execute(
        select(Comment.thread_id, Comment.parent_id, Comment.root_id).where(Comment.id == comment_id)
    ).one_or_none()
    if place is None:
        raise CommentUnknown
    thread = lock_thread(db, place.thread_id)
    comments = lock_comments(db, {comment_id, place.parent_id, place.root_id} - {None})
    return Family(thread, comments[comment_id], tuple(c for c in comments.values() if c.id != comment_id))


def lock_thread(db: Session, thread_id: int) -> Thread:
    locked = select(Thread).where(Thread.id == thread_id).with_for_update(key_share=True)
    return db.scalars(locked.execution_options(populate_existing=True)).one()


def lock_comments(db: Session, ids: set[int]) -> dict[int, Comment]:
    locked = select(Comment).where(Comment.id.in_(ids)).order_by(Comment.id).with_for_update(key_share=True)
    return {c.id: c for c in db.scalars(locked.execution_options(populate_existing=True))}
