"""When a department answers what it asked: the consultation has its outcome, and respondents are told or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.events import announce as happened
from app.core.freshness import touch
from app.core.i18n import _
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.outcomes.contribution import Telling
from app.outcomes.events import AnswerWithdrawn, CommitmentMade, CommitmentProgressed, ReferralAnswered
from app.outcomes.model import Answer
from app.outcomes.queries import commitments_about
from app.outcomes.rules.commitments import OPEN
from consultations.events import OutcomePublished
from consultations.model import Announcement, Consultation, OutcomeRecord, Response
from consultations.queries.counted import finding_answers
from consultations.rules.lifecycle import Stage
from consultations.rules.news import ASKED, TEMPLATES
from consultations.rules.responses import ResponseState
from consultations.service import announcing
from consultations.service.announcing import OUTCOME, News

KIND = CAUSE = "consultation"


class LettersLeft(Conflict):
    code = "letters-left"
    title = _("Letters about this have already left")
    message = _("It cannot be taken back any more, because people were told. You can still correct it.")
    way_on = ("/desk", _("Back to your desk"))


@dataclass(frozen=True)
class Outcomes:
    """Hears answers, and says on the desk who was told of them. ``base_url``: of links in letters."""

    news: News
    base_url: str

    def note_answer(self, db: Session, event: ReferralAnswered) -> None:
        """The outcome is public from now on, with the findings' own answers as they stand."""
        consultation = _about(db, event.subject.kind, event.subject.id)
        if consultation is None or event.cause != CAUSE:
            return
        consultation.has_outcome, consultation.outcome_at = True, consultation.outcome_at or event.at
        consultation.updated_at = event.at
        given = {str(n): versions[0].text for n, versions in finding_answers(db, consultation.id).items()}
        db.add(
            OutcomeRecord(
                consultation_id=consultation.id,
                answer_id=event.answer_id,
                answers=msgspec.json.encode(given).decode(),
                at=event.at,
            )
        )
        _stage(db, consultation, event.at)
        db.flush()
        if event.tell:
            self._tell(db, consultation.id, event.answer_id, event.at)
        if event.version == 1:
            happened(db, OutcomePublished(consultation.id, event.at))
        touch(db, "consultations", f"consultation:{consultation.id}")

    def note_withdrawal(self, db: Session, event: AnswerWithdrawn) -> None:
        """It waits for its outcome again; :class:`LettersLeft` once somebody was told."""
        consultation = _about(db, event.subject.kind, event.subject.id)
        if consultation is None or event.cause != CAUSE:
            return
        announcing.call_off(db, consultation.id, OUTCOME, event.at)
        answers = db.scalars(select(Answer.id).where(Answer.referral_id == event.referral_id)).all()
        for news in announcing.announced(db, consultation.id, OUTCOME, answers):
            became = announcing.delivery(db, news)
            if became.sent or became.waiting:
                raise LettersLeft
        taken = select(OutcomeRecord).where(OutcomeRecord.answer_id.in_(answers), OutcomeRecord.withdrawn_at.is_(None))
        for record in db.scalars(taken):
            record.withdrawn_at = event.at
        consultation.has_outcome, consultation.outcome_at, consultation.completed_at = False, None, None
        consultation.stage = Stage.FEEDBACK if consultation.feedback_at else Stage.ANALYSING
        consultation.updated_at = event.at
        db.flush()
        touch(db, "consultations", f"consultation:{consultation.id}")

    def note_promise(self, db: Session, event: CommitmentMade | CommitmentProgressed) -> None:
        """Completed once every action has ended; not any more where one is made, or taken up again."""
        consultation = _about(db, event.subject.kind, event.subject.id)
        if consultation is None or not consultation.has_outcome:
            return
        _stage(db, consultation, event.at)
        db.flush()
        touch(db, f"consultation:{consultation.id}")

    # what the desk asks

    def audience(self, db: Session, subject_id: int) -> int:
        return announcing.audience(db, subject_id)

    def leaves_at(self, now: datetime) -> datetime:
        return self.news.leaves_at(now)

    def tellings(self, db: Session, subject_id: int, answers: Collection[int]) -> Sequence[Telling]:
        """Each announcement of these answers, the newest first."""
        return [telling(db, news) for news in announcing.announced(db, subject_id, OUTCOME, answers)]

    def preview(self, db: Session, subject_id: int, summary: str, department: str) -> tuple[str, Mapping[str, Any]]:
        """As respondents would read it."""
        values = {
            "consultation": db.get_one(Consultation, subject_id),
            "consultation_link": f"{self.base_url}/consultations/{subject_id}",
            "answer": {"summary": summary},
            "department": {"name": department},
            "say": f"{self.base_url}/answers/…",  # each reader has an address of their own
        }
        return TEMPLATES[OUTCOME], values

    def tell(self, db: Session, subject_id: int, answer_id: int, *, by: int, now: datetime) -> None:
        self._tell(db, subject_id, answer_id, now)

    def call_off(self, db: Session, subject_id: int, now: datetime) -> int:
        return announcing.call_off(db, subject_id, OUTCOME, now)

    def _tell(self, db: Session, consultation_id: int, answer_id: int, now: datetime) -> None:
        announcing.announce(db, consultation_id, OUTCOME, answer_id, now=now, leaves_at=self.leaves_at(now))


@dataclass(frozen=True)
class Respondents:
    """Those whose response counts; their letters about the outcome hold the token."""

    keys: Keys

    def asker(self, db: Session, subject_id: int, token: str) -> int | None:
        number = self.keys.read_token(ASKED, token)
        response = db.get(Response, number) if number is not None else None
        if response is None or response.consultation_id != subject_id:
            return None
        return response.id if response.state == ResponseState.SUBMITTED else None


def _about(db: Session, kind: str, subject_id: int) -> Consultation | None:
    return db.get(Consultation, subject_id) if kind == KIND else None


def _stage(db: Session, consultation: Consultation, at: datetime) -> None:
    promised = commitments_about(db, SubjectRef(KIND, consultation.id))
    over = bool(promised) and not any(p.progress in OPEN for p in promised)
    consultation.stage = Stage.COMPLETED if over else Stage.OUTCOME
    consultation.completed_at = (consultation.completed_at or at) if over else None


def telling(db: Session, news: Announcement) -> Telling:
    """As a desk shows it."""
    became = announcing.delivery(db, news)
    return Telling(
        about=news.about,
        at=news.at,
        leaves_at=news.leaves_at,
        preparing=news.done_at is None,
        queued=news.queued,
        sent=became.sent,
        waiting=became.waiting,
        undeliverable=became.undeliverable,
        dropped=became.dropped,
        cancelled=became.cancelled,
        called_off_at=news.called_off_at,
    )
