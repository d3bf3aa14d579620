"""Officials write a consultation, section by section; nobody overwrites what a colleague wrote meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, FieldError, Forbidden, Invalid
from app.core.i18n import _
from app.departments.model import Department
from app.departments.queries import of_officer
from consultations import queries
from consultations.model import Authorship, Consultation, Supporting
from consultations.rules.lifecycle import EDITABLE, EditorialState, Kind, Stage
from consultations.service.locking import must_be, owned, record


class ChangedMeanwhile(Conflict):
    code = "consultation-changed"
    title = _("Somebody else changed this while you were writing")
    message = _("Your text was not stored. Read what stands there now.")
    way_on = ("/hosting/consultations/{consultation}", _("Look at the consultation"))


class NoDepartmentOfYours(Forbidden):
    code = "official-without-department"
    title = _("You act for no department yet")
    message = _("An administrator can give you one. Until then you can read and approve, but not write.")
    way_on = ("/hosting/consultations", _("Back to the consultations"))


@dataclass(frozen=True)
class Begun:
    """What a new one is begun with; ``submission_id`` is its form's random number."""

    kind: Kind
    title: str
    submission_id: str


@dataclass(frozen=True)
class Written:
    """What one section's form says: columns by name, and the departments that help where it asks for them."""

    values: Mapping[str, Any] = field(default_factory=dict)
    supporting: Collection[int] | None = None


def begin(db: Session, begun: Begun, *, by: int, now: datetime) -> int:
    """A new draft of the official's own department; answers its number. The same form twice begins one."""
    same = select(Consultation.id).where(Consultation.submission_id == begun.submission_id)
    if (known := db.scalar(same)) is not None:
        return known
    department = of_officer(db, by)
    if department is None:
        raise NoDepartmentOfYours
    consultation = Consultation(
        kind=begun.kind,
        state=EditorialState.DRAFT,
        stage=Stage.WAITING,
        submission_id=begun.submission_id,
        department_id=department.id,
        title=begun.title,
        created_at=now,
        updated_at=now,
    )
    db.add(consultation)
    db.flush()
    db.add(Authorship(consultation_id=consultation.id, account_id=by, at=now))
    record(db, consultation, "begin", by=by, now=now)
    return consultation.id


def write(
    db: Session, consultation_id: int, section: str, written: Written, *, revision: int, by: int, now: datetime
) -> Consultation:
    """Store one section; :class:`ChangedMeanwhile` where ``revision`` is not what stands."""
    consultation = editable(db, consultation_id, by)
    if consultation.revision != revision:
        raise ChangedMeanwhile(consultation=consultation_id)
    for name, value in written.values.items():
        setattr(consultation, name, value)
    _check_times(consultation)
    if written.supporting is not None:
        _support(db, consultation, written.supporting)
    note_author(db, consultation, by=by, now=now)
    record(db, consultation, "write", by=by, now=now, section=section, revision=consultation.revision)
    return consultation


def editable(db: Session, consultation_id: int, by: int) -> Consultation:
    """Locked, a draft, and of the official's own department."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, EDITABLE)
    return consultation


def note_author(db: Session, consultation: Consultation, *, by: int, now: datetime) -> None:
    """Somebody wrote at it (its texts, its questions, its files): they will not approve it. The caller holds its lock."""
    consultation.revision += 1
    consultation.updated_at = now
    known = db.get(Authorship, (consultation.id, by))
    if known is None:
        db.add(Authorship(consultation_id=consultation.id, account_id=by, at=now))
    else:
        known.at = now
    db.flush()


def discard(db: Session, consultation_id: int, *, by: int, now: datetime) -> None:
    """A draft that nobody needs goes from the lists; its rows stay on record."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, (EditorialState.DRAFT, EditorialState.IN_REVIEW, EditorialState.APPROVED))
    consultation.state = EditorialState.DISCARDED
    consultation.updated_at = now
    record(db, consultation, "discard", by=by, now=now)


def _check_times(consultation: Consultation) -> None:
    opens, closes = consultation.opens_at, consultation.closes_at
    if opens is not None and closes is not None and opens >= closes:
        raise Invalid([FieldError("closes_day", str(_("It must close after it opens.")))])


def _support(db: Session, consultation: Consultation, wanted: Collection[int]) -> None:
    """Departments that are there, without the one that leads."""
    there = db.scalars(select(Department.id).where(Department.id.in_(wanted), Department.dissolved_at.is_(None)))
    keep, before = set(there) - {consultation.department_id}, set(queries.supporting(db, consultation.id))
    gone = Supporting.department_id.in_(before - keep)
    db.execute(delete(Supporting).where(Supporting.consultation_id == consultation.id, gone))
    db.add_all(Supporting(consultation_id=consultation.id, department_id=d) for d in sorted(keep - before))
    db.flush()
