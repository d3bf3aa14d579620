"""Letters to officials: something waits for a second person, came back, was approved, or was published by force."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from consultations.model import Consultation
from consultations.rules.lifecycle import EditorialState as E

#: template -> the states in which its letter still makes sense
LETTERS = {
    "consultations/mail/waits_for_review": frozenset({E.IN_REVIEW}),
    "consultations/mail/returned": frozenset({E.DRAFT}),
    "consultations/mail/approved": frozenset({E.APPROVED}),
    "consultations/mail/forced": frozenset({E.PUBLISHED, E.WITHDRAWN}),
}


@dataclass(frozen=True)
class OfficialsLetters:
    """Each with the link to the official's page of one consultation."""

    base_url: str

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return dict.fromkeys(LETTERS, self.compose)

    def compose(self, db: Session, letter: Letter) -> Envelope | None:
        """None once it has moved on, or its reader is no official any more."""
        account, consultation = db.get(Account, letter.recipient_id), db.get(Consultation, letter.facts["consultation"])
        if account is None or account.email is None or account.disabled_at is not None or account.role != Role.OFFICIAL:
            return None
        if consultation is None or consultation.state not in LETTERS[letter.template]:
            return None
        if letter.template.endswith("forced") and consultation.looked_at is not None:
            return None
        link = f"{self.base_url}/hosting/consultations/{consultation.id}"
        return Envelope(account.email, {"consultation": consultation, "link": link})
