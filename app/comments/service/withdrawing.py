"""An author takes a comment back: its place stays, its words go."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.comments.model import Comment, CommentRevision
from app.comments.rules.lifecycle import WITHDRAWABLE, CommentState
from app.comments.rules.threads import CannotChange, NotYours
from app.comments.service.checking import KIND
from app.comments.service.family import Family, locked_family
from app.core.db import rows_changed
from app.core.subject import SubjectRef
from app.moderation import cases as moderation

#: words that their author took back are kept this long, for complaints about them, and seen by nobody
KEPT = timedelta(days=30)
A_STEP = 200


def withdraw(db: Session, comment_id: int, account: Account, now: datetime) -> Family:
    """Replies stay where they are; every figure drops by this one. Twice is as once."""
    family = locked_family(db, comment_id)
    if family.comment.author_id != account.id:
        raise NotYours(comment=comment_id)
    take_back(db, family, now)
    family.touch(db)
    return family


def take_back(db: Session, family: Family, now: datetime) -> None:
    """Without asking whose it is, and without touching its pages."""
    state = CommentState(family.comment.state)
    if state is CommentState.WITHDRAWN:
        return
    if state not in WITHDRAWABLE:
        raise CannotChange
    family.move(CommentState.WITHDRAWN, now)
    family.comment.edit_state = None
    db.flush()
    moderation.close_case(db, SubjectRef(KIND, family.comment.id), now)


def forget_words(db: Session, now: datetime) -> int:
    """Delete the texts of comments that were withdrawn long enough ago; answers how many texts of a bounded step."""
    gone = select(Comment.id).where(Comment.state == CommentState.WITHDRAWN, Comment.settled_at < now - KEPT)
    wordy = (
        select(CommentRevision.comment_id)
        .where(CommentRevision.comment_id.in_(gone), CommentRevision.body != "")
        .distinct()
        .limit(A_STEP)
    )
    ids = list(db.scalars(wordy))
    done = db.execute(update(CommentRevision).where(CommentRevision.comment_id.in_(ids)).values(body="", html=""))
    return rows_changed(done) if ids else 0
