"""What a hall knows of one person, for themselves: what they are here, may do, and have done."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.rules.acts import Permissions
from townhall.model import Hall, HallStaff, Hand, Participant, Poll, PollAnswer, Question, Upvote
from townhall.queries import standing
from townhall.queries.showing import Thing, instant
from townhall.rules.lifecycle import TAKES_PART, Entry, Place
from townhall.rules.operations import OPERATIONS
from townhall.rules.polls import PollState
from townhall.rules.questions import QuestionState


def mine(
    db: Session,
    hall_id: int,
    permissions: Permissions,
    *,
    participant_id: int | None = None,
    account_id: int | None = None,
    role: str = "",
    known: bool = False,
) -> Thing:
    """``roles``, ``can`` (operations), ``place``, ``name``; with a participant their ``votes``, ``answers``,
    ``questions``, ``hand``. ``known``: they have a browser's cookie, which an open hall lets take part."""
    hall = db.get(Hall, hall_id)
    person = db.get(Participant, participant_id) if participant_id is not None else None
    opens = hall is not None and hall.entry == Entry.OPEN and (known or account_id is not None)
    takes_part = (person is None and opens) or (
        person is not None and person.place in TAKES_PART and person.banned_at is None
    )
    return {
        "roles": _roles(db, hall_id, person, account_id, role),
        "can": [
            name
            for name, operation in OPERATIONS.items()
            if (takes_part if not operation.act else permissions.opens(role, operation.act))
        ],
        "place": person.place if person else None,
        "name": person.name if person else "",
        "banned": person is not None and person.banned_at is not None,
        **(_theirs(db, hall_id, person.id) if person else {"votes": [], "answers": {}, "questions": [], "hand": False}),
    }


NOBODYS: Thing = {
    "roles": [],
    "can": [],
    "place": None,
    "name": "",
    "banned": False,
    "votes": [],
    "answers": {},
    "questions": [],
    "hand": False,
}


def _roles(db: Session, hall_id: int, person: Participant | None, account_id: int | None, role: str) -> list[str]:
    found = [role] if role else []
    if account_id is not None:
        parts = select(HallStaff.part).where(HallStaff.hall_id == hall_id, HallStaff.account_id == account_id)
        found += sorted({*db.scalars(parts)} - {role})
    if person is not None and person.place in TAKES_PART:
        found.append("participant")
    elif person is not None and person.place == Place.WAITING:
        found.append("waiting")
    return found


def _theirs(db: Session, hall_id: int, participant_id: int) -> Thing:
    votes = (
        select(Upvote.question_id)
        .join(Question, Question.id == Upvote.question_id)
        .where(Question.hall_id == hall_id, Upvote.participant_id == participant_id)
    )
    answers = (
        select(PollAnswer.poll_id, PollAnswer.answer)
        .join(Poll, Poll.id == PollAnswer.poll_id)
        .where(Poll.hall_id == hall_id, Poll.state != PollState.DRAFT, PollAnswer.participant_id == participant_id)
    )
    hand = db.get(Hand, (hall_id, participant_id))
    return {
        "votes": sorted(db.scalars(votes)),
        "answers": {str(poll): answer for poll, answer in db.execute(answers)},
        "questions": [_own(db, row) for row in _asked(db, hall_id, participant_id)],
        "hand": hand is not None and hand.lowered_at is None,
    }


def _asked(db: Session, hall_id: int, participant_id: int) -> Sequence[Question]:
    mine = select(Question).where(Question.hall_id == hall_id, Question.participant_id == participant_id)
    return db.scalars(mine.where(Question.state != QuestionState.REMOVED).order_by(Question.id)).all()


def _own(db: Session, row: Question) -> Thing:
    """One's own words one may always read; ``reason``: the code of why it was not accepted, or was hidden.

    Those have what :func:`standing.refusal` says beside them; of the others nothing can be reviewed.
    """
    refused = row.state in (QuestionState.REJECTED, QuestionState.HIDDEN)
    return {
        "id": row.id,
        "rev": row.rev,
        "text": row.text,
        "by": row.name,
        "state": row.state,
        "reason": row.reason_code,
        "into": row.merged_into_id,
        "votes": row.votes,
        "at": instant(row.asked_at),
        **(standing.refusal(db, row) if refused else {"can_review": False}),
    }
