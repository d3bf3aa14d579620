"""Which consultations an officer may read, code and publish: those of the department they act for.

The lead department does everything, a supporting one reads and codes. To everybody else a consultation's desk does
not exist: the same 404 as a number that nothing has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.departments.model import Department
from app.departments.queries import of_officer
from consultations.model import Consultation, Supporting
from consultations.rules.lifecycle import EditorialState

#: states in which there is something to read; what was unpublished or never published has no desk
ON_DESKS = frozenset({EditorialState.PUBLISHED, EditorialState.WITHDRAWN})
_LARGEST_ID = 2**62


@dataclass(frozen=True)
class Reach:
    """One consultation as one officer may have it. ``leads``: as an officer of the lead department."""

    consultation: Consultation
    department: Department
    leads: bool

    @property
    def may_publish(self) -> bool:
        return self.leads


def within(department_id: int) -> ColumnElement[bool]:
    """Consultations that this department leads or supports, where they have a desk."""
    supports = select(Supporting.consultation_id).where(Supporting.department_id == department_id)
    mine = or_(Consultation.department_id == department_id, Consultation.id.in_(supports))
    return mine & Consultation.state.in_(ON_DESKS)


def reach(db: Session, account_id: int, consultation_id: int, *, lock: bool = False) -> Reach:
    """To read and code; raises NotFound where this officer's department has no part in it.

    ``lock``: for an act; its row is held until the transaction ends.
    """
    department = of_officer(db, account_id)
    if department is None or not 0 < consultation_id < _LARGEST_ID:
        raise NotFound
    wanted: Any = select(Consultation).where(Consultation.id == consultation_id, within(department.id))
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = db.scalar(wanted)
    if found is None:
        raise NotFound
    return Reach(found, department, leads=found.department_id == department.id)


def leading(db: Session, account_id: int, consultation_id: int, *, lock: bool = False) -> Reach:
    """To publish, close stages and leave out abuse; raises NotFound for officers of any department but the lead."""
    found = reach(db, account_id, consultation_id, lock=lock)
    if not found.leads:
        raise NotFound
    return found
