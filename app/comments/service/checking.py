"""Putting texts before the moderators, and what automatic signals ask for first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.trust import is_new
from app.comments.model import Comment, CommentRevision
from app.comments.rules.lifecycle import CommentState, Mode, first_state
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.moderation import cases as moderation
from app.moderation import signals

log = logging.getLogger("townsquare.comments")
KIND = "comment"
MOST_EXCERPT = 200


@dataclass(frozen=True)
class Verdict:
    """What becomes of a new text, and what was noticed about it."""

    state: CommentState
    found: Sequence[Any] = ()


def look(
    db: Session,
    body: str,
    account: Account,
    context: SubjectRef,
    mode: Mode,
    now: datetime,
    *,
    comment_id: int | None = None,
) -> Verdict:
    """Signals may hold a text, never refuse it; where they fail, a person looks first."""
    known = SubjectRef(KIND, comment_id) if comment_id is not None else None
    try:
        with db.begin_nested():
            noticed = signals.look(db, body, author=account, context=context, now=now, subject=known)
        held, found = noticed.hold, tuple(noticed.found)
    except Exception:
        log.exception("signals failed: the text waits for a person")
        held, found = True, ()
    return Verdict(first_state(mode, is_new=is_new(account), is_held=held), found)


def submit(
    db: Session,
    comment: Comment,
    revision: CommentRevision,
    context: SubjectRef,
    found: Sequence[Any],
    now: datetime,
    *,
    origin: str = "new",
) -> None:
    """One case for each text; a case that waits already gets this one as its newest."""
    moderation.open_case(
        db,
        SubjectRef(KIND, comment.id),
        revision.digest,
        now,
        origin=origin,
        author_id=comment.author_id,
        excerpt=excerpt(revision.body, MOST_EXCERPT),
        context=context,
        signals=found,
    )
