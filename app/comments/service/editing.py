"""An author changes a comment: a new text beside the old one, which stays public until the new one passes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.comments.contribution import Discussed, about, takes_comments
from app.comments.model import CommentRevision
from app.comments.rules.lifecycle import EDITABLE, CommentState, EditState, Mode
from app.comments.rules.texts import body_digest, likeness
from app.comments.rules.threads import CannotChange, ChangedMeanwhile, DiscussionClosed, NotYours
from app.comments.service import checking
from app.comments.service.family import Family, locked_family
from app.comments.service.writing import add_text


def edit(
    db: Session,
    discussed: Mapping[str, Discussed],
    comment_id: int,
    account: Account,
    body: str,
    *,
    after_revision: int,
    now: datetime,
) -> Family:
    """Store the new text and put it before the moderators; the same text again changes nothing."""
    family = _editable(db, discussed, comment_id, account, now)
    comment = family.comment
    if body_digest(body) == _newest_digest(db, family):
        return family
    if comment.revision != after_revision:
        raise ChangedMeanwhile(comment=comment_id)
    comment.revision += 1
    comment.likeness = likeness(body)
    revision = add_text(db, comment, body, now)
    _place(db, family, revision, account, now)
    family.touch(db)
    return family


def _editable(
    db: Session, discussed: Mapping[str, Discussed], comment_id: int, account: Account, now: datetime
) -> Family:
    family = locked_family(db, comment_id)
    if family.comment.author_id != account.id:
        raise NotYours(comment=comment_id)
    if CommentState(family.comment.state) not in EDITABLE:
        raise CannotChange
    known = about(db, discussed, family.subject, now)
    if not takes_comments(family.thread, known):
        raise DiscussionClosed(href=known.discussion)
    return family


def _newest_digest(db: Session, family: Family) -> bytes:
    return db.get_one(CommentRevision, (family.comment.id, family.comment.revision)).digest


def _place(db: Session, family: Family, revision: CommentRevision, account: Account, now: datetime) -> None:
    """Public at once where comments are checked afterwards; else it waits, beside the old text or in its place."""
    comment = family.comment
    mode = Mode(family.thread.mode)
    verdict = checking.look(db, revision.body, account, family.subject, mode, now, comment_id=comment.id)
    was = CommentState(comment.state)
    if was is not CommentState.PUBLISHED:
        family.move(CommentState.HELD if verdict.state is CommentState.HELD else CommentState.PENDING, now)
        comment.reason_code = None
    elif verdict.state is CommentState.PUBLISHED:
        family.publish(db, now)
    else:
        comment.edit_state = EditState(verdict.state)
    origin = "resubmission" if was is CommentState.RETURNED else "edit"
    checking.submit(db, comment, revision, family.subject, verdict.found, now, origin=origin)
