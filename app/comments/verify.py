"""What must be true of every discussion; one line of ``townsquare verify`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.comments.model import Comment, CommentRevision, Thread, Vote
from app.comments.rules.lifecycle import COUNTED, WAITING, CommentState, EditState
from app.comments.rules.ranking import rank
from app.comments.rules.texts import Stance
from app.comments.service.checking import KIND
from app.moderation.model import Case
from app.moderation.rules.verdicts import OF_TEXTS, Origin

A_CHUNK = 1_000


def threads_count_their_comments(db: Session, now: datetime) -> Iterable[str]:
    """What a discussion says was said = the comments in it that everyone can read, by stance too."""
    shown = [Thread.said, Thread.fors, Thread.againsts, Thread.neutrals]
    stances = [None, Stance.FOR, Stance.AGAINST, Stance.NEUTRAL]
    for figure, stance in zip(shown, stances, strict=True):
        counted = select(func.count()).where(Comment.thread_id == Thread.id, Comment.state.in_(COUNTED))
        if stance is not None:
            counted = counted.where(Comment.stance == stance)
        true = counted.scalar_subquery()
        for row, said, rows in db.execute(select(Thread.id, figure, true).where(figure != true)):
            yield f"thread {row} shows {said}, has {rows}"


def comments_count_their_replies(db: Session, now: datetime) -> Iterable[str]:
    """A comment's replies = the comments beneath it that everyone can read."""
    for depth, place in ((1, Comment.root_id), (2, Comment.branch_id)):
        beneath = select(place.label("top"), func.count().label("n")).where(
            Comment.state.in_(COUNTED), Comment.depth > depth
        )
        counted = beneath.group_by(place).subquery()
        true = func.coalesce(counted.c.n, 0)
        wrong = select(Comment.id, Comment.replies, true).outerjoin(counted, counted.c.top == Comment.id)
        for row, shown, rows in db.execute(wrong.where(Comment.depth == depth, Comment.replies != true)):
            yield f"comment {row} shows {shown}, has {rows}"


def comments_count_their_votes(db: Session, now: datetime) -> Iterable[str]:
    """A comment's figures = its votes, and its rank follows from them."""
    for value, figure in ((1, Comment.ups), (-1, Comment.downs)):
        true = select(func.count()).where(Vote.comment_id == Comment.id, Vote.value == value).scalar_subquery()
        for row, shown, rows in db.execute(select(Comment.id, figure, true).where(figure != true)):
            yield f"comment {row} shows {shown}, has {rows}"
    ranked = select(Comment.id, Comment.ups, Comment.downs, Comment.best, Comment.state, Comment.published_at)
    for c in db.execute(ranked.execution_options(yield_per=A_CHUNK)):
        counts = CommentState(c.state) in COUNTED
        if c.published_at is not None and abs(c.best - rank(c.ups, c.downs, counts=counts)) > 1e-9:
            yield f"comment {c.id} has the rank {c.best}"


def replies_stand_where_they_belong(db: Session, now: datetime) -> Iterable[str]:
    """A reply is one deeper than what it answers, in the same thread, under the same top."""
    parent = aliased(Comment)
    wrong = (
        select(Comment.id)
        .join(parent, parent.id == Comment.parent_id)
        .where(
            or_(
                Comment.depth != parent.depth + 1,
                Comment.thread_id != parent.thread_id,
                Comment.root_id != func.coalesce(parent.root_id, parent.id),
                Comment.branch_id != func.coalesce(parent.branch_id, Comment.id),
            )
        )
    )
    for row in db.scalars(wrong):
        yield f"comment {row}"


def authors_do_not_vote_on_their_own(db: Session, now: datetime) -> Iterable[str]:
    """No vote is of whoever wrote the comment."""
    own = select(Vote.comment_id).join(Comment, Comment.id == Vote.comment_id)
    for row in db.scalars(own.where(Comment.author_id == Vote.account_id)):
        yield f"comment {row}"


def what_is_shown_was_published(db: Session, now: datetime) -> Iterable[str]:
    """What everyone reads is a text that was published; what was never public shows none."""
    shown = aliased(CommentRevision)
    wrong = (
        select(Comment.id)
        .outerjoin(shown, and_(shown.comment_id == Comment.id, shown.number == Comment.shown_revision))
        .where(
            or_(
                and_(Comment.shown_revision.is_not(None), shown.published_at.is_(None)),
                and_(Comment.state == CommentState.PUBLISHED, Comment.shown_revision.is_(None)),
                Comment.shown_revision > Comment.revision,
            )
        )
    )
    for row in db.scalars(wrong):
        yield f"comment {row}"


def what_waits_can_be_decided(db: Session, now: datetime) -> Iterable[str]:
    """A case about a comment waits only where its text, its reports or its appeal can still be settled."""
    public = Comment.state.in_([CommentState.PUBLISHED, CommentState.PROVISIONAL])
    refused = Comment.state.in_([CommentState.RETURNED, CommentState.REJECTED, CommentState.HIDDEN])
    edit = Comment.edit_state
    refused_edit = and_(public, edit.is_not(None), edit.in_([EditState.RETURNED, EditState.REJECTED]))
    settled = or_(
        and_(Case.origin.in_([str(o) for o in OF_TEXTS]), ~(public | Comment.state.in_(WAITING))),
        and_(Case.origin == Origin.REPORT, ~public),
        and_(Case.origin == Origin.APPEAL, ~(refused | refused_edit)),
    )
    about = and_(Case.subject_kind == KIND, Case.subject_id == Comment.id, Case.state == "waiting")
    for row in db.scalars(select(Case.id).join(Comment, about).where(settled)):
        yield f"case {row}"


def imported_comments_have_no_account(db: Session, now: datetime) -> Iterable[str]:
    """What was said on another system has its id there, and nobody here speaks for its author."""
    wrong = or_(
        (Comment.source.is_(None)) != (Comment.source_id.is_(None)),
        and_(Comment.source.is_not(None), Comment.author_id.is_not(None)),
    )
    for row in db.scalars(select(Comment.id).where(wrong)):
        yield f"comment {row}"


#: name -> what finds the faults
LINES: dict[str, Callable[[Session, datetime], Iterable[str]]] = {
    "discussions count the comments that everyone can read": threads_count_their_comments,
    "comments count their replies": comments_count_their_replies,
    "comments count their votes": comments_count_their_votes,
    "replies stand where they belong": replies_stand_where_they_belong,
    "nobody votes on their own comment": authors_do_not_vote_on_their_own,
    "what is shown of a comment was published": what_is_shown_was_published,
    "cases about comments can be decided": what_waits_can_be_decided,
    "imported comments have no account": imported_comments_have_no_account,
}
