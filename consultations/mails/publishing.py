"""News to people who responded: how the dates changed, what was said, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.core.security.keys import CannotUnseal, Keys
from app.departments.queries import by_ids
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from app.outcomes.model import Answer
from consultations.identity import open_draft, open_respondent
from consultations.model import Announcement, Consultation, DateChange, Draft, Respondent, Response
from consultations.rules.lifecycle import READABLE, EditorialState
from consultations.rules.news import (
    ASKED,
    DRAFT,
    EXTENDED,
    FEEDBACK,
    OUTCOME,
    TEMPLATES,
    UNSUBSCRIBE,
    WITHDRAWN,
)
from consultations.rules.responses import ResponseState


@dataclass(frozen=True)
class NewsLetters:
    """Composers for every letter to many."""

    keys: Keys
    base_url: str

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {
            TEMPLATES[EXTENDED]: self.extended,
            TEMPLATES[WITHDRAWN]: self.withdrawn,
            TEMPLATES[FEEDBACK]: self.feedback,
            TEMPLATES[OUTCOME]: self.outcome,
        }

    def extended(self, db: Session, letter: Letter) -> Envelope | None:
        """With the newest day, should it have changed again meanwhile."""
        change = db.get(DateChange, letter.facts["about"])
        if change is None:
            return None
        return self._news(db, letter, change=change, draft=letter.recipient_kind == DRAFT)

    def withdrawn(self, db: Session, letter: Letter) -> Envelope | None:
        return self._news(db, letter, draft=letter.recipient_kind == DRAFT)

    def feedback(self, db: Session, letter: Letter) -> Envelope | None:
        return self._news(db, letter)

    def outcome(self, db: Session, letter: Letter) -> Envelope | None:
        """With the answer's summary; none where it was taken back."""
        answer = db.get(Answer, letter.facts["about"])
        if answer is None or answer.withdrawn_at is not None:
            return None
        token = self.keys.token(ASKED, letter.recipient_id)
        return self._news(db, letter, answer=answer, say=f"{self.base_url}/answers/{answer.referral_id}/{token}")

    def _news(self, db: Session, letter: Letter, **more: Any) -> Envelope | None:
        """None once it was called off, or its reader has gone or wants no more."""
        news = db.get(Announcement, letter.facts["announcement"])
        if news is None or news.called_off_at is not None:
            return None
        address = self._wanting(db, letter)
        consultation = db.get_one(Consultation, news.consultation_id)
        if not address or consultation.state not in READABLE:
            return None
        if consultation.state == EditorialState.WITHDRAWN and news.kind == EXTENDED:
            return None
        return self._envelope(db, letter, consultation, address, more)

    def _wanting(self, db: Session, letter: Letter) -> str:
        """The address of a reader who still wants news."""
        if letter.recipient_kind == DRAFT:
            draft = db.get(Draft, letter.recipient_id)
            waits = draft is not None and draft.submitted_at is None and draft.notify
            return draft_address(self.keys, draft) if waits and draft else ""
        response = db.get(Response, letter.recipient_id)
        wants = response is not None and response.state == ResponseState.SUBMITTED and response.notify
        respondent = db.get(Respondent, letter.recipient_id) if wants else None
        if respondent is None:
            return ""
        try:
            return open_respondent(self.keys, letter.recipient_id, respondent.sealed)["email"]
        except CannotUnseal:
            return ""

    def _envelope(
        self, db: Session, letter: Letter, consultation: Consultation, address: str, more: dict[str, Any]
    ) -> Envelope:
        link = f"{self.base_url}/consultations/unsubscribe/{self.token(letter.recipient_id)}"
        values = {
            "consultation": consultation,
            "consultation_link": f"{self.base_url}/consultations/{consultation.id}",
            "department": by_ids(db, [consultation.department_id])[consultation.department_id],
            "unsubscribe": link,
            **more,
        }
        headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return Envelope(address, values, headers)

    def token(self, row_id: int) -> str:
        return self.keys.token(UNSUBSCRIBE, row_id, lasting=True)


def draft_address(keys: Keys, draft: Draft) -> str:
    """Where its link was sent; empty where nobody knows any more."""
    try:
        return open_draft(keys, draft.id, draft.sealed or b"")["email"]
    except CannotUnseal:
        return ""
