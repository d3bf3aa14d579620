"""When a department answers, or takes its answer back: the petition shows it, and signers are told or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.freshness import touch
from app.core.i18n import _
from app.outcomes.contribution import Telling
from app.outcomes.events import AnswerWithdrawn, ReferralAnswered
from app.outcomes.model import Answer
from petitions.model.petition import Announcement, Petition
from petitions.service.announcing import ANSWERED, Announcing, announced, audience, delivery
from petitions.service.telling import tell

RESPONSE = "response"


class LettersLeft(Conflict):
    code = "letters-left"
    title = _("Letters about this have already left")
    message = _("It cannot be taken back any more, because people were told. You can still correct it.")
    way_on = ("/desk", _("Back to your desk"))


@dataclass(frozen=True)
class Responding:
    """Hears answers, and says on the desk who was told of them. ``base_url``: of links in letters."""

    announcing: Announcing
    base_url: str

    def note_answer(self, db: Session, event: ReferralAnswered) -> None:
        """Record the answer on its petition and have its signers told where its writer wants so."""
        petition = _about(db, event.subject.kind, event.subject.id)
        if petition is None or event.cause != RESPONSE:
            return
        petition.answered_at = petition.answered_at or event.at
        petition.updated_at = event.at
        if event.tell:
            self.announcing.tell_signers(db, petition.id, ANSWERED, event.answer_id, event.at, by=event.by)
        db.flush()
        touch(db, "petitions", f"petition:{petition.id}")

    def note_withdrawal(self, db: Session, event: AnswerWithdrawn) -> None:
        """The petition waits again; :class:`LettersLeft` once somebody was told."""
        petition = _about(db, event.subject.kind, event.subject.id)
        if petition is None or event.cause != RESPONSE:
            return
        self.announcing.call_off(db, petition.id, ANSWERED, event.at)
        answers = db.scalars(select(Answer.id).where(Answer.referral_id == event.referral_id)).all()
        refuse_if_told(db, about(db, petition.id, ANSWERED, answers))
        petition.answered_at, petition.updated_at = None, event.at
        tell(db, petition.id, "answer-withdrawn", event.at)
        db.flush()
        touch(db, "petitions", f"petition:{petition.id}")

    # what the desk asks

    def audience(self, db: Session, subject_id: int) -> int:
        return audience(db, subject_id)

    def leaves_at(self, now: datetime) -> datetime:
        return self.announcing.leaves_at(now)

    def tellings(self, db: Session, subject_id: int, answers: Collection[int]) -> Sequence[Telling]:
        """Each announcement of these answers, the newest first."""
        return [telling(db, news) for news in about(db, subject_id, ANSWERED, answers)]

    def preview(self, db: Session, subject_id: int, summary: str, department: str) -> tuple[str, Mapping[str, Any]]:
        """As signers would read it."""
        values = {
            "petition": db.get_one(Petition, subject_id),
            "petition_link": f"{self.base_url}/petitions/{subject_id}",
            "answer": {"summary": summary},
            "department": {"name": department},
            "say": f"{self.base_url}/answers/…",  # each reader has an address of their own
        }
        return ANSWERED, values

    def tell(self, db: Session, subject_id: int, answer_id: int, *, by: int, now: datetime) -> None:
        self.announcing.tell_signers(db, subject_id, ANSWERED, answer_id, now, by=by)

    def call_off(self, db: Session, subject_id: int, now: datetime) -> int:
        return self.announcing.call_off(db, subject_id, ANSWERED, now)


def _about(db: Session, kind: str, subject_id: int) -> Petition | None:
    return db.get(Petition, subject_id) if kind == "petition" else None


def about(db: Session, petition_id: int, template: str, things: Collection[int]) -> list[Announcement]:
    """News of one kind about any of these things, the newest first."""
    return [news for news in announced(db, petition_id, template) if news.about_id in things]


def refuse_if_told(db: Session, news: Sequence[Announcement]) -> None:
    """After calling off: a letter that left, or is in a postman's hand, cannot be taken back."""
    for one in news:
        became = delivery(db, one)
        if became.sent or became.waiting:
            raise LettersLeft


def telling(db: Session, news: Announcement) -> Telling:
    """As a desk shows it."""
    became = delivery(db, news)
    return Telling(
        about=news.about_id,
        at=news.at,
        leaves_at=news.due_at,
        preparing=news.done_at is None,
        queued=became.queued,
        sent=became.sent,
        waiting=became.waiting,
        undeliverable=became.undeliverable,
        dropped=became.dropped,
        cancelled=became.cancelled,
        called_off_at=news.cancelled_at,
    )
