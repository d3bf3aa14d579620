"""Votes at the intake: a batch sets, for each account and comment, what its last act says, and keeps exact figures.

One batch, in lock order: the threads (shared: they must not close meanwhile), the comments by
number, their votes. An act's id is stored with the vote it set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Table, bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from app.comments.contribution import Discussed, takes_comments
from app.comments.model import Comment, Thread, Vote
from app.comments.rules.lifecycle import COUNTED, CommentState
from app.comments.rules.ranking import rank
from app.comments.rules.threads import CannotVote, CommentUnknown, DiscussionClosed, OwnVote
from app.comments.service.family import page_key
from app.core.batches import Prepared
from app.core.errors import Refusal
from app.core.freshness import hint
from app.core.intake import Act
from app.core.subject import SubjectRef

VALUES = {"up": 1, "down": -1, "none": 0}
_COMMENT: Table = Comment.__table__  # type: ignore[assignment]
_VOTE: Table = Vote.__table__  # type: ignore[assignment]
_SET = Prepared(
    lambda insert: (one := insert(_VOTE).values({c.name: bindparam(c.name) for c in _VOTE.c})).on_conflict_do_update(
        index_elements=["comment_id", "account_id"],
        set_={"value": one.excluded.value, "act_id": one.excluded.act_id, "at": one.excluded.at},
    )
)
_FIGURES = Prepared(
    lambda _insert: (
        update(_COMMENT)
        .where(_COMMENT.c.id == bindparam("row"))
        .values(ups=bindparam("for_it"), downs=bindparam("against_it"), best=bindparam("rank"))
    )
)


@dataclass(slots=True, kw_only=True)
class CommentVote(Act):
    """Sets an account's vote on a comment to 1, -1 or 0; never toggles it."""

    comment_id: int
    account_id: int
    value: int

    def encoded(self, answer: Any) -> tuple[int, bytes]:
        return 200, msgspec.json.encode(answer)


class Voted(msgspec.Struct, frozen=True):
    """What the vote is now."""

    comment_id: int
    vote: str


def voted(comment_id: int, value: int) -> Voted:
    return Voted(comment_id, next(word for word, number in VALUES.items() if number == value))


class Voting:
    """Carries out :class:`CommentVote`."""

    def __init__(self, discussed: Mapping[str, Discussed]) -> None:
        self.discussed = discussed

    def perform(self, db: Session, acts: Sequence[CommentVote], now: datetime) -> Sequence[Any]:
        standings = self._standings(db, {a.comment_id for a in acts}, now)
        answers: dict[int, Any] = {}
        wishes: dict[tuple[int, int], CommentVote] = {}
        for act in acts:
            refusal = self._refusal(standings.get(act.comment_id), act)
            answers[act.id] = refusal or voted(act.comment_id, act.value)
            if refusal is None:
                wishes[act.comment_id, act.account_id] = act
        self._store(db, {c: s.row for c, s in standings.items()}, wishes, now)
        for subject in sorted({standings[c].subject for c, _account in wishes}):
            hint(db, page_key(subject))  # figures of votes may be seconds old: no page waits for them
        return [answers[a.id] for a in acts]

    def performed(self, db: Session, acts: Sequence[CommentVote]) -> Mapping[int, Any]:
        rows = db.execute(select(Vote.act_id, Vote.comment_id, Vote.value).where(Vote.act_id.in_([a.id for a in acts])))
        return {row.act_id: voted(row.comment_id, row.value) for row in rows}

    def _standings(self, db: Session, ids: set[int], now: datetime) -> dict[int, _Standing]:
        """The comments that are there, locked, with whether their threads take votes."""
        wanted = set(db.scalars(select(Comment.thread_id).where(Comment.id.in_(ids))))
        shared = select(Thread).where(Thread.id.in_(wanted)).order_by(Thread.id).with_for_update(read=True)
        threads = {t.id: t for t in db.scalars(shared.execution_options(populate_existing=True))}
        closed = {t.id: self._closed(db, t, now) for t in threads.values()}
        rows = db.execute(
            select(Comment.id, Comment.thread_id, Comment.author_id, Comment.state, Comment.published_at)
            .add_columns(Comment.ups, Comment.downs)
            .where(Comment.id.in_(ids))
            .order_by(Comment.id)
            .with_for_update(key_share=True)
        )
        found = {row.id: row for row in rows}
        return {
            i: _Standing(row, SubjectRef(t.subject_kind, t.subject_id), closed[t.id])
            for i, row in found.items()
            if (t := threads.get(row.thread_id)) is not None
        }

    def _closed(self, db: Session, thread: Thread, now: datetime) -> Refusal | None:
        kind = self.discussed.get(thread.subject_kind)
        known = kind.about(db, thread.subject_id, now) if kind else None
        if known is None or not known.is_public:
            return CommentUnknown()
        return None if takes_comments(thread, known) else DiscussionClosed(href=known.discussion)

    def _refusal(self, standing: _Standing | None, act: CommentVote) -> Refusal | None:
        if standing is None or standing.row.published_at is None:
            return CommentUnknown()  # what nobody has read yet is not told of to anybody
        if standing.closed is not None:
            return standing.closed
        if CommentState(standing.row.state) not in COUNTED:
            return CannotVote(href=f"/comments/{act.comment_id}")
        return OwnVote(comment=act.comment_id) if standing.row.author_id == act.account_id else None

    def _store(
        self,
        db: Session,
        comments: Mapping[int, Any],
        wishes: Mapping[tuple[int, int], CommentVote],
        now: datetime,
    ) -> None:
        if not wishes:
            return
        keys = sorted(wishes)
        was = {(r.comment_id, r.account_id): r.value for r in db.execute(
            select(Vote.comment_id, Vote.account_id, Vote.value).where(
                tuple_(Vote.comment_id, Vote.account_id).in_(keys)
            )
        )}  # fmt: skip
        changed: dict[int, list[int]] = {}
        for key in keys:
            figures = changed.setdefault(key[0], [comments[key[0]].ups, comments[key[0]].downs])
            for value, change in ((was.get(key, 0), -1), (wishes[key].value, 1)):
                if value:
                    figures[value < 0] += change
        _SET.run(db, [
            {"comment_id": c, "account_id": a, "value": wishes[c, a].value, "act_id": wishes[c, a].id, "at": now}
            for c, a in keys
        ])  # fmt: skip
        _FIGURES.run(db, [
            {"row": c, "for_it": ups, "against_it": downs, "rank": rank(ups, downs, counts=True)}
            for c, (ups, downs) in sorted(changed.items())
        ])  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Standing:
    """A comment as voting looks at it."""

    row: Any
    subject: SubjectRef
    closed: Refusal | None
