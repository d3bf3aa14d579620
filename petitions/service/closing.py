"""Recording that a petition's time is over. Signing ends by the clock, not by this."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.comments.service.running import close_with_subject
from app.core.events import announce
from app.core.freshness import touch
from app.core.subject import SubjectRef
from app.mail import service as mail
from app.mail.model import Lane
from petitions.events import PetitionClosed
from petitions.model.petition import Petition
from petitions.rules.lifecycle import PetitionState
from petitions.service.announcing import CLOSED, Announcing

A_STEP = 200


def close_overdue(db: Session, now: datetime, announcing: Announcing | None = None) -> int:
    """Mark up to 200 open petitions whose closing instant has passed; answers how many.

    With ``announcing`` their creators are told, and the signers who asked for news.

    An imported petition that was over when it came keeps the state its source gave.
    """
    due = (
        select(Petition)
        .where(
            Petition.state == PetitionState.OPEN,
            Petition.closes_at <= now,
            or_(Petition.source.is_(None), Petition.closes_at > Petition.updated_at),
        )
        .order_by(Petition.id)
        .limit(A_STEP)
        .with_for_update(key_share=True)
    )
    closed = db.scalars(due.execution_options(populate_existing=True)).all()
    for petition in closed:
        petition.state, petition.closed_at = PetitionState.CLOSED, petition.closes_at
    db.flush()
    for petition in closed:
        note_closing(db, petition, announcing, now)
    if closed:
        touch(db, "petitions", *(f"petition:{p.id}" for p in closed))
    return len(closed)


def note_closing(db: Session, petition: Petition, announcing: Announcing | None, now: datetime) -> None:
    """What its end brings: its discussion ends too, and whoever has to know is told."""
    close_with_subject(db, SubjectRef("petition", petition.id), now)
    if announcing is not None:
        tell_of_closing(db, petition, announcing, now)
        announce(db, PetitionClosed(petition.id, now))


def tell_of_closing(db: Session, petition: Petition, announcing: Announcing, now: datetime) -> None:
    """One letter to the creator, one to each signer who asked for news, once in a petition's life.

    An imported petition closed elsewhere, or its signers are not ours to tell.
    """
    if petition.source is not None:
        return
    announcing.tell_signers(db, petition.id, CLOSED, petition.id, now)
    if petition.creator_signature_id is not None:
        to_creator = mail.row(
            "petitions/mail/closed_creator",
            ("petitions.signature", petition.creator_signature_id),
            now,
            lane=Lane.NEWS,
            once=f"petition-closed:{petition.id}",
            due=announcing.leaves_at(now),
        )
        mail.queue_once(db, [to_creator])
