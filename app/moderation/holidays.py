"""Days on which nobody moderates: added, taken out and put back by administrators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import BadField, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy_line
from app.moderation.cases import DESK
from app.moderation.model import Holiday

MOST_NAME = 80
MOST_DAYS = 92
YEARS = range(2000, 2200)
REMEMBERED = timedelta(days=7)


def read_name(text: str) -> str:
    """What the holiday is called; ``BadField`` says what is wrong."""
    text = tidy_line(text)
    if is_blank(text):
        raise BadField(_("Say what these days are, such as Christmas."))
    if length(text) > MOST_NAME:
        raise BadField(_("Keep the name to 80 characters."))
    return text


def read_day(text: str) -> date:
    """A day as date fields send it (``2026-12-24``), or as people type it (``24/12/2026``)."""
    text = text.strip()
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
        if day.year in YEARS:
            return day
    raise BadField(_("Enter a day, such as 24/12/2026."))


def check_span(first: date, last: date) -> None:
    """``BadField`` where the last day is before the first, or too far from it."""
    if last < first:
        raise BadField(_("The last day must not be before the first."))
    if (last - first).days >= MOST_DAYS:
        raise BadField(_("A holiday can last at most 92 days."))


def add(db: Session, name: str, first: date, last: date, *, by: int, now: datetime) -> Holiday:
    """A new holiday; the same one sent twice is one. It may overlap others."""
    same = select(Holiday).where(
        Holiday.name == name, Holiday.starts_on == first, Holiday.ends_on == last, Holiday.removed_at.is_(None)
    )
    if (twin := db.scalar(same.limit(1))) is not None:
        return twin
    holiday = Holiday(name=name, starts_on=first, ends_on=last, by_id=by)
    db.add(holiday)
    db.flush()
    _record(db, "moderation.holiday.add", holiday, by, now)
    return holiday


def remove(db: Session, holiday_id: int, *, by: int, now: datetime) -> Holiday:
    """The promise counts these days again; NotFound where there is no such holiday."""
    holiday = _locked(db, holiday_id)
    if holiday.removed_at is None:
        holiday.removed_at = now
        _record(db, "moderation.holiday.remove", holiday, by, now)
    return holiday


def put_back(db: Session, holiday_id: int, *, by: int, now: datetime) -> Holiday:
    """Undo a removal; NotFound where there is no such holiday."""
    holiday = _locked(db, holiday_id)
    if holiday.removed_at is not None:
        holiday.removed_at = None
        _record(db, "moderation.holiday.put-back", holiday, by, now)
    return holiday


def coming(db: Session, today: date) -> Sequence[Holiday]:
    """Those that are not over, the next first."""
    stands = select(Holiday).where(Holiday.removed_at.is_(None), Holiday.ends_on >= today)
    return db.scalars(stands.order_by(Holiday.starts_on, Holiday.id)).all()


def past(db: Session, today: date, most: int = 20) -> Sequence[Holiday]:
    """Those that are over, the latest first."""
    over = select(Holiday).where(Holiday.removed_at.is_(None), Holiday.ends_on < today)
    return db.scalars(over.order_by(Holiday.ends_on.desc(), Holiday.id).limit(most)).all()


def removed_lately(db: Session, now: datetime) -> Sequence[Holiday]:
    """Taken out within a week, the latest first."""
    out = select(Holiday).where(Holiday.removed_at >= now - REMEMBERED)
    return db.scalars(out.order_by(Holiday.removed_at.desc(), Holiday.id)).all()


def _locked(db: Session, holiday_id: int) -> Holiday:
    locked = select(Holiday).where(Holiday.id == holiday_id).with_for_update(key_share=True)
    holiday = db.scalar(locked.execution_options(populate_existing=True))
    if holiday is None:
        raise NotFound
    return holiday


def _record(db: Session, act: str, holiday: Holiday, by: int, now: datetime) -> None:
    db.flush()
    facts = {"first": holiday.starts_on.isoformat(), "last": holiday.ends_on.isoformat()}
    audit.record(db, act, SubjectRef("moderation.holiday", holiday.id), by=by, now=now, facts=facts)
    touch(db, DESK)
