"""Who is told what became of a question: whoever asked it, or one that was joined to it, or wants it answered."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CTE, ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.outcomes.model import Answer, Referral
from townhall.model import Participant, Promise, Question, Upvote
from townhall.rules.lifecycle import Place
from townhall.rules.news import NewsKind
from townhall.rules.questions import PUBLIC

#: as referrals call a question; services name it alike
QUESTION = "question"


def wanting(hall_id: int, kind: str, about: int) -> Select[int]:
    """Numbers of participants who asked for letters. ``about``: an answer, a commitment, or nothing of OUTCOME."""
    if kind == NewsKind.OUTCOME:
        asked = select(Question.participant_id).where(Question.hall_id == hall_id, Question.state.in_(PUBLIC))
        return _with_letters(hall_id, Participant.id.in_(asked))
    if kind == NewsKind.ANSWERED:
        answered = select(Referral.subject_id).join(Answer, Answer.referral_id == Referral.id)
        of = Question.id.in_(answered.where(Answer.id == about, Referral.subject_kind == QUESTION))
    else:
        of = Question.id.in_(select(Promise.question_id).where(Promise.commitment_id == about))
    return _with_letters(hall_id, _concerned(_family(of)))


def wanting_of(hall_id: int, question_id: int) -> Select[int]:
    """Those of one question."""
    return _with_letters(hall_id, _concerned(_family(Question.id == question_id)))


def how_many(db: Session, hall_id: int, question_id: int) -> int:
    return db.scalar(select(func.count()).select_from(wanting_of(hall_id, question_id).subquery())) or 0


def concerns(db: Session, participant_id: int, question_id: int) -> bool:
    """Whether this participant asked the question or wants it answered."""
    mine = select(Participant.id).where(
        Participant.id == participant_id, _concerned(_family(Question.id == question_id))
    )
    return db.scalar(mine) is not None


def asked_by(db: Session, participant_id: int) -> Sequence[int]:
    """Their public questions, each as the one that it was joined to in the end."""
    mine = select(Question.id, Question.merged_into_id).where(
        Question.participant_id == participant_id, Question.state.in_(PUBLIC)
    )
    roots: set[int] = set()
    step = {number: into for number, into in db.execute(mine)}
    while step:
        roots |= {number for number, into in step.items() if into is None}
        above = {into for into in step.values() if into is not None}
        rows = select(Question.id, Question.merged_into_id).where(Question.id.in_(above), Question.state.in_(PUBLIC))
        step = {number: into for number, into in db.execute(rows)} if above else {}
    return sorted(roots)


def _family(roots: ColumnElement[bool]) -> CTE:
    """These and all that were joined to them."""
    tree = select(Question.id.label("member")).where(roots).cte("family", recursive=True)
    joined = aliased(Question)
    return tree.union_all(select(joined.id).join(tree, joined.merged_into_id == tree.c.member))


def _concerned(family: CTE) -> ColumnElement[bool]:
    members = select(family.c.member)
    asked = select(Question.participant_id).where(Question.id.in_(members), Question.state.in_(PUBLIC))
    upvoted = select(Upvote.participant_id).where(Upvote.question_id.in_(members))
    return or_(Participant.id.in_(asked), Participant.id.in_(upvoted))


def _with_letters(hall_id: int, among: ColumnElement[bool]) -> Select[int]:
    return select(Participant.id).where(
        Participant.hall_id == hall_id, Participant.place == Place.REGISTERED, Participant.notify, among
    )
