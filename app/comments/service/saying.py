"""Somebody says something, or answers somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.comments.contribution import About, Discussed, text_of
from app.comments.model import Comment, CommentRevision, Thread
from app.comments.rules.lifecycle import REFUSED, CommentState, Mode
from app.comments.rules.quotes import NOT_THERE, NOTHING_TO_QUOTE, occurs
from app.comments.rules.texts import Stance, likeness
from app.comments.rules.threads import Answered, SaidAlready, refusal_to_reply
from app.comments.service import checking
from app.comments.service.family import Family, lock_comments
from app.comments.service.opening import open_to_all
from app.comments.service.telling import tell_of_reply
from app.comments.service.writing import add_text
from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.subject import SubjectRef

#: such a text may be said again: nobody can read it any more
_OVER = [*REFUSED, CommentState.WITHDRAWN]


@dataclass(frozen=True)
class Words:
    """A checked form."""

    body: str
    language: str
    stance: Stance | None = None
    #: the comment that it answers
    parent_id: int | None = None
    #: the passage it is about, and the version of the subject's text that its author read
    quote: str = ""
    about_version: int | None = None


def say(
    db: Session,
    discussed: Mapping[str, Discussed],
    subject: SubjectRef,
    account: Account,
    words: Words,
    now: datetime,
) -> Comment:
    """Store a comment and put it before the moderators; public at once where the thread and its author allow it."""
    thread, known = open_to_all(db, discussed, subject, now)
    above = _answered(db, thread, words, known.discussion)
    _check_stance(thread, words)
    words = _quoting(db, discussed, subject, known, words)
    _check_repeat(db, thread, account, words)
    verdict = checking.look(db, words.body, account, subject, Mode(thread.mode), now)
    family, revision = _store(db, thread, above, account, words, verdict.state, now)
    if verdict.state is CommentState.PUBLISHED:
        family.publish(db, now)
        tell_of_reply(db, family, now)
    checking.submit(db, family.comment, revision, subject, verdict.found, now)
    family.touch(db)
    return family.comment


def _answered(db: Session, thread: Thread, words: Words, href: str) -> tuple[Comment, ...]:
    """The comment that is answered and the one at the top, locked; none for a comment at the top."""
    if words.parent_id is None:
        return ()
    row = db.execute(select(Comment.root_id).where(Comment.id == words.parent_id)).one_or_none()
    found = lock_comments(db, {words.parent_id, row.root_id or words.parent_id}) if row else {}
    parent = found.get(words.parent_id)
    known = Answered(parent.thread_id, parent.depth, parent.state) if parent else None
    if (refusal := refusal_to_reply(known, thread.id, href)) is not None:
        raise refusal
    assert parent is not None
    return (parent, *(c for c in found.values() if c is not parent))


def _check_stance(thread: Thread, words: Words) -> None:
    if thread.asks_stance and words.stance is None and words.parent_id is None:
        raise Invalid([FieldError("stance", str(_("Say whether you are for it, against it or neither.")))])


def _quoting(db: Session, discussed: Mapping[str, Discussed], subject: SubjectRef, known: About, words: Words) -> Words:
    """With the version it is about. What is quoted stands in that version, word for word; a reply quotes nothing."""
    if words.parent_id is not None or known.version == 0:
        if words.quote:
            raise Invalid([FieldError("quote", str(NOTHING_TO_QUOTE))])
        return replace(words, about_version=None)
    read = words.about_version or known.version
    read = read if read < known.version else known.version
    for version in dict.fromkeys((read, known.version)):
        text = text_of(db, discussed, subject, known, version)
        if text is not None and occurs(words.quote, text):
            return replace(words, about_version=version)
    raise Invalid([FieldError("quote", NOT_THERE.format(version=read))])


def _check_repeat(db: Session, thread: Thread, account: Account, words: Words) -> None:
    """The same author, the same words about the same passage, the same discussion; others may say the same."""
    said = select(Comment.id).where(
        Comment.thread_id == thread.id,
        Comment.author_id == account.id,
        Comment.likeness == likeness(words.body),
        Comment.quote == words.quote if words.quote else Comment.quote.is_(None),
        Comment.state.not_in(_OVER),
    )
    if (earlier := db.scalar(said.limit(1))) is not None:
        raise SaidAlready(comment=earlier)


def _store(
    db: Session,
    thread: Thread,
    above: tuple[Comment, ...],
    account: Account,
    words: Words,
    state: CommentState,
    now: datetime,
) -> tuple[Family, CommentRevision]:
    parent = above[0] if above else None
    comment = Comment(
        thread_id=thread.id,
        parent_id=parent.id if parent else None,
        root_id=(parent.root_id or parent.id) if parent else None,
        branch_id=parent.branch_id if parent else None,
        parent_revision=parent.shown_revision if parent else None,
        depth=parent.depth + 1 if parent else 1,
        author_id=account.id,
        # counted, where it is public, in the moment it becomes so
        state=CommentState.PENDING if state is CommentState.PUBLISHED else state,
        stance=words.stance if thread.asks_stance else None,
        language=words.language,
        quote=words.quote or None,
        about_version=words.about_version,
        likeness=likeness(words.body),
        created_at=now,
        settled_at=now,
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
    return Family(thread, comment, above), add_text(db, comment, words.body, now)
