"""Letters to those who brought a petition about, and to those who owe it an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.departments.model import Officer
from app.mail import service as mail
from app.outcomes.queries import referrals_about
from app.outcomes.rules.referrals import UNANSWERED
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.rules.lifecycle import SignatureState


@dataclass(frozen=True)
class Hold:
    """Letters that leave no sooner than ``due`` and can be called off by their number until then."""

    due: datetime | None = None
    batch: int | None = None


AT_ONCE = Hold()
_REFUSALS = tuple(f"petitions/mail/{name}" for name in ("rejected", "rejected_sponsor", "hidden", "taken_down"))


def write_to_creator(
    db: Session, petition: Petition, template: str, now: datetime, *, hold: Hold = AT_ONCE, **facts: object
) -> None:
    """One letter; imports have no creator here."""
    if petition.creator_signature_id is not None:
        recipient = ("petitions.signature", petition.creator_signature_id)
        mail.queue(db, [mail.row(template, recipient, now, facts=facts, due=hold.due, batch=hold.batch)])


def write_to_officers(db: Session, subject: SubjectRef, department_id: int, now: datetime) -> None:
    """One letter to each officer of a department for each unanswered duty that it has been handed."""
    owed = [r for r in referrals_about(db, subject) if r.state in UNANSWERED and r.department_id == department_id]
    officers = db.scalars(select(Officer.account_id).where(Officer.department_id == department_id)).all()
    letter = "petitions/mail/referred"
    rows = [mail.row(letter, ("account", o), now, facts={"referral": r.id}) for r in owed for o in officers]
    mail.queue(db, rows)


def write_to_sponsors(
    db: Session, petition: Petition, template: str, now: datetime, *, hold: Hold = AT_ONCE, **facts: object
) -> None:
    """One letter to each supporter whose signature counts."""
    sponsors = db.scalars(
        select(Signature.id)
        .where(
            Signature.petition_id == petition.id,
            Signature.kind == "sponsor",
            Signature.state == SignatureState.VALIDATED,
        )
        .order_by(Signature.id)
    )
    rows = [
        mail.row(template, ("petitions.signature", s), now, facts=facts, due=hold.due, batch=hold.batch)
        for s in sponsors
    ]
    mail.queue(db, rows)


def keep_refusal_to_ourselves(db: Session, petition_id: int, now: datetime) -> None:
    """A refusal that stands no more is told to nobody, where its letters waited to be called off."""
    people = select(Signature.id).where(Signature.petition_id == petition_id)
    mail.drop_waiting(db, "petitions.signature", people, now, templates=_REFUSALS, held=True)
