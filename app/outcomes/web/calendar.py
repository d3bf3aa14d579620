"""The public calendar: due days of answers and promises, and whatever else the rooms add to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.web import calendar
from app.core.web.calendar import CALENDAR, Asked, Entry
from app.core.web.page import public as public_page
from app.departments import queries as departments
from app.outcomes.model import Commitment, Referral
from app.outcomes.queries import days, shown
from app.outcomes.rules.commitments import OPEN
from app.outcomes.rules.deadlines import last_day
from app.outcomes.rules.referrals import OWED
from app.outcomes.web.asked import OPEN_DATA, moment


@get("/calendar.ics", name="outcomes.calendar", guards=[anyone], sync_to_thread=True)
def public_calendar(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """Everything that is due, or with ``?department=parks`` what one department owes."""
    state, at = request.app.state, moment(request)
    slug = str(request.query_params.get("department", ""))
    department = departments.by_slug(db, slug) if slug else None
    if slug and department is None:
        raise NotFound
    asked = Asked(at.now, department.id if department else None, slug)
    name = f"{department.name} – {state.settings.site_name}" if department else state.settings.site_name
    entries = [entry for dates in state.site.calendars for entry in dates(db, asked)]
    body = calendar.written(name, state.settings.site_name, entries)
    headers = {**OPEN_DATA, "content-disposition": 'inline; filename="calendar.ics"'}
    return public_page(body, CALENDAR, keys=("outcomes",), fresh_for=60, headers=headers)


class DueDays:
    """Answers and promises as all-day entries. What has ended is cancelled, and says no more of itself than that."""

    def __init__(self, site: Any) -> None:
        self.subjects, self.zone, self.base = site.subjects, site.settings.zone, site.settings.base_url
        self.host = urlsplit(self.base).hostname or "localhost"

    def __call__(self, db: Session, asked: Asked) -> Iterator[Entry]:
        yield from self._answers(db, asked)
        yield from self._promises(db, asked)

    def _answers(self, db: Session, asked: Asked) -> Iterator[Entry]:
        rows = [
            *days.owed_days(db, self.subjects, asked.department_id),
            *days.ended_days(db, self.subjects, asked.department_id, asked.now),
        ]
        about = shown.referred(db, self.subjects, rows)
        named = departments.by_ids(db, [r.department_id for r in rows])
        changes = days.changes_of(db, [r.id for r in rows])
        for row in rows:
            subject, department = about[SubjectRef(row.subject_kind, row.subject_id)], named.get(row.department_id or 0)
            often, last = changes.get(row.id, (0, row.received_at))
            who = department.name if department else str(_("the department"))
            yield self._entry(
                f"answer-{row.id}",
                often + (row.closed_at is not None),
                max(last, row.received_at, row.closed_at or row.received_at),
                row,
                _("Answer from {name} is due: {title}").format(name=who, title=subject.title),
                subject.href,
                "",
            )

    def _promises(self, db: Session, asked: Asked) -> Iterator[Entry]:
        rows = [
            *days.promised_days(db, self.subjects, asked.department_id),
            *days.ended_promises(db, self.subjects, asked.department_id, asked.now),
        ]
        about = shown.referred(db, self.subjects, rows)
        named = departments.by_ids(db, [r.department_id for r in rows])
        for row in rows:
            subject, department = about[SubjectRef(row.subject_kind, row.subject_id)], named.get(row.department_id)
            who = department.name if department else str(_("the department"))
            yield self._entry(
                f"promise-{row.id}",
                row.updates + (row.withdrawn_at is not None),
                max(row.updated_at, row.withdrawn_at or row.updated_at),
                row,
                _("Promise of {name} is due: {text}").format(name=who, text=row.text),
                f"/commitments/{row.id}",
                f"{subject.title}\n{row.owner}",
            )

    def _entry(
        self,
        key: str,
        sequence: int,
        changed_at: datetime,
        row: Referral | Commitment,
        title: str,
        href: str,
        about: str,
    ) -> Entry:
        uid, over = f"{key}@{self.host}", _is_over(row)
        if over:
            title, href, about = str(_("No longer due")), "", ""
        link = self.base + href if href else ""
        return Entry(uid, sequence, changed_at, self._day(row), title, link, about, cancelled=over)

    def _day(self, row: Referral | Commitment) -> Any:
        if isinstance(row, Commitment):
            return row.due_on
        assert row.due_at is not None
        return last_day(row.due_at, self.zone)


def _is_over(row: Referral | Commitment) -> bool:
    if isinstance(row, Commitment):
        return row.withdrawn_at is not None or row.progress not in OPEN
    return row.state not in OWED


HANDLERS = [public_calendar]
