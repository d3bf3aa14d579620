"""Reading the record."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.model import AuditEntry
from app.core.subject import SubjectRef


def acts_on(db: Session, subject: SubjectRef) -> Sequence[AuditEntry]:
    """Everything staff did to one subject, oldest first."""
    return db.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == subject.kind, AuditEntry.subject_id == subject.id)
        .order_by(AuditEntry.id)
    ).all()
