"""Founding, renaming and dissolving departments; appointing officers and dismissing them."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.rules.roles import Role
from app.accounts.service import managing
from app.audit import service as audit
from app.core.errors import FieldError, Invalid, NotFound
from app.core.freshness import SITE, touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import tidy_line
from app.departments.model import Department, Officer
from app.departments.queries import officers_of

#: officers answer for a department, officials write its consultations
ACT_FOR_ONE = frozenset({Role.OFFICER, Role.OFFICIAL})
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
    """An account, of an officer or of an official, acts for this department and for no other."""
    officer = db.get(Officer, account_id)
    if officer is None:
        db.add(Officer(account_id=account_id, department_id=department.id))
    else:
        officer.department_id = department.id
    db.flush()
    facts = {"account": account_id}
    audit.record(db, "departments.appoint", SubjectRef("department", department.id), by=by, now=now, facts=facts)


def rename(db: Session, department_id: int, name: str, *, reason: str, by: int, now: datetime) -> Department:
    """Its name as the public knows it, everywhere at once; the short name in addresses stays."""
    name = tidy_line(name)
    if not 2 <= len(name) <= 120:
        raise Invalid([FieldError("name", _("Enter the department's name, between 2 and 120 characters."))])
    department = _locked(db, department_id)
    if department.name != name:
        department.name = name
        _changed(db, department, "rename", reason, by, now)
    return department


def dissolve(db: Session, department_id: int, *, reason: str, by: int, now: datetime) -> Department:
    """Nothing is given to it any more, and nobody acts for it. What it owes must have passed on before."""
    department = _locked(db, department_id)
    if department.dissolved_at is None:
        department.dissolved_at = now
        db.execute(delete(Officer).where(Officer.department_id == department.id))
        _changed(db, department, "dissolve", reason, by, now)
    return department


def want_two_people(
    db: Session, department_id: int, wanted: bool, *, reason: str, by: int, now: datetime
) -> Department:
    """Whether a second officer releases what a first one wrote; :class:`Invalid` where there are not two."""
    department = _locked(db, department_id)
    if wanted and len(officers_of(db, department.id)) < 2:
        raise Invalid([FieldError("act", _("Appoint a second officer first: one person alone could release nothing."))])
    if department.two_person != wanted:
        department.two_person = wanted
        _changed(db, department, "two-people" if wanted else "one-person", reason, by, now)
    return department


def bring_back(db: Session, department_id: int, *, reason: str, by: int, now: datetime) -> Department:
    """It can be given something to answer again; its officers are appointed anew."""
    department = _locked(db, department_id)
    if department.dissolved_at is not None:
        department.dissolved_at = None
        _changed(db, department, "bring-back", reason, by, now)
    return department


def dismiss(
    db: Session, account_id: int, *, by: int, now: datetime, department_id: int | None = None, reason: str = ""
) -> None:
    """The account acts for no department any more; ``department_id``: only if it acts for that one."""
    officer = db.get(Officer, account_id)
    if officer is None or department_id not in (None, officer.department_id):
        return
    subject = SubjectRef("department", officer.department_id)
    facts = {"account": account_id} | ({"reason": reason} if reason else {})
    db.delete(officer)
    db.flush()
    audit.record(db, "departments.dismiss", subject, by=by, now=now, facts=facts)


def change_role(
    db: Session, account_id: int, role: str, department: Department | None, *, reason: str, by: int, now: datetime
) -> None:
    """Another role, and with it the department that they act for: an officer always has one, an official may."""
    there = department is not None and department.dissolved_at is None
    if role == Role.OFFICER and not there:
        raise Invalid([FieldError("department", _("Choose the department that they answer for."))])
    managing.change_role(db, account_id, role, reason=reason, by=by, now=now)
    if role in ACT_FOR_ONE and there and department is not None:
        appoint(db, account_id, department, by=by, now=now)
    else:
        dismiss(db, account_id, by=by, now=now)


def _locked(db: Session, department_id: int) -> Department:
    department = db.get(Department, department_id, with_for_update=True, populate_existing=True)
    if department is None:
        raise NotFound
    return department


def _changed(db: Session, department: Department, act: str, reason: str, by: int, now: datetime) -> None:
    db.flush()
    subject = SubjectRef("department", department.id)
    audit.record(db, f"departments.{act}", subject, by=by, now=now, facts={"reason": reason})
    touch(db, SITE)
