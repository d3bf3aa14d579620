"""Which letters this room sends: whose they are and what they need, worked out when they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.departments.queries import by_ids
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from app.moderation import queries as moderation
from app.moderation.letters import appeal_words
from app.moderation.model import Decision
from app.moderation.policy import ModerationPolicy
from app.moderation.promise import Promising, waiting_since
from app.moderation.rules.standards import Verdict
from app.outcomes.model import Answer, Referral
from app.outcomes.queries import answers_to
from petitions.identity import ASKED, CREATOR, open_signer
from petitions.model.debate import Debate
from petitions.model.petition import Announcement, Petition, TextVersion
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.rules.lifecycle import VISIBLE, PetitionState, SignatureState, is_readable

CONFIRM, NOT_ME, SPONSOR = "petitions.confirm", "petitions.not-me", "petitions.sponsor"
WITHDRAW = "petitions.withdraw"
#: one-click, as RFC 8058 has it: works without a page, a cookie or a session
UNSUBSCRIBE = "petitions.unsubscribe"
#: they say that a text was hidden, and quote nothing of it
ABOUT_REMOVAL = frozenset(f"petitions/mail/{name}" for name in ("hidden", "rejected_sponsor", "taken_down", "restored"))


@dataclass(frozen=True)
class PetitionLetters:
    """Composers for every template of this room."""

    keys: Keys
    policy: PetitionPolicy
    base_url: str
    promising: Promising
    moderating: ModerationPolicy

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        folder = "petitions/mail/"
        return {
            folder + "confirm": self.confirm,
            folder + "already_signed": self.to_signer,
            folder + "gather_support": self.gather_support,
            folder + "sponsor_joined": self.gather_support,
            folder + "submitted": self.submitted,
            folder + "published": self.to_signer,
            folder + "published_sponsor": self.to_signer,
            folder + "rejected": self.rejected,
            folder + "rejected_sponsor": self.to_signer,
            folder + "hidden": self.rejected,
            folder + "taken_down": self.taken_down,
            folder + "restored": self.to_signer,
            folder + "corrected": self.corrected,
            folder + "corrected_creator": self.corrected_creator,
            folder + "withdrawn": self.withdrawn,
            folder + "withdrawn_creator": self.to_signer,
            folder + "withdrawn_sponsor": self.to_signer,
            folder + "stopped_election": self.to_signer,
            folder + "threshold_reached": self.referred,
            folder + "referred": self.to_officer,
            folder + "answered": self.answered,
            folder + "undone_officer": self.to_officer,
            folder + "debate_scheduled": self.debate,
            folder + "debate_outcome": self.debate,
            folder + "closed": self.closed,
            folder + "closed_creator": self.to_signer,
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
            outlook=self.promising.outlook(db, "petition", None),
        )

    def submitted(self, db: Session, letter: Letter) -> Envelope | None:
        """To the creator: it is being checked, and by when that is done."""
        found = self._signer(db, letter)
        if found is None:
            return None
        came_in = waiting_since(db, SubjectRef("petition", found[1].id)) or found[1].submitted_at
        return self._envelope(*found, outlook=self.promising.outlook(db, "petition", came_in))

    def rejected(self, db: Session, letter: Letter) -> Envelope | None:
        """With the rule in the words it had when it was applied."""
        found = self._signer(db, letter)
        decision = db.get(Decision, letter.facts.get("decision", 0))
        if found is None or (decision is not None and decision.undone_at is not None):
            return None
        petition = found[1]
        reason = moderation.reason_given(db, SubjectRef("petition", petition.id), petition.rejection_code or "")
        survivor = db.get(Petition, petition.duplicate_of_id) if petition.duplicate_of_id else None
        if survivor is not None and not is_readable(survivor.state, was_published=survivor.was_published):
            survivor = None
        return self._envelope(
            *found,
            reason=reason,
            note=petition.rejection_details or "",
            survivor=f"{self.base_url}/petitions/{survivor.id}" if survivor else "",
            **self._appeal(decision),
        )

    def _appeal(self, decision: Decision | None) -> dict[str, Any]:
        return appeal_words(self.keys, self.base_url, self.moderating, decision)

    def taken_down(self, db: Session, letter: Letter) -> Envelope | None:
        """To the creator: what was published may not stay public, by this rule."""
        found, decision = self._signer(db, letter), db.get(Decision, letter.facts["decision"])
        if found is None or decision is None or decision.undone_at is not None:
            return None
        reason = moderation.reason(db, decision.reason_code or "", decision.standards_version)
        hidden = decision.verdict == Verdict.HIDE
        return self._envelope(*found, reason=reason, note=decision.note, hidden=hidden, **self._appeal(decision))

    def corrected(self, db: Session, letter: Letter) -> Envelope | None:
        """News of a corrected text, with the note that everyone reads."""
        found = self._corrected(db, letter)
        if found is None or self.reader(db, letter) is None:
            return None
        link = f"{self.base_url}/signatures/withdraw/{self.keys.token(WITHDRAW, letter.recipient_id)}"
        return self._news(*found[0], version=found[1], withdraw=link)

    def corrected_creator(self, db: Session, letter: Letter) -> Envelope | None:
        found = self._corrected(db, letter)
        return self._envelope(*found[0], version=found[1]) if found else None

    def _corrected(
        self, db: Session, letter: Letter
    ) -> tuple[tuple[Signature, Petition, dict[str, str]], TextVersion] | None:
        found = self._signer(db, letter)
        version = db.get(TextVersion, (found[1].id, letter.facts["about"])) if found else None
        return (found, version) if found and version else None

    def withdrawn(self, db: Session, letter: Letter) -> Envelope | None:
        """News: its creator took the petition back."""
        found = self.reader(db, letter)
        return self._news(*found) if found else None

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
        if account is None or account.email is None or account.disabled_at is not None or referral is None:
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
        """News of an answer, in the words that stand when the letter leaves."""
        found = self.reader(db, letter)
        given = db.get(Answer, letter.facts["answer"])
        if found is None or given is None:
            return None
        standing = answers_to(db, given.referral_id)
        if not standing:
            return None
        referral = db.get_one(Referral, given.referral_id)
        department = by_ids(db, [referral.department_id]).get(referral.department_id or 0)
        say = f"{self.base_url}/answers/{referral.id}/{self.keys.token(ASKED, found[0].id)}"
        return self._news(*found, answer=standing[0], department=department, say=say)

    def debate(self, db: Session, letter: Letter) -> Envelope | None:
        """News of a debate as it stands; none where that has become another matter."""
        found = self.reader(db, letter)
        said = db.get(Debate, (found[1].id, letter.facts["about"])) if found else None
        if found is None or said is None:
            return None
        standing = select(Debate).where(Debate.petition_id == found[1].id, Debate.withdrawn_at.is_(None))
        newest = db.scalar(standing.order_by(Debate.version.desc()).limit(1))
        if newest is None or (newest.state == "scheduled") != (said.state == "scheduled"):
            return None
        return self._news(*found, debate=newest)

    def closed(self, db: Session, letter: Letter) -> Envelope | None:
        """News that it is over, how many signed, and what is still owed."""
        found = self.reader(db, letter)
        return None if found is None else self._news(*found)

    def reader(self, db: Session, letter: Letter) -> tuple[Signature, Petition, dict[str, str]] | None:
        """Who still wants this news: None once it was called off, or its petition is no longer public."""
        found = self._signer(db, letter)
        number = letter.facts.get("announcement")
        news = db.get(Announcement, number) if number else None
        if found is None or not _wants_news(found[0]) or found[1].state not in VISIBLE:
            return None
        return None if news is not None and news.cancelled_at is not None else found

    def address_of(self, db: Session, signature_id: int) -> str | None:
        """Where a signer's letters go; None once their words are erased."""
        signature, signer = db.get(Signature, signature_id), db.get(Signer, signature_id)
        if signature is None or signer is None:
            return None
        return open_signer(self.keys, signature.petition_id, signature.address_key, signer.sealed)["email"]

    def _signer(self, db: Session, letter: Letter) -> tuple[Signature, Petition, dict[str, str]] | None:
        signature = db.get(Signature, letter.recipient_id)
        signer = db.get(Signer, letter.recipient_id)
        if signature is None or signer is None:
            return None
        petition = db.get_one(Petition, signature.petition_id)
        if petition.state == PetitionState.HIDDEN and letter.template not in ABOUT_REMOVAL:
            return None  # no letter carries on what nobody may read
        return signature, petition, open_signer(self.keys, petition.id, signature.address_key, signer.sealed)

    def _news(self, signature: Signature, petition: Petition, words: dict[str, str], **more: Any) -> Envelope:
        """News that its reader can stop with one click in the letter or in the mail program."""
        link = f"{self.base_url}/signatures/unsubscribe/{self.keys.token(UNSUBSCRIBE, signature.id, lasting=True)}"
        plain = self._envelope(signature, petition, words, unsubscribe=link, **more)
        headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return Envelope(plain.address, plain.values, headers)

    def _mine(self, petition: Petition) -> str:
        """The creator's own page."""
        return f"{self.base_url}/petitions/mine/{self.keys.token(CREATOR, petition.id)}"

    def _envelope(self, signature: Signature, petition: Petition, words: dict[str, str], **more: Any) -> Envelope:
        values = {
            "petition": petition,
            "signature": signature,
            "name": words["name"],
            "mine": self._mine(petition) if signature.id == petition.creator_signature_id else "",
            "petition_link": f"{self.base_url}/petitions/{petition.id}",
            **more,
        }
        return Envelope(words["email"], values)


def _wants_news(signature: Signature) -> bool:
    """Only those whose signature counts and who still want news."""
    return signature.state == SignatureState.VALIDATED and signature.notify
