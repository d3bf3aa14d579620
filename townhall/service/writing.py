"""Officials write a hall, section by section; nobody overwrites what a colleague wrote meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.errors import FieldError, Invalid
from app.core.events import announce
from app.core.i18n import _
from app.departments.model import Department
from townhall.events import HallMoved, PlacesChanged
from townhall.model import Hall, HallDepartment, HallStaff, Participant, Speaker
from townhall.queries import halls
from townhall.rules import writing as rules
from townhall.rules.lifecycle import OVER, Entry, HallState, Part, Place
from townhall.rules.writing import IN_CALENDARS, MOVES_IT, SECTIONS
from townhall.service.scheduling import ChangedMeanwhile, noted, owned


@dataclass(frozen=True)
class People:
    """``speakers``: name and what they are, in the order they are shown."""

    host_id: int | None
    moderators: Collection[int]
    speakers: Sequence[tuple[str, str]]
    departments: Collection[int]


@dataclass(frozen=True)
class Written:
    """What one section's form says: columns by name, and people where it asks for them."""

    values: Mapping[str, Any] = field(default_factory=dict)
    people: People | None = None


def write(db: Session, hall_id: int, section: str, written: Written, *, revision: int, by: int, now: datetime) -> Hall:
    """Store one section; :class:`ChangedMeanwhile` where ``revision`` is not what stands; Invalid names fields.

    Once it is public, another time, place or video is told to whoever registered, and calendars learn of it.
    """
    hall = owned(db, hall_id, by, SECTIONS[section].states)
    if hall.revision != revision:
        raise ChangedMeanwhile(hall=hall_id)
    before = {name: getattr(hall, name) for name in (*IN_CALENDARS, "capacity", "entry")}
    _check_code(db, hall, written.values.get("code"))
    for name, value in written.values.items():
        setattr(hall, name, value)
    _check(hall, section, now)
    if section == rules.TAKING_PART.slug and hall.state != HallState.DRAFT:
        _check_taking_part(db, hall, before["entry"])
    if written.people is not None:
        _name(db, hall, written.people)
    _tell(db, hall, before, now)
    noted(db, hall, "write", by=by, now=now, section=section, revision=hall.revision + 1)
    return hall


def _tell(db: Session, hall: Hall, before: Mapping[str, Any], now: datetime) -> None:
    """What concerns calendars and whoever has a place, while it is public and has not begun."""
    if hall.state == HallState.DRAFT:
        return
    hall.sequence += bool(rules.changed(before, hall, IN_CALENDARS))
    if hall.state == HallState.SCHEDULED and rules.changed(before, hall, MOVES_IT):
        announce(db, HallMoved(hall.id, now))
    if rules.changed(before, hall, ("capacity", "entry")):
        announce(db, PlacesChanged(hall.id, now))


def _check(hall: Hall, section: str, now: datetime) -> None:
    public = hall.state != HallState.DRAFT
    if section == rules.WHEN.slug:
        if public and (hall.starts_at is None or hall.ends_at is None):
            raise Invalid([FieldError("starts_day", str(_("It is public: it needs a start and an end.")))])
        rules.check_times(hall.starts_at, hall.ends_at, after=now if public else None)
    if section == rules.WATCH.slug:
        rules.check_video(hall.video_kind, hall.video_url)
    if section == rules.TAKING_PART.slug and hall.capacity is not None and hall.capacity < hall.taken:
        words = _("{taken} people have a place already. Nobody loses one.").format(taken=f"{hall.taken:,}")
        raise Invalid([FieldError("capacity", words)])
    if public:
        empty = [f for f in rules.SECTIONS[section].fields if f.needed and not getattr(hall, f.name)]
        if empty:
            words = _("It is public: this cannot be empty.")
            raise Invalid([FieldError(f.name, str(words)) for f in empty])


def _check_taking_part(db: Session, hall: Hall, entry_before: str) -> None:
    """Of a hall that is public: what its people were promised, and what needs somebody who does it."""
    if hall.screening and not halls.plan_of(db, hall.id).moderators:
        words = _("Questions wait for a moderator, and there is none: choose one first.")
        raise Invalid([FieldError("screening", str(words))])
    browsers = exists().where(Participant.hall_id == hall.id, Participant.place == Place.BROWSER)
    if (entry_before, hall.entry) == (Entry.OPEN, Entry.REGISTERED) and db.scalar(select(browsers)):
        words = _("People without a confirmed address have taken part already, and what they asked and upvoted stands.")
        raise Invalid([FieldError("entry", str(words))])


def _check_code(db: Session, hall: Hall, code: str | None) -> None:
    """No other hall's; one that is over gives its code to the next that asks for it."""
    if code is None or code == hall.code:
        return
    others = select(Hall.id, Hall.state).where(Hall.code == code, Hall.id != hall.id)
    with db.no_autoflush:
        other = db.execute(others).one_or_none()
    if other is not None and HallState(other.state) not in OVER:
        raise Invalid([FieldError("code", str(_("Another town hall has this code. Choose another one.")))])
    if other is not None:
        db.execute(update(Hall).where(Hall.id == other.id).values(code=None))


def _name(db: Session, hall: Hall, people: People) -> None:
    """Accounts that have the role and are at work; a hall that is public keeps a host."""
    host = _of_role(db, [people.host_id or 0], Role.OFFICIAL)
    if not host and (people.host_id or hall.state != HallState.DRAFT):
        raise Invalid([FieldError("host", str(_("Choose an official who hosts it.")))])
    moderators = _of_role(db, people.moderators, Role.MODERATOR)
    if hall.screening and hall.state != HallState.DRAFT and not moderators:
        words = _("Questions wait for a moderator: choose one.")
        raise Invalid([FieldError("moderators", str(words))])
    db.execute(delete(HallStaff).where(HallStaff.hall_id == hall.id, HallStaff.part != Part.SPEAKER))
    db.add_all(HallStaff(hall_id=hall.id, account_id=a, part=Part.HOST) for a in host)
    db.add_all(HallStaff(hall_id=hall.id, account_id=a, part=Part.MODERATOR) for a in sorted(moderators))
    hall.host_id = next(iter(host), None)
    db.execute(delete(Speaker).where(Speaker.hall_id == hall.id))
    for position, (name, about) in enumerate(people.speakers):
        db.add(Speaker(hall_id=hall.id, position=position, name=name, about=about))
    _take_beside(db, hall, people.departments)
    db.flush()


def _of_role(db: Session, wanted: Collection[int], role: Role) -> set[int]:
    rows = select(Account.id).where(Account.id.in_(wanted), Account.role == role, Account.disabled_at.is_(None))
    return set(db.scalars(rows))


def _take_beside(db: Session, hall: Hall, wanted: Collection[int]) -> None:
    """Departments that are there, without the one that leads."""
    rows = select(Department.id).where(Department.id.in_(wanted), Department.dissolved_at.is_(None))
    keep = set(db.scalars(rows)) - {hall.department_id}
    db.execute(delete(HallDepartment).where(HallDepartment.hall_id == hall.id))
    db.add_all(HallDepartment(hall_id=hall.id, department_id=d) for d in sorted(keep))
