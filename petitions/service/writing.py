"""Letters to those who brought a petition about: its creator, and the supporters before publication."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mail import service as mail
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.rules.lifecycle import SignatureState


def write_to_creator(db: Session, petition: Petition, template: str, now: datetime, **facts: object) -> None:
    """One letter; imports have no creator here."""
    if petition.creator_signature_id is not None:
        recipient = ("petitions.signature", petition.creator_signature_id)
        mail.queue(db, [mail.row(template, recipient, now, facts=facts)])


def write_to_sponsors(db: Session, petition: Petition, template: str, now: datetime) -> None:
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
    mail.queue(db, [mail.row(template, ("petitions.signature", s), now) for s in sponsors])
