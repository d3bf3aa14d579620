"""How a hall stands: hands, what waits, what was refused, bans; and how somebody stands in it. Plain dicts and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.moderation import queries as moderation
from app.moderation.model import Appeal, Case, Decision
from app.moderation.rules.standards import Verdict
from townhall.model import Ban, Hand, Notice, Participant, PollAnswer, Question, Upvote
from townhall.queries.showing import Thing, instant
from townhall.rules.questions import QuestionState

Q = QuestionState
#: kind of subject of a question's cases
QUESTION = "question"
_REFUSED = (Q.REJECTED, Q.HIDDEN)


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


def notice(db: Session, hall_id: int) -> str:
    """What is announced at the moment; empty for nothing."""
    shown = select(Notice.text).where(Notice.hall_id == hall_id, Notice.removed_at.is_(None))
    return db.scalars(shown.order_by(Notice.id.desc()).limit(1)).first() or ""


def waiting(db: Session, hall_id: int, *, of_banned: bool = False) -> Sequence[Question]:
    """What waits for a moderator, the longest wait first; of people who were banned since: a list beside it."""
    banned = select(Participant.id).where(Participant.hall_id == hall_id, Participant.banned_at.is_not(None))
    theirs = func.coalesce(Question.participant_id, 0).in_(banned)
    here = (Question.hall_id == hall_id, Question.state == Q.WAITING, theirs if of_banned else ~theirs)
    return db.scalars(select(Question).where(*here).order_by(Question.settled_at, Question.id)).all()


def refused_by_reason(db: Session, hall_id: int) -> Mapping[str, int]:
    """How many questions were not accepted, by the reason's code: this is public, and nothing else of them is."""
    here = (Question.hall_id == hall_id, Question.state.in_(_REFUSED), Question.reason_code.is_not(None))
    rows = select(Question.reason_code, func.count()).where(*here).group_by(Question.reason_code)
    return {code: count for code, count in db.execute(rows.order_by(Question.reason_code)) if code}


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


def me(db: Session, participant_id: int) -> Thing:
    """What is somebody's own: ``name``, ``upvotes`` (questions), ``answers`` (poll -> answer), ``questions``, ``hand``
    (``number``, ``called``; None while it is down), ``banned``."""
    person = db.get(Participant, participant_id)
    if person is None:
        return {}
    mine = select(Question).where(Question.participant_id == participant_id).order_by(Question.id)
    upvoted = select(Upvote.question_id).where(Upvote.participant_id == participant_id).order_by(Upvote.question_id)
    answered = select(PollAnswer.poll_id, PollAnswer.answer).where(PollAnswer.participant_id == participant_id)
    hand = db.get(Hand, (person.hall_id, participant_id))
    up = hand is not None and hand.lowered_at is None
    return {
        "name": person.name,
        "upvotes": list(db.scalars(upvoted)),
        "answers": {poll: answer for poll, answer in db.execute(answered)},
        "questions": [_own(db, question) for question in db.scalars(mine)],
        "hand": {"number": hand.number, "called": hand.called_at is not None} if hand is not None and up else None,
        "banned": person.banned_at is not None,
    }


def _own(db: Session, question: Question) -> Thing:
    """To whoever asked it, whatever became of it; with the reason of a refusal, and what became of a review."""
    shown: Thing = {
        "id": question.id,
        "rev": question.rev,
        "text": question.text,
        "state": question.state,
        "into": question.merged_into_id,
        "at": instant(question.asked_at),
    }
    if question.state in _REFUSED:
        shown |= _refusal(db, question)
    return shown


def _refusal(db: Session, question: Question) -> Thing:
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
        "reason": question.reason_code,
        "why": reason.title if reason is not None else "",
        "rule": reason.rule if reason is not None else "",
        "note": last.note if last is not None else "",
        "review": review,
        "can_review": review is None,
    }
