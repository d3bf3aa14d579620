"""The response matrix: every clause, every public comment on it with what it quotes, and what the department does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.accounts.queries import shown_names
from app.comments.model import Thread
from app.comments.queries import threads
from app.comments.rules.lifecycle import CommentState
from app.comments.rules.quotes import Passage, passage
from consultations.model import Disposition, DraftText
from consultations.queries import dispositions
from consultations.queries import texts as queries
from consultations.queries.texts import KIND, ClauseOfText


class Said(NamedTuple):
    """One public comment. ``passage``: where what it is about stands by now."""

    id: int
    by: str
    at: datetime
    version: int | None
    quote: str
    body: str
    passage: Passage
    reply_to: int | None


class Line(NamedTuple):
    """One clause with all that was said about it."""

    text: DraftText
    clause: ClauseOfText
    comments: Sequence[Said]
    disposition: Disposition | None


def lines(db: Session, consultation_id: int) -> Iterator[Line]:
    """Text by text, clause by clause, removed ones last."""
    stands = dispositions.newest(db, consultation_id)
    for text in queries.texts_of(db, consultation_id, published=True):
        clauses = queries.every_clause(db, text)
        said = comments(db, text, clauses)
        for clause in clauses:
            yield Line(text, clause, said.get(clause.id, ()), stands.get(clause.id))


def comments(db: Session, text: DraftText, clauses: Sequence[ClauseOfText]) -> Mapping[int, Sequence[Said]]:
    """By clause, every public comment, the oldest first."""
    by_thread = _threads(db, [c.id for c in clauses])
    known = {c.id: c for c in clauses}
    wanted = threads.entries().where(threads.C.thread_id.in_(by_thread), threads.C.state == CommentState.PUBLISHED)
    rows = db.execute(wanted.order_by(threads.C.thread_id, threads.C.id)).all() if by_thread else ()
    names = shown_names(db, {r.author_id for r in rows if r.author_id is not None})
    found: dict[int, list[Said]] = {}
    for row in rows:
        clause = known[by_thread[row.thread_id]]
        by = names.get(row.author_id)
        found.setdefault(clause.id, []).append(_said(row, by.text if by else "", text, clause))
    return found


def _threads(db: Session, clause_ids: Sequence[int]) -> dict[int, int]:
    wanted = select(Thread.id, Thread.subject_id).where(Thread.subject_kind == KIND, Thread.subject_id.in_(clause_ids))
    return {thread: clause for thread, clause in db.execute(wanted)} if clause_ids else {}


def _said(row: Row[Any], by: str, text: DraftText, clause: ClauseOfText) -> Said:
    now = clause.block.text if clause.removed_in is None else None
    stands = passage(row.quote, row.about_version, now, text.version)
    return Said(row.id, by, row.published_at, row.about_version, row.quote or "", row.body, stands, row.parent_id)
