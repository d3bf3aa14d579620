"""Letters to respondents: to confirm, to go on later, the receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.core.security.keys import CannotUnseal, Keys
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from consultations.identity import open_draft, open_respondent
from consultations.model import Consultation, Draft, Respondent, Response
from consultations.policy import ConsultationPolicy
from consultations.queries.answering import CONFIRM, NOT_ME, RECEIPT, earlier_response
from consultations.queries.answering import receipt as receipt_of
from consultations.queries.drafts import LEAD
from consultations.rules.lifecycle import READABLE
from consultations.rules.responses import ResponseState

#: a longer copy is read behind the link: some programs cut long letters
MOST_COPY = 60_000


@dataclass(frozen=True)
class ResponseLetters:
    """Composers for what RESPONDING sends."""

    keys: Keys
    policy: ConsultationPolicy
    base_url: str

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        folder = "consultations/mail/"
        return {folder + "confirm": self.confirm, folder + "draft": self.draft, folder + "receipt": self.receipt}

    def confirm(self, db: Session, letter: Letter) -> Envelope | None:
        """Only while the response still waits for it."""
        response = db.get(Response, letter.recipient_id)
        if response is None or response.state != ResponseState.PENDING:
            return None
        return self._to(
            db,
            response,
            link=f"{self.base_url}/responses/confirm/{self.keys.token(CONFIRM, response.id)}",
            not_me=f"{self.base_url}/responses/not-me/{self.keys.token(NOT_ME, response.id)}",
            days=self.policy.confirm_days,
            joins=earlier_response(db, response) is not None,
        )

    def receipt(self, db: Session, letter: Letter) -> Envelope | None:
        """Of the newest version; one that was changed again meanwhile has a letter of its own."""
        response = db.get(Response, letter.recipient_id)
        if response is None or response.state != ResponseState.SUBMITTED:
            return None
        if response.version != letter.facts.get("version"):
            return None
        found = receipt_of(db, self.keys, response)
        size = sum(len(text) for line in found.lines for text in (line.question.text, *line.lines))
        return self._to(
            db,
            response,
            receipt=found,
            copy=found.lines if size <= MOST_COPY else [],
            link=f"{self.base_url}/responses/receipt/{self.keys.token(RECEIPT, response.id)}",
        )

    def draft(self, db: Session, letter: Letter) -> Envelope | None:
        """The lead's link."""
        draft = db.get(Draft, letter.recipient_id)
        if draft is None or draft.sealed is None or draft.submitted_at is not None:
            return None
        try:
            email = open_draft(self.keys, draft.id, draft.sealed)["email"]
        except CannotUnseal:
            return None
        consultation = db.get_one(Consultation, draft.consultation_id)
        if not email or consultation.state not in READABLE:
            return None
        token = self.keys.token(LEAD, draft.id)
        values = {
            "consultation": consultation,
            "link": f"{self.base_url}/consultations/{consultation.id}/answer/{token}",
            "draft": draft,
            "days": self.policy.keep_drafts_days,
        }
        return Envelope(email, values)

    def address_of_response(self, db: Session, response_id: int) -> str | None:
        """For bounced letters."""
        person = db.get(Respondent, response_id)
        return (self._words(response_id, person.sealed) or None) if person is not None else None

    def address_of_draft(self, db: Session, draft_id: int) -> str | None:
        draft = db.get(Draft, draft_id)
        if draft is None or draft.sealed is None:
            return None
        try:
            return open_draft(self.keys, draft_id, draft.sealed)["email"] or None
        except CannotUnseal:
            return None

    def _to(self, db: Session, response: Response, **values: Any) -> Envelope | None:
        address = self.address_of_response(db, response.id)
        consultation = db.get_one(Consultation, response.consultation_id)
        return Envelope(address, {"consultation": consultation, **values}) if address else None

    def _words(self, response_id: int, sealed: bytes) -> str:
        try:
            return open_respondent(self.keys, response_id, sealed)["email"]
        except CannotUnseal:
            return ""
