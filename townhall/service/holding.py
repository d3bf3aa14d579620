"""What this room holds about one person: halls they registered for, what they asked there, upvotes and poll answers.

Addresses are kept under keys of their halls' own, so each hall that still knows who took part is asked. Erasing takes
who they are; questions stay without a name, and every total stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.holding import HeldAct, HeldRow, Person, Section
from app.audit import service as audit
from app.core.errors import NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.security.keys import CannotUnseal, Keys
from app.core.text.plain import excerpt
from townhall import identity
from townhall.model import Hall, Participant, Poll, PollAnswer, Question, Upvote
from townhall.queries import joining as queries
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, PLACE_NAMES, READABLE, Place
from townhall.rules.questions import QUESTION_STATE_NAMES, QuestionState
from townhall.service import erasing, locking, places, registering, telling

HALLS, QUESTIONS = "townhall", "townhall-question"
A_STEP, MOST_ROWS = 500, 200


@dataclass(frozen=True)
class TownHallHolding:
    """The town halls' part of what the site holds about somebody."""

    keys: Keys

    def sections(self, db: Session, person: Person, now: datetime) -> list[Section]:
        mine = sorted(self._mine(db, person), key=lambda p: (p.asked_at, p.id), reverse=True)
        halls = _halls(db, mine)
        rows = [_row(db, halls[p.hall_id], p) for p in mine[:MOST_ROWS]]
        sections = [
            Section(
                HALLS,
                str(_("Town halls")),
                str(_("You have registered for no town hall.")),
                rows,
                max(0, len(mine) - MOST_ROWS),
            )
        ]
        asked = _questions(db, mine)
        if asked:
            shown = [_question_row(halls[q.hall_id], q) for q in asked[:MOST_ROWS]]
            more = max(0, len(asked) - MOST_ROWS)
            sections.append(Section(QUESTIONS, str(_("Questions that you asked in town halls")), "", shown, more))
        return sections

    def act(self, db: Session, person: Person, kind: str, row: int, act: str, now: datetime) -> str:
        found = next((p for p in self._mine(db, person) if p.id == row), None) if kind == HALLS else None
        if found is None:
            raise NotFound
        match act:
            case "cancel":
                registering.cancel(db, row, now)
                return str(_("Your place was given back."))
            case "letters" | "no-letters":
                telling.stop_letters(db, found, now, wanted=act == "letters")
                return str(_("Your wish about letters is stored."))
        raise NotFound

    def export(self, db: Session, person: Person) -> Mapping[str, Any]:
        mine = self._mine(db, person)
        halls = _halls(db, mine)
        return {"town_halls": [self._exported(db, halls[p.hall_id], p) for p in mine]}

    def erase(self, db: Session, person: Person, now: datetime) -> None:
        """Places of halls that are still to come are given back; elsewhere they stay counted, of nobody."""
        mine = [p.id for p in self._mine(db, person)]
        halls = sorted({p.hall_id for p in self._mine(db, person)})
        for hall_id in halls:
            hall = locking.locked(db, hall_id)
            _leave(db, hall, mine, now)
        erasing.make_anonymous(db, mine)
        erasing.erase_people(db, mine, now)
        for hall_id in halls:
            audit.record(db, "townhalls.erase", locking.subject_of(hall_id), by=None, now=now)
        if halls:
            touch(db, *(f"townhall:{number}" for number in halls))

    def _mine(self, db: Session, person: Person) -> list[Participant]:
        """Of the account, and of the address."""
        found: dict[int, Participant] = {}
        if person.account_id is not None:
            rows = db.scalars(select(Participant).where(Participant.account_id == person.account_id))
            found |= {p.id: p for p in rows}
        if person.address is not None:
            for some in _salts(db):
                keys = [identity.address_key(self.keys, salt, person.address.canonical) for _id, salt in some]
                theirs = select(Participant).where(
                    Participant.hall_id.in_([number for number, _salt in some]), Participant.address_key.in_(keys)
                )
                found |= {p.id: p for p in db.scalars(theirs)}
        return [found[number] for number in sorted(found)]

    def _exported(self, db: Session, hall: Hall, person: Participant) -> Mapping[str, Any]:
        return {
            "town_hall": hall.id,
            "title": hall.title,
            "starts_at": hall.starts_at.isoformat() if hall.starts_at else None,
            "place": person.place,
            "number_on_the_waiting_list": person.waiting_number,
            "letters_wanted": person.notify,
            "asked_at": person.asked_at.isoformat(),
            "confirmed_at": person.confirmed_at.isoformat() if person.confirmed_at else None,
            "attended_at": person.attended_at.isoformat() if person.attended_at else None,
            "excluded_at": person.banned_at.isoformat() if person.banned_at else None,
            **self._words(db, person),
            "questions": [
                {
                    "text": q.text,
                    "state": q.state,
                    "anonymous": q.anonymous,
                    "asked_at": q.asked_at.isoformat(),
                    "upvotes": q.votes,
                }
                for q in _questions(db, [person])
            ],
            "upvotes": [
                {"question": text, "at": at.isoformat()}
                for text, at in db.execute(
                    select(Question.text, Upvote.at)
                    .join(Upvote, Upvote.question_id == Question.id)
                    .where(Upvote.participant_id == person.id)
                    .order_by(Upvote.at)
                )
            ],
            "poll_answers": [
                {"question": question, "answer": answer, "at": at.isoformat()}
                for question, answer, at in db.execute(
                    select(Poll.question, PollAnswer.answer, PollAnswer.at)
                    .join(PollAnswer, PollAnswer.poll_id == Poll.id)
                    .where(PollAnswer.participant_id == person.id)
                    .order_by(PollAnswer.at)
                )
            ],
        }

    def _words(self, db: Session, person: Participant) -> Mapping[str, str]:
        sealed = queries.sealed(db, person.id)
        try:
            return identity.open_person(self.keys, person.id, sealed) if sealed is not None else {}
        except CannotUnseal:
            return {}


