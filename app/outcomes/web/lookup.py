"""What the pages of a desk look up before they show or change anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.text.figures import is_whole
from app.departments.acting import NoOffice, department_of
from app.outcomes import queries
from app.outcomes.contribution import NewsOfAnswers
from app.outcomes.model import Commitment, Referral
from app.outcomes.queries import inbox
from app.outcomes.queries.inbox import Office
from app.outcomes.rules.deadlines import WorkingDays, check_due_day, end_of, read_day


def office_of(db: Session, account: Account) -> Office:
    """Whose desk this is, for the page that is opened most; raises :class:`NoOffice`."""
    office = inbox.office_of(db, account.id)
    if office is None:
        raise NoOffice
    return office


def owned(db: Session, account: Account, referral_id: int) -> Referral:
    """A foreign referral is as good as none."""
    referral = queries.referral_of(db, referral_id, department_of(db, account).id)
    if referral is None:
        raise NotFound
    return referral


def seen(db: Session, account: Account, referral_id: int) -> Referral:
    """A matter that this officer's department answers, or helps with; another is as good as none."""
    department = department_of(db, account)
    referral = db.get(Referral, referral_id, populate_existing=True)
    if referral is None or department.id not in (referral.department_id, *queries.supporting(db, referral_id)):
        raise NotFound
    return referral


def subject_of(state: Any, db: Session, referral: Referral | Commitment) -> Any:
    show = state.site.referred.get(referral.subject_kind)
    return show(db, referral.subject_id) if show else None


def lock(state: Any, db: Session, kind: str, subject_id: int) -> None:
    """The subject's row, before a referral's; what is made up to practise with has none."""
    if locks := state.site.locks.get(kind):
        locks(db, subject_id)


def today(state: Any) -> date:
    """The local day."""
    local: date = state.clock.now().astimezone(state.settings.zone).date()
    return local


def due_at(state: Any, day: date) -> datetime:
    """When something is due that is due on this local day."""
    return end_of(day, state.settings.zone)


def read_due(state: Any, db: Session, text: str, *, after: date | None = None) -> date:
    """A working day to come, as somebody typed it; ``BadField`` says what is wrong."""
    return check_due_day(read_day(text), today=today(state), working=working(state, db), after=after)


def working(state: Any, db: Session) -> WorkingDays:
    found: WorkingDays = state.site.calendar.working(db)
    return found


def counted(form: Mapping[str, str], name: str) -> int:
    """A number that a page had put into its form; -1, which fits nothing, for anything odd."""
    number = identity(form, name)
    return number if number < 10**8 else -1


def identity(form: Mapping[str, str], name: str) -> int:
    """The number of something that was chosen; -1, which nothing has, for anything odd."""
    text = form.get(name, "")
    return int(text) if is_whole(text) else -1


def door_of(state: Any, referral: Referral) -> str:
    """Where a room has its officers answer what it referred for this cause; empty for this desk's own form."""
    door = state.site.answer_doors.get((referral.subject_kind, referral.cause))
    return door(referral.subject_id) if door else ""


def href_of(state: Any, referral: Referral) -> str:
    """What is no longer owed is only looked at."""
    door = door_of(state, referral) if referral.state != "closed" else ""
    return door or f"/desk/referrals/{referral.id}"


def teller_of(state: Any, referral: Referral) -> NewsOfAnswers | None:
    """Who sends news of answers given on this desk."""
    return None if door_of(state, referral) else state.site.news.get(referral.subject_kind)
