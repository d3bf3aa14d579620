"""One text of a comment as it is stored: as typed, and as the sanitiser shows it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.comments.model import Comment, CommentRevision
from app.comments.rules.texts import body_digest, likeness
from app.core.text.sanitise import SANITISER_VERSION, to_html

#: a text whose words are gone
EMPTY = {"body": "", "html": "", "digest": body_digest("")}


def add_text(db: Session, comment: Comment, body: str, now: datetime) -> CommentRevision:
    """The comment's newest text. Cleaning takes longer than all the rest of a page, so it is done once, here."""
    revision = CommentRevision(
        comment_id=comment.id,
        number=comment.revision,
        body=body,
        html=str(to_html(body, formatting=True)),
        sanitised=SANITISER_VERSION,
        digest=body_digest(body),
        at=now,
    )
    db.add(revision)
    db.flush()
    return revision


def wipe_texts(db: Session, comment: Comment) -> None:
    """Every text it had is gone for good."""
    db.execute(update(CommentRevision).where(CommentRevision.comment_id == comment.id).values(EMPTY))
    comment.likeness = likeness("")
