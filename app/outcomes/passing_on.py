"""What one department owes becomes another's: before it is dissolved, nothing may be left that nobody answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict
from app.core.freshness import SITE, touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.outcomes.model import Referral


class StillOwes(Conflict):
    code = "department-still-owes"
    title = _("This department still owes answers")
    message = _("It owes {count} in all. Choose the department that gives them instead. Nothing was changed.")
    way_on = ("/admin/departments", _("Back to the departments"))


def owed(db: Session) -> Mapping[int, int]:
    """How many answers each department owes; those that owe none are missing."""
    rows = db.execute(
        select(Referral.department_id, func.count())
        .where(Referral.state == "received", Referral.department_id.is_not(None))
        .group_by(Referral.department_id)
    )
    return {department: count for department, count in rows if department is not None}


def owed_by(db: Session, department_id: int, most: int = 50) -> Sequence[Referral]:
    """What this department still owes, the most urgent first."""
    waiting = select(Referral).where(Referral.department_id == department_id, Referral.state == "received")
    return db.scalars(waiting.order_by(Referral.due_at, Referral.id).limit(most)).all()


def pass_on(db: Session, department_id: int, heir_id: int | None, *, by: int, now: datetime) -> int:
    """Every open duty of a department is its heir's, with the dates as they were promised; answers how many.

    Raises :class:`StillOwes` where something is owed and there is no heir.
    """
    locked = select(Referral).where(Referral.department_id == department_id, Referral.state == "received")
    duties = db.scalars(locked.order_by(Referral.id).with_for_update()).all()
    if not duties:
        return 0
    if heir_id is None or heir_id == department_id:
        raise StillOwes(count=len(duties))
    for referral in duties:
        referral.department_id = heir_id
    db.flush()
    facts = {"to": heir_id, "duties": len(duties)}
    audit.record(db, "outcomes.pass-on", SubjectRef("department", department_id), by=by, now=now, facts=facts)
    touch(db, SITE)
    return len(duties)
