"""Letters about what became of questions: after a hall, of a written answer, of a promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.holding import wants
from app.accounts.model import Account
from app.core.security.keys import CannotUnseal, Keys
from app.departments.queries import by_ids
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from app.outcomes.model import Answer, Commitment, Referral
from townhall import identity
from townhall.model import Hall, News, Participant, Promise, Question
from townhall.queries import archive, joining, wanting
from townhall.rules.lifecycle import READABLE, Place
from townhall.rules.news import ASKED, TEMPLATES, UNSUBSCRIBE, NewsKind
from townhall.rules.questions import PUBLIC

#: the letters that members may do without
CHOICE = "townhalls.outcomes"
#: questions that one letter tells of; the page has the rest
MOST_QUESTIONS = 5


@dataclass(frozen=True)
class OutcomeLetters:
    """Composers; each tells how things stand when it leaves."""

    keys: Keys
    base_url: str

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {
            TEMPLATES[NewsKind.OUTCOME]: self.outcome,
            TEMPLATES[NewsKind.ANSWERED]: self.answered,
            TEMPLATES[NewsKind.PROMISED]: self.promised,
        }

    def outcome(self, db: Session, letter: Letter) -> Envelope | None:
        """Of each question that its reader asked: answered in the hall, in writing, or who owes the answer by when."""
        person = db.get(Participant, letter.recipient_id)
        hall = db.get_one(Hall, person.hall_id) if person is not None else None
        if person is None or hall is None:
            return None
        only = wanting.asked_by(db, person.id)
        asked = archive.questions(db, hall, (), letter.created_at, only)
        if not asked:
            return None
        return self._to(db, letter, hall, asked=asked[:MOST_QUESTIONS], more=max(0, len(asked) - MOST_QUESTIONS))

    def answered(self, db: Session, letter: Letter) -> Envelope | None:
        """With the answer's summary; none where it was taken back, or the question is not public any more."""
        answer = db.get(Answer, letter.facts["about"])
        referral = db.get(Referral, answer.referral_id) if answer is not None else None
        if answer is None or referral is None or answer.withdrawn_at is not None:
            return None
        say = f"{self.base_url}/answers/{referral.id}/{self.keys.token(ASKED, letter.recipient_id)}"
        return self._about(db, letter, referral.subject_id, referral.department_id, answer=answer, say=say)

    def promised(self, db: Session, letter: Letter) -> Envelope | None:
        promise, made = db.get(Promise, letter.facts["about"]), db.get(Commitment, letter.facts["about"])
        if promise is None or made is None or made.withdrawn_at is not None or promise.question_id is None:
            return None
        link = f"{self.base_url}/commitments/{made.id}"
        return self._about(db, letter, promise.question_id, made.department_id, promise=made, promise_link=link)

    def _about(
        self, db: Session, letter: Letter, question_id: int, department_id: int | None, **values: Any
    ) -> Envelope | None:
        question = db.get(Question, question_id)
        department = by_ids(db, [department_id or 0]).get(department_id or 0)
        if question is None or question.state not in PUBLIC or department is None:
            return None
        hall = db.get_one(Hall, question.hall_id)
        link = f"{self.base_url}/townhalls/{hall.id}#question-{question.id}"
        return self._to(db, letter, hall, question=question, question_link=link, department=department, **values)

    def _to(self, db: Session, letter: Letter, hall: Hall, **values: Any) -> Envelope | None:
        """None once it was called off, or its reader has gone or wants no more."""
        news, person = db.get(News, letter.facts["news"]), db.get(Participant, letter.recipient_id)
        if news is None or news.called_off_at is not None or hall.state not in READABLE:
            return None
        if person is None or not person.notify or person.place != Place.REGISTERED or not _chooses(db, person):
            return None
        address = self._address(db, person.id)
        if not address:
            return None
        link = f"{self.base_url}/townhalls/unsubscribe/{self.keys.token(UNSUBSCRIBE, person.id, lasting=True)}"
        headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        page = f"{self.base_url}/townhalls/{hall.id}"
        return Envelope(address, {"hall": hall, "hall_link": page, "unsubscribe": link, **values}, headers)

    def _address(self, db: Session, participant_id: int) -> str:
        words = joining.sealed(db, participant_id)
        if words is None:
            return ""
        try:
            return identity.open_person(self.keys, participant_id, words)["email"]
        except CannotUnseal:
            return ""


def _chooses(db: Session, person: Participant) -> bool:
    account = db.get(Account, person.account_id) if person.account_id is not None else None
    return account is None or wants(account.letters, CHOICE)
