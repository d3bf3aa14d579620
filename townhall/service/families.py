"""Questions that were joined: which belong together, how many different people want them, locked in one order.

Joining moves nothing but a pointer, so undoing it is exact. A question's figure is of everyone who upvoted it or one
that was joined to it, directly or over another, each person once, without those who are banned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, aliased

from townhall.model import Participant, Question, Upvote


def locked(db: Session, ids: Collection[int]) -> dict[int, Question]:
    """These questions, by number, held alone until the transaction ends."""
    rows = select(Question).where(Question.id.in_(ids)).order_by(Question.id).with_for_update(key_share=True)
    return {row.id: row for row in db.scalars(rows.execution_options(populate_existing=True))}


def above(db: Session, ids: Collection[int]) -> set[int]:
    """The questions that these were joined to, to the last; their hall is held meanwhile."""
    found: set[int] = set()
    step = set(ids)
    while step:
        rows = select(Question.merged_into_id).where(Question.id.in_(step), Question.merged_into_id.is_not(None))
        step = {into for into in db.scalars(rows) if into is not None} - found
        found |= step
    return found


def below(db: Session, question_id: int) -> list[int]:
    """What was joined directly to this one, by number."""
    return list(db.scalars(select(Question.id).where(Question.merged_into_id == question_id).order_by(Question.id)))


def having_others(db: Session, ids: Collection[int]) -> set[int]:
    """Which of them have others joined to them."""
    rows = select(Question.merged_into_id).where(Question.merged_into_id.in_(list(ids))).distinct()
    return {into for into in db.scalars(rows) if into is not None}


def figures(db: Session, ids: Collection[int]) -> Mapping[int, int]:
    """How many people want each of these, counted from the rows."""
    counted = dict.fromkeys(ids, 0)
    counted |= {root: count for root, count in db.execute(count_of_rows(ids))}
    return counted


def count_of_rows(ids: Collection[int] | None = None) -> Select[int, int]:
    """Question and its figure, for those that have one; of ``ids``, or of all there are."""
    roots = select(Question.id.label("root"), Question.id.label("member"))
    if ids is not None:
        roots = roots.where(Question.id.in_(ids))
    tree = roots.cte("tree", recursive=True)
    joined = aliased(Question)
    # each pair once: it would also come to an end if, against all rules, something led back to itself
    tree = tree.union(select(tree.c.root, joined.id).join(tree, joined.merged_into_id == tree.c.member))
    return (
        select(tree.c.root, func.count(func.distinct(Upvote.participant_id)))
        .join(Upvote, Upvote.question_id == tree.c.member)
        .join(Participant, Participant.id == Upvote.participant_id)
        .where(Participant.banned_at.is_(None))
        .group_by(tree.c.root)
    )


def recount(db: Session, ids: Collection[int]) -> None:
    """These and all they were joined to get the figure of their rows; they are locked, or their hall is held alone."""
    db.flush()
    touched = sorted(set(ids) | above(db, ids))
    for question, votes in sorted(figures(db, touched).items()):
        db.execute(update(Question).where(Question.id == question).values(votes=votes))
