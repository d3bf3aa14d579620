"""Founding departments and appointing officers."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import tidy_line
from app.departments.model import Department, Officer

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


def found(db: Session, slug: str, name: str, *, by: int | None, now: datetime) -> Department:
    """A new department; :class:`Invalid` names what is wrong with ``slug`` or ``name``."""
    name = tidy_line(name)
    errors = []
    if not _SLUG.match(slug) or len(slug) > 80:
        errors.append(FieldError("slug", _("Use lower-case letters, digits and single hyphens, such as parks.")))
    elif db.scalar(select(Department.id).where(Department.slug == slug)):
        errors.append(FieldError("slug", _("There is a department with this short name already.")))
    if not 2 <= len(name) <= 120:
        errors.append(FieldError("name", _("Enter the department's name, between 2 and 120 characters.")))
    if errors:
        raise Invalid(errors)
    department = Department(slug=slug, name=name, created_at=now)
    db.add(department)
    db.flush()
    audit.record(db, "departments.found", SubjectRef("department", department.id), by=by, now=now, facts={"slug": slug})
    return department


def appoint(db: Session, account_id: int, department: Department, *, by: int | None, now: datetime) -> None:
    """Make an account an officer of this department, and of no other."""
    officer = db.get(Officer, account_id)
    if officer is None:
        db.add(Officer(account_id=account_id, department_id=department.id))
    else:
        officer.department_id = department.id
    db.flush()
    facts = {"account": account_id}
    audit.record(db, "departments.appoint", SubjectRef("department", department.id), by=by, now=now, facts=facts)
