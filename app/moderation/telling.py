"""Queueing the desk's letters: to whom, about what, and not before a decision can no longer be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.mail import service as mail
from app.moderation.contribution import Moderated, Settlement
from app.moderation.model import Case


def tell_author(
    db: Session,
    kind: Moderated,
    subject: SubjectRef,
    settlement: Settlement,
    now: datetime,
    template: str = "moderation/mail/decided",
    **facts: Any,
) -> None:
    """One letter about a decision, or none where its reason is one of which nobody is told."""
    author = kind.author(db, subject.id)
    if author is None or settlement.silent:
        return
    decision = settlement.decision
    about = {"decision": decision.id, "kind": subject.kind, "subject": subject.id, **facts}
    row = mail.row(template, author, now, facts=about, due=settlement.letters_due, batch=settlement.batch)
    mail.queue(db, [row])


def tell_hidden_for_now(db: Session, kind: Moderated, subject: SubjectRef, case: Case, now: datetime) -> None:
    """Several readers reported it: nobody decided anything yet, and its author knows."""
    author = kind.author(db, subject.id)
    if author is not None:
        facts = {"kind": subject.kind, "subject": subject.id, "case": case.id}
        mail.queue(db, [mail.row("moderation/mail/hidden_for_now", author, now, facts=facts)])
