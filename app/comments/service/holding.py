"""What discussions hold about one person: shown to them, handed over, forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.accounts.holding import HeldAct, HeldRow, Person, Section
from app.accounts.model import Account
from app.comments.model import Comment, CommentRevision, Vote
from app.comments.queries.mine import count_of_author, of_author
from app.comments.rules.lifecycle import EDIT_NAMES, STATE_NAMES, WITHDRAWABLE, CommentState, EditState
from app.comments.service.family import lock_thread, locked_family
from app.comments.service.withdrawing import forget_what_nobody_reads, withdraw
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.text.plain import excerpt

MOST_ROWS = 200
MOST_TITLE = 120
_WITHDRAW = HeldAct("withdraw", str(_("Withdraw")), str(_("Its words go, its place and the replies to it stay.")))


class CommentHolding:
    """The comments' part of an account."""

    def sections(self, db: Session, person: Person, now: datetime) -> Sequence[Section]:
        if person.account_id is None:
            return ()
        rows = of_author(db, person.account_id, most=MOST_ROWS + 1)
        return [
            Section(
                kind="comment",
                title=str(_("Comments")),
                empty=str(_("You have not commented on anything.")),
                rows=[_row(r) for r in rows[:MOST_ROWS]],
                more=count_of_author(db, person.account_id) - MOST_ROWS if len(rows) > MOST_ROWS else 0,
                page=("/account/comments", str(_("Change your comments, and read what was decided about them"))),
            )
        ]

    def act(self, db: Session, person: Person, kind: str, row: int, act: str, now: datetime) -> str:
        account = db.get(Account, person.account_id) if person.account_id is not None else None
        author = db.scalar(select(Comment.author_id).where(Comment.id == row))
        if account is None or (kind, act) != ("comment", "withdraw") or author != account.id:
            raise NotFound
        withdraw(db, row, account, now)
        return str(_("Your comment is withdrawn."))

    def export(self, db: Session, person: Person) -> Mapping[str, Any]:
        if person.account_id is None:
            return {}
        comments = db.scalars(select(Comment).where(Comment.author_id == person.account_id).order_by(Comment.id)).all()
        votes = db.scalars(select(Vote).where(Vote.account_id == person.account_id).order_by(Vote.comment_id))
        texts = _texts(db, person.account_id)
        return {
            "comments": [_exported(c, texts.get(c.id, [])) for c in comments],
            "votes on comments": [
                {"comment": v.comment_id, "vote": v.value, "at": v.at.isoformat()} for v in votes if v.value
            ],
        }

    def erase(self, db: Session, person: Person, now: datetime) -> None:
        """What was public stays without a name; what nobody read goes. Votes stay counted, and belong to nobody known."""
        if person.account_id is None:
            return
        mine = select(Comment.id, Comment.thread_id).where(Comment.author_id == person.account_id).order_by(Comment.id)
        found = db.execute(mine).all()
        for thread_id in sorted({row.thread_id for row in found}):  # before any comment, as everybody locks
            lock_thread(db, thread_id)
        for comment_id, _thread in found:
            family = locked_family(db, comment_id)
            forget_what_nobody_reads(db, family, now)
            family.comment.author_id, family.comment.anonymised = None, True
            family.touch(db)


def _row(row: Row[Any]) -> HeldRow:
    edit = EditState(row.edit_state) if row.edit_state else None
    return HeldRow(
        id=row.id,
        title=excerpt(row.body, MOST_TITLE) or str(_("A comment whose words are gone")),
        href=f"/comments/{row.id}" if row.published_at is not None else "",
        at=row.created_at,
        standing=str(EDIT_NAMES[edit] if edit else STATE_NAMES[CommentState(row.state)]),
        acts=(_WITHDRAW,) if CommentState(row.state) in WITHDRAWABLE else (),
    )


def _texts(db: Session, account_id: int) -> dict[int, list[CommentRevision]]:
    rows = db.scalars(
        select(CommentRevision)
        .join(Comment, Comment.id == CommentRevision.comment_id)
        .where(Comment.author_id == account_id)
        .order_by(CommentRevision.comment_id, CommentRevision.number)
    )
    found: dict[int, list[CommentRevision]] = {}
    for row in rows:
        found.setdefault(row.comment_id, []).append(row)
    return found


def _exported(comment: Comment, texts: Sequence[CommentRevision]) -> dict[str, Any]:
    return {
        "id": comment.id,
        "in reply to": comment.parent_id,
        "state": comment.state,
        "reason": comment.reason_code,
        "stance": comment.stance,
        "language": comment.language,
        "said at": comment.created_at.isoformat(),
        "published at": comment.published_at.isoformat() if comment.published_at else None,
        "texts": [{"number": t.number, "at": t.at.isoformat(), "text": t.body} for t in texts],
    }
