"""Letters to officers: what came to their department, what waits for them, and which day comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.departments.model import Department
from app.departments.queries import by_ids, of_officer
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from app.outcomes import queries
from app.outcomes.contribution import Referred, ShowReferred
from app.outcomes.model import Commitment, Referral
from app.outcomes.rules.commitments import OPEN
from app.outcomes.rules.referrals import OWED

ABOUT_REFERRALS = (
    "handed_on",
    "returned",
    "assigned",
    "waits_for_release",
    "handed_back",
    "answer_due_soon",
    "answer_late",
)
ABOUT_PROMISES = ("promise_due_soon", "promise_late")
#: they make sense only while an answer is owed
REMINDERS = frozenset({"outcomes/mail/answer_due_soon", "outcomes/mail/answer_late"})


@dataclass(frozen=True)
class OutcomesLetters:
    """``referred``: how each kind of subject is shown."""

    base_url: str
    referred: Mapping[str, ShowReferred]

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        about_referrals: dict[str, Composer] = {f"outcomes/mail/{n}": self.of_referral for n in ABOUT_REFERRALS}
        about_referrals["outcomes/mail/asked_to_help"] = self.to_helper
        return about_referrals | {f"outcomes/mail/{n}": self.of_promise for n in ABOUT_PROMISES}

    def of_referral(self, db: Session, letter: Letter) -> Envelope | None:
        """None for who does not act for its department any more, and where nothing is owed."""
        referral = db.get(Referral, letter.facts["referral"])
        if referral is None or (letter.template in REMINDERS and referral.state not in OWED):
            return None
        found = self._officer(db, letter, referral.department_id)
        subject = self._subject(db, referral.subject_kind, referral.subject_id)
        if found is None or subject is None:
            return None
        changes = queries.due_changes(db, [referral.id]).get(referral.id, ())
        handings = queries.handings(db, [referral.id]).get(referral.id, ())
        return self._envelope(
            *found,
            link=f"{self.base_url}/desk/referrals/{referral.id}",
            referral=referral,
            subject=subject,
            reason=handings[-1].reason if handings else "",
            returned=next((c.reason for c in reversed(changes) if c.kind == "returned"), ""),
        )

    def to_helper(self, db: Session, letter: Letter) -> Envelope | None:
        """None for who does not act any more for a department that helps."""
        referral, department = db.get(Referral, letter.facts["referral"]), of_officer(db, letter.recipient_id)
        if referral is None or department is None or department.id not in queries.supporting(db, referral.id):
            return None
        found = self._officer(db, letter, department.id)
        subject = self._subject(db, referral.subject_kind, referral.subject_id)
        lead = by_ids(db, [referral.department_id]).get(referral.department_id or 0)
        if found is None or subject is None or lead is None:
            return None
        link = f"{self.base_url}/desk/referrals/{referral.id}"
        return self._envelope(*found, link=link, referral=referral, subject=subject, lead=lead)

    def of_promise(self, db: Session, letter: Letter) -> Envelope | None:
        """None once it was kept or dropped."""
        promise = db.get(Commitment, letter.facts["commitment"])
        if promise is None or promise.withdrawn_at is not None or promise.progress not in OPEN:
            return None
        found = self._officer(db, letter, promise.department_id)
        subject = self._subject(db, promise.subject_kind, promise.subject_id)
        if found is None or subject is None:
            return None
        link = f"{self.base_url}/desk/commitments/{promise.id}"
        return self._envelope(*found, link=link, promise=promise, subject=subject)

    def _officer(self, db: Session, letter: Letter, department_id: int | None) -> tuple[Account, Department] | None:
        account = db.get(Account, letter.recipient_id)
        department = of_officer(db, letter.recipient_id)
        if account is None or account.email is None or account.disabled_at is not None:
            return None
        if department is None or department.id != department_id:
            return None
        return account, department

    def _subject(self, db: Session, kind: str, subject_id: int) -> Referred | None:
        show = self.referred.get(kind)
        return show(db, subject_id) if show else None

    def _envelope(self, account: Account, department: Department, **values: Any) -> Envelope:
        return Envelope(account.email or "", {"name": account.name, "department": department, **values})
