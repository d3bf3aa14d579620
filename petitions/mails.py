"""Which letters this room sends: whose they are and what they need, worked out when they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.security.keys import Keys
from app.departments.queries import by_ids
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from app.moderation import queries as moderation
from app.moderation.rules.standards import STANDARDS_VERSION
from app.outcomes.model import Answer, Referral
from petitions.identity import open_signer
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.rules.lifecycle import SignatureState

CONFIRM, NOT_ME, SPONSOR = "petitions.confirm", "petitions.not-me", "petitions.sponsor"
#: one-click, as RFC 8058 has it: works without a page, a cookie or a session
UNSUBSCRIBE = "petitions.unsubscribe"
#: the creator's own page: edit after a rejection, withdraw
CREATOR = "petitions.creator"


@dataclass(frozen=True)
class PetitionLetters:
    """Composers for every template of this room."""

    keys: Keys
    policy: PetitionPolicy
    base_url: str

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        folder = "petitions/mail/"
        return {
            folder + "confirm": self.confirm,
            folder + "already_signed": self.to_signer,
            folder + "gather_support": self.gather_support,
            folder + "sponsor_joined": self.gather_support,
            folder + "submitted": self.to_signer,
            folder + "published": self.to_signer,
            folder + "published_sponsor": self.to_signer,
            folder + "rejected": self.rejected,
            folder + "rejected_sponsor": self.to_signer,
            folder + "hidden": self.rejected,
            folder + "threshold_reached": self.referred,
            folder + "referred": self.to_officer,
            folder + "answered": self.answered,
        }

    def to_signer(self, db: Session, letter: Letter) -> Envelope | None:
        """The petition and the signature's number; None once the signer's words are erased."""
        found = self._signer(db, letter)
        return None if found is None else self._envelope(*found)

    def confirm(self, db: Session, letter: Letter) -> Envelope | None:
        """Only while the signature still waits for it."""
        found = self._signer(db, letter)
        if found is None or found[0].state != SignatureState.PENDING:
            return None
        token = self.keys.token(CONFIRM, found[0].id)
        return self._envelope(
            *found,
            link=f"{self.base_url}/signatures/confirm/{token}",
            not_me=f"{self.base_url}/signatures/not-me/{self.keys.token(NOT_ME, found[0].id)}",
            days=self.policy.confirm_days,
        )

    def gather_support(self, db: Session, letter: Letter) -> Envelope | None:
        """The creator's secret link, for supporters."""
        found = self._signer(db, letter)
        if found is None:
            return None
        token = self.keys.token(SPONSOR, found[1].id)
        return self._envelope(
            *found,
            link=f"{self.base_url}/sponsor/{token}",
            needed=found[1].sponsors_needed,
            most=found[1].sponsors_most,
        )

    def rejected(self, db: Session, letter: Letter) -> Envelope | None:
        """With the rule in the words it had when it was applied."""
        found = self._signer(db, letter)
        if found is None:
            return None
        petition = found[1]
        reason = moderation.reason(db, petition.rejection_code or "", STANDARDS_VERSION)
        survivor = db.get(Petition, petition.duplicate_of_id) if petition.duplicate_of_id else None
        return self._envelope(
            *found,
            reason=reason,
            note=petition.rejection_details or "",
            survivor=f"{self.base_url}/petitions/{survivor.id}" if survivor else "",
        )

    def referred(self, db: Session, letter: Letter) -> Envelope | None:
        """To the creator: a threshold was reached, this department answers by that day."""
        found = self._signer(db, letter)
        referral = db.get(Referral, letter.facts["referral"])
        if found is None or referral is None:
            return None
        department = by_ids(db, [referral.department_id]).get(referral.department_id or 0)
        return self._envelope(*found, referral=referral, department=department)

    def to_officer(self, db: Session, letter: Letter) -> Envelope | None:
        """To a department's officer: something was referred."""
        account = db.get(Account, letter.recipient_id)
        referral = db.get(Referral, letter.facts["referral"])
        if account is None or account.disabled_at is not None or referral is None:
            return None
        petition = db.get_one(Petition, referral.subject_id)
        values = {
            "petition": petition,
            "referral": referral,
            "name": account.name,
            "link": f"{self.base_url}/desk/referrals/{referral.id}",
        }
        return Envelope(account.email, values)

    def answered(self, db: Session, letter: Letter) -> Envelope | None:
        """News of an answer: only to those whose signature counts and who still want news."""
        found = self._signer(db, letter)
        answer = db.get(Answer, letter.facts["answer"])
        if found is None or answer is None or not _wants_news(found[0]):
            return None
        referral = db.get_one(Referral, answer.referral_id)
        department = by_ids(db, [referral.department_id]).get(referral.department_id or 0)
        return self._news(*found, answer=answer, department=department)

    def _signer(self, db: Session, letter: Letter) -> tuple[Signature, Petition, dict[str, str]] | None:
        signature = db.get(Signature, letter.recipient_id)
        signer = db.get(Signer, letter.recipient_id)
        if signature is None or signer is None:
            return None
        words = open_signer(self.keys, signature.petition_id, signature.address_key, signer.sealed)
        return signature, db.get_one(Petition, signature.petition_id), words

    def _news(self, signature: Signature, petition: Petition, words: dict[str, str], **more: Any) -> Envelope:
        """News that its reader can stop with one click in the letter or in the mail program."""
        link = f"{self.base_url}/signatures/unsubscribe/{self.keys.token(UNSUBSCRIBE, signature.id)}"
        plain = self._envelope(signature, petition, words, unsubscribe=link, **more)
        headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return Envelope(plain.address, plain.values, headers)

    def _envelope(self, signature: Signature, petition: Petition, words: dict[str, str], **more: Any) -> Envelope:
        values = {
            "petition": petition,
            "signature": signature,
            "name": words["name"],
            "petition_link": f"{self.base_url}/petitions/{petition.id}",
            **more,
        }
        return Envelope(words["email"], values)


def _wants_news(signature: Signature) -> bool:
    """Only those whose signature counts and who still want news."""
    return signature.state == SignatureState.VALIDATED and signature.notify
