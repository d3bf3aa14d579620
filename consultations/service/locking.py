"""One consultation, locked and looked at: whose it is, and whether it still stands where somebody saw it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.queries import of_officer
from consultations.model import Consultation
from consultations.rules.lifecycle import READABLE, EditorialState

KIND = "consultation"


class MovedOn(Conflict):
    code = "consultation-moved-on"
    title = _("This consultation has moved on")
    message = _("Somebody changed it in the meantime, so nothing was stored. Look at how it stands now.")
    way_on = ("/hosting/consultations/{consultation}", _("Look at the consultation"))


class NotYours(Forbidden):
    code = "other-department"
    title = _("Another department leads this consultation")
    message = _("Only an official of the department that leads it can do this. Nothing was changed.")
    way_on = ("/hosting/consultations/{consultation}", _("Look at the consultation"))


def subject_of(consultation_id: int) -> SubjectRef:
    return SubjectRef(KIND, consultation_id)


def locked(db: Session, consultation_id: int) -> Consultation:
    """Its row, held until the transaction ends."""
    found = db.scalar(
        select(Consultation)
        .where(Consultation.id == consultation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def owned(db: Session, consultation_id: int, by: int) -> Consultation:
    """The same, for somebody who acts for the department that leads it; :class:`NotYours` for everyone else."""
    found = locked(db, consultation_id)
    department = of_officer(db, by)
    if department is None or department.id != found.department_id:
        raise NotYours(consultation=consultation_id)
    return found


def must_be(consultation: Consultation, states: Collection[EditorialState]) -> None:
    """:class:`MovedOn` where it stands elsewhere."""
    if consultation.state not in states:
        raise MovedOn(consultation=consultation.id)


def record(db: Session, consultation: Consultation, act: str, *, by: int | None, now: datetime, **facts: Any) -> None:
    """The act on record."""
    db.flush()
    audit.record(db, f"consultations.{act}", subject_of(consultation.id), by=by, now=now, facts=facts)


def tell_pages(db: Session, consultation: Consultation) -> None:
    """Public pages that show it change with this transaction; the last thing that a service does."""
    if consultation.state in READABLE or consultation.state == EditorialState.UNPUBLISHED:
        touch(db, "consultations", f"consultation:{consultation.id}")
