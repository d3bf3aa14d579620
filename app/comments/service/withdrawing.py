"""An author takes a comment back: its place stays, its words go."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.comments.model import Comment, CommentRevision
from app.comments.rules.lifecycle import WITHDRAWABLE, CommentState
from app.comments.rules.texts import likeness
from app.comments.rules.threads import CannotChange, NotYours
from app.comments.service.checking import KIND
from app.comments.service.family import Family, locked_family
from app.comments.service.writing import EMPTY, wipe_texts
from app.core.db import rows_changed
from app.core.subject import SubjectRef
from app.moderation import cases as moderation
from app.moderation import reporting
from app.moderation.rules.verdicts import OF_TEXTS

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
    subject = SubjectRef(KIND, family.comment.id)
    moderation.close_case(db, subject, now)
    reporting.handle(db, subject, up_to=None, by=None, now=now)


def forget_what_nobody_reads(db: Session, family: Family, now: datetime) -> None:
    """Its author leaves: words that were never public, or were taken back, go with them, and what waits about them."""
    comment = family.comment
    if comment.published_at is not None and comment.state != CommentState.WITHDRAWN:
        _forget_changes(db, comment, now)
        return
    if CommentState(comment.state) in WITHDRAWABLE:
        take_back(db, family, now)
    else:
        moderation.close_case(db, SubjectRef(KIND, comment.id), now)
    wipe_texts(db, comment)


def _forget_changes(db: Session, comment: Comment, now: datetime) -> None:
    """Texts of it that nobody but moderators read; a case that waits is about the public one alone."""
    unread = (CommentRevision.comment_id == comment.id, CommentRevision.published_at.is_(None))
    db.execute(update(CommentRevision).where(*unread).values(EMPTY))
    if comment.revision == comment.shown_revision:
        return
    comment.revision, comment.edit_state = comment.shown_revision or comment.revision, None
    shown = db.get_one(CommentRevision, (comment.id, comment.revision))
    comment.likeness = likeness(shown.body)
    moderation.note_new_text(db, SubjectRef(KIND, comment.id), shown.digest, now, OF_TEXTS)


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
