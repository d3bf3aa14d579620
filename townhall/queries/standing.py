"""How a hall stands: hands, what waits, bans, and why a question was not accepted. Plain dicts and numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.moderation import queries as moderation
from app.moderation.model import Appeal, Case, Decision
from app.moderation.rules.standards import Verdict
from townhall.model import Ban, Hand, Participant, Question
from townhall.queries.showing import Thing, instant
from townhall.rules.questions import QuestionState

Q = QuestionState
#: kind of subject of a question's cases
QUESTION = "question"


def hands(db: Session, hall_id: int) -> list[Thing]:
    """Raised ones in their order, for the staff: ``participant``, ``number``, ``name`` (empty where they have none here
    yet), ``called``."""
    rows = db.execute(
        select(Hand.participant_id, Hand.number, Hand.called_at, Participant.name)
        .join(Participant, Participant.id == Hand.participant_id)
        .where(Hand.hall_id == hall_id, Hand.lowered_at.is_(None))
        .order_by(Hand.number)
    )
    return [
        {"participant": row.participant_id, "number": row.number, "name": row.name, "called": row.called_at is not None}
        for row in rows
    ]


def waiting(db: Session, hall_id: int, *, of_banned: bool = False) -> Sequence[Question]:
    """What waits for a moderator, the longest wait first; of people who were banned since: a list beside it."""
    banned = select(Participant.id).where(Participant.hall_id == hall_id, Participant.banned_at.is_not(None))
    theirs = func.coalesce(Question.participant_id, 0).in_(banned)
    here = (Question.hall_id == hall_id, Question.state == Q.WAITING, theirs if of_banned else ~theirs)
    return db.scalars(select(Question).where(*here).order_by(Question.settled_at, Question.id)).all()


def bans(db: Session, hall_id: int) -> list[Thing]:
    """The newest first: ``ban``, ``at``, ``by`` (an account), ``reason``, ``undone``. Never whom: a ban may have named
    the question of somebody who asked anonymously."""
    rows = db.scalars(select(Ban).where(Ban.hall_id == hall_id).order_by(Ban.id.desc()))
    return [
        {
            "ban": row.id,
            "at": instant(row.at),
            "by": row.by_id,
            "reason": row.reason,
            "undone": row.undone_at is not None,
        }
        for row in rows
    ]


def banned(db: Session, hall_id: int) -> frozenset[int]:
    """Participants whose sockets end, and no new one begins."""
    rows = select(Participant.id).where(Participant.hall_id == hall_id, Participant.banned_at.is_not(None))
    return frozenset(db.scalars(rows))


def refusal(db: Session, question: Question) -> Thing:
    """For whoever asked it, why it was not accepted: ``why`` and ``rule`` in the words of the standards, the moderator's
    ``note``, and ``review`` (None, or ``waiting``, ``upheld``, ``overturned``, ``moot``), which they ``can_review`` ask for once."""
    about = SubjectRef(QUESTION, question.id)
    reason = moderation.reason_given(db, about, question.reason_code or "")
    last = moderation.latest_decision(db, about, but={Verdict.DISMISS, Verdict.UPHOLD})
    review = db.scalar(
        select(Appeal.state)
        .join(Decision, Decision.id == Appeal.decision_id)
        .join(Case, Case.id == Decision.case_id)
        .where(Case.subject_kind == QUESTION, Case.subject_id == question.id)
        .order_by(Appeal.id.desc())
        .limit(1)
    )
    return {
        "why": reason.title if reason is not None else "",
        "rule": reason.rule if reason is not None else "",
        "note": last.note if last is not None else "",
        "review": review,
        "can_review": review is None,
    }