def _leave(db: Session, hall: Hall, mine: Sequence[int], now: datetime) -> None:
    """Who is forgotten cannot come: the next one has the place."""
    if hall.state not in OPEN_TO_PEOPLE:
        return
    theirs = select(Participant.id).where(Participant.hall_id == hall.id, Participant.id.in_(mine))
    for number in db.scalars(theirs.order_by(Participant.id)).all():
        person = places.locked_person(db, hall, number)
        if person is not None and person.place in (Place.PENDING, Place.REGISTERED, Place.WAITING):
            places.take_place(db, hall, person, now)


def _row(db: Session, hall: Hall, person: Participant) -> HeldRow:
    facts = []
    if person.place == Place.WAITING:
        facts.append(str(_("Number {number} on the waiting list")).format(number=queries.ahead_of(db, person) + 1))
    votes = db.scalar(select(func.count()).where(Upvote.participant_id == person.id)) or 0
    answers = db.scalar(select(func.count()).where(PollAnswer.participant_id == person.id)) or 0
    if votes:
        facts.append(str(_("Questions that you upvoted: {count}")).format(count=votes))
    if answers:
        facts.append(str(_("Polls that you answered: {count}")).format(count=answers))
    return HeldRow(
        id=person.id,
        title=hall.title,
        href=f"/townhalls/{hall.id}" if hall.state in READABLE else "",
        at=person.asked_at,
        standing=str(PLACE_NAMES[Place(person.place)]),
        facts=facts,
        acts=list(_acts(hall, person)),
    )


def _acts(hall: Hall, person: Participant) -> Iterator[HeldAct]:
    if person.place not in (Place.REGISTERED, Place.WAITING):
        return
    if hall.state in OPEN_TO_PEOPLE:
        warning = str(_("Somebody else may have it then."))
        words = _("Give my place back") if person.place == Place.REGISTERED else _("Leave the waiting list")
        yield HeldAct("cancel", str(words), warning)
    if person.notify:
        yield HeldAct("no-letters", str(_("Stop reminders and news")))
    else:
        yield HeldAct("letters", str(_("Send me reminders and news")))


def _question_row(hall: Hall, question: Question) -> HeldRow:
    facts = [str(_("Upvotes: {count}")).format(count=question.votes)]
    facts.append(str(_("Asked without your name") if question.anonymous else _("Asked with your name")))
    return HeldRow(
        id=question.id,
        title=excerpt(question.text, 200),
        href=f"/townhalls/{hall.id}" if hall.state in READABLE else "",
        at=question.asked_at,
        standing=str(QUESTION_STATE_NAMES[QuestionState(question.state)]),
        facts=facts,
    )


def _questions(db: Session, mine: Sequence[Participant]) -> Sequence[Question]:
    theirs = select(Question).where(Question.participant_id.in_([p.id for p in mine]))
    return db.scalars(theirs.order_by(Question.asked_at.desc(), Question.id.desc())).all()


def _halls(db: Session, mine: Sequence[Participant]) -> dict[int, Hall]:
    return {h.id: h for h in db.scalars(select(Hall).where(Hall.id.in_({p.hall_id for p in mine})))}


def _salts(db: Session) -> Iterator[Sequence[tuple[int, bytes]]]:
    rows = db.execute(select(Hall.id, Hall.salt).where(Hall.salt.is_not(None)).execution_options(yield_per=A_STEP))
    for some in rows.partitions():
        yield [(number, salt) for number, salt in some if salt is not None]
