"""A hall's life before it begins: a draft, public, moved, cancelled; a draft that nobody needs goes."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exc, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Forbidden, Invalid
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.departments.queries import of_officer
from townhall import identity
from townhall.events import HallCancelled, HallScheduled
from townhall.model import Hall, HallStaff
from townhall.queries import halls
from townhall.rules import codes, writing
from townhall.rules.lifecycle import READABLE, Entry, HallState, Part, Video
from townhall.service import locking, log
from townhall.service.locking import HallMovedOn, locked, subject_of
from townhall.service.log import Happening

S = HallState
_TRIES = 20


class ChangedMeanwhile(Conflict):
    code = "townhall-changed"
    title = _("Somebody else changed this while you were writing")
    message = _("Your text was not stored. Read what stands there now.")
    way_on = ("/hosting/townhalls/{hall}", _("Look at the town hall"))


class NotYours(Forbidden):
    code = "townhall-other-department"
    title = _("Another department holds this town hall")
    message = _("Only an official of the department that leads it can do this. Nothing was changed.")
    way_on = ("/hosting/townhalls/{hall}", _("Look at the town hall"))


class NoDepartmentOfYours(Forbidden):
    code = "host-without-department"
    title = _("You act for no department yet")
    message = _("An administrator can give you one. Until then you can read, but not schedule anything.")
    way_on = ("/hosting/townhalls", _("Back to the town halls"))


@dataclass(frozen=True)
class Begun:
    """What a new one is begun with; ``submission_id`` is its form's random number."""

    title: str
    submission_id: str


def begin(db: Session, begun: Begun, *, by: int, now: datetime) -> int:
    """A new draft of the official's own department, hosted by them; answers its number. The same form twice begins one."""
    same = select(Hall.id).where(Hall.submission_id == begun.submission_id)
    if (known := db.scalar(same)) is not None:
        return known
    department = of_officer(db, by)
    if department is None:
        raise NoDepartmentOfYours
    hall = Hall(
        state=S.DRAFT,
        submission_id=begun.submission_id,
        department_id=department.id,
        created_by_id=by,
        host_id=by,
        title=begun.title,
        code=new_code(db),
        entry=Entry.REGISTERED,
        video_kind=Video.NONE,
        salt=identity.new_salt(),
        created_at=now,
        updated_at=now,
    )
    try:
        with db.begin_nested():
            db.add(hall)
    except exc.IntegrityError:  # the other click was stored in between
        return db.scalars(same).one()
    log.begin(db, hall.id)
    db.add(HallStaff(hall_id=hall.id, account_id=by, part=Part.HOST))
    record(db, hall, "begin", by=by, now=now)
    return hall.id


def owned(db: Session, hall_id: int, by: int, states: Collection[HallState]) -> Hall:
    """Locked, in one of these states, and of the official's own department."""
    hall = locked(db, hall_id)
    department = of_officer(db, by)
    if department is None or department.id != hall.department_id:
        raise NotYours(hall=hall_id)
    if HallState(hall.state) not in states:
        raise HallMovedOn(hall=hall_id)
    return hall


def schedule(db: Session, hall_id: int, *, revision: int, by: int, now: datetime) -> Hall:
    """Make it public; Invalid names everything that it lacks."""
    hall = owned(db, hall_id, by, [S.DRAFT])
    if hall.revision != revision:
        raise ChangedMeanwhile(hall=hall_id)
    missing = writing.lacks(hall, halls.plan_of(db, hall.id), now)
    if missing:
        raise Invalid([FieldError(lack.field, lack.message) for lack in missing])
    locking.move(hall, S.SCHEDULED)
    hall.scheduled_at = hall.updated_at = now
    announce(db, HallScheduled(hall.id, now))
    record(db, hall, "schedule", by=by, now=now)
    tell_pages(db, hall, now, by=by)
    return hall


def cancel(db: Session, hall_id: int, reason: str, *, by: int, now: datetime) -> Hall:
    """It will not take place: its page stays and says why, calendars learn of it, who registered gets a letter."""
    hall = owned(db, hall_id, by, [S.SCHEDULED])
    locking.move(hall, S.CANCELLED)
    hall.cancelled_reason, hall.cancelled_at, hall.updated_at = reason, now, now
    hall.sequence += 1
    announce(db, HallCancelled(hall.id, now))
    record(db, hall, "cancel", by=by, now=now, reason=reason)
    tell_pages(db, hall, now, by=by)
    return hall


def discard(db: Session, hall_id: int, *, by: int, now: datetime) -> None:
    """A draft goes from the lists, and its code is free again; its rows stay on record."""
    hall = owned(db, hall_id, by, [S.DRAFT])
    locking.move(hall, S.DISCARDED)
    hall.code, hall.updated_at = None, now
    record(db, hall, "discard", by=by, now=now)


def new_code(db: Session) -> str:
    """One that no hall has."""
    for _try in range(_TRIES):
        code = codes.made(secrets.choice)
        if db.scalar(select(Hall.id).where(Hall.code == code)) is None:
            return code
    raise RuntimeError("no join code is free")  # pragma: no cover  23^6 of them


def noted(db: Session, hall: Hall, act: str, *, by: int, now: datetime, **facts: Any) -> None:
    """Something of it was written; the last thing of such an act. Whoever edits it elsewhere learns so."""
    hall.revision += 1
    hall.updated_at = now
    record(db, hall, act, by=by, now=now, **facts)
    tell_pages(db, hall, now, by=by)


def record(db: Session, hall: Hall, act: str, *, by: int | None, now: datetime, **facts: Any) -> None:
    """The act on record."""
    db.flush()
    audit.record(db, f"townhalls.{act}", subject_of(hall.id), by=by, now=now, facts=facts)


def tell_pages(db: Session, hall: Hall, now: datetime, *, by: int | None = None) -> None:
    """Public pages that show it change with this transaction, and whoever has it open learns so."""
    if HallState(hall.state) not in READABLE:
        return
    touch(db, "townhalls", f"townhall:{hall.id}")
    log.append(db, hall.id, [Happening("hall.changed", by_id=by)], now)
