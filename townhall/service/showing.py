"""A hall as the rest of the site sees it: departments' desks, lists of outcomes, the home page, calendars."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.web.calendar import Asked, Entry
from app.outcomes.contribution import Referred
from townhall.model import Hall
from townhall.queries import finding
from townhall.rules.lifecycle import READABLE, HallState, Video
from townhall.service.locking import locked


class HallReferred:
    """One hall with its text, or many of them for a list."""

    def __call__(self, db: Session, hall_id: int) -> Referred | None:
        hall = db.get(Hall, hall_id)
        if hall is None:
            return None
        return _referred(hall, [(str(_("What it is about")), hall.body)] if hall.body else [])

    def many(self, db: Session, ids: Collection[int]) -> dict[int, Referred]:
        return {hall.id: _referred(hall) for hall in db.scalars(select(Hall).where(Hall.id.in_(ids)))}


def _referred(hall: Hall, paragraphs: Collection[tuple[str, str]] = ()) -> Referred:
    note = str(_("Cancelled. It did not take place.")) if hall.state == HallState.CANCELLED else ""
    public = HallState(hall.state) in READABLE
    return Referred(hall.title, f"/townhalls/{hall.id}", hall.taken, list(paragraphs), note=note, public=public)


def lock(db: Session, hall_id: int) -> None:
    locked(db, hall_id)


class HallsOnLists:
    """Which halls stand on public lists of outcomes."""

    name: str = _("Town halls")

    def readable(self, subject_id: ColumnElement[int]) -> ColumnElement[bool]:
        return exists().where(Hall.id == subject_id, Hall.state.in_(READABLE))

    def shown(self, db: Session, ids: Collection[int]) -> Mapping[int, Referred]:
        wanted = select(Hall).where(Hall.id.in_(ids), Hall.state.in_(READABLE))
        return {hall.id: _referred(hall) for hall in db.scalars(wanted)} if ids else {}


@dataclass(frozen=True)
class HallDates:
    """Halls as calendar entries: for the public calendar, the rooms' own feed, and a file of one."""

    base_url: str

    def __call__(self, db: Session, asked: Asked) -> Iterable[Entry]:
        yield from self.entries(finding.dated(db, asked.now, asked.department_id))

    def entries(self, rows: Iterable[Hall]) -> Iterator[Entry]:
        return (entry for hall in rows if (entry := self.entry(hall)) is not None)

    def entry(self, hall: Hall) -> Entry | None:
        """None for one without a time."""
        if hall.starts_at is None or hall.ends_at is None:
            return None
        gone = hall.state == HallState.CANCELLED
        title = _("Cancelled: {title}").format(title=hall.title) if gone else hall.title
        return Entry(
            uid=f"townhall-{hall.id}@{urlsplit(self.base_url).hostname or 'localhost'}",
            sequence=hall.sequence,
            changed_at=_changed(hall),
            begins=hall.starts_at,
            ends=hall.ends_at,
            title=title,
            link=f"{self.base_url}/townhalls/{hall.id}",
            about="" if gone else self._about(hall),
            place="" if gone else hall.venue,
            cancelled=gone,
        )

    def _about(self, hall: Hall) -> str:
        lines = [hall.summary]
        lines.append(_("Take part: {link}").format(link=f"{self.base_url}/townhalls/{hall.id}/room"))
        if hall.video_kind == Video.LINK and hall.video_url:
            lines.append(_("Watch: {link}").format(link=hall.video_url))
        return "\n".join(line for line in lines if line)


def _changed(hall: Hall) -> datetime:
    """When what a calendar shows of it changed last: not with every registration."""
    return max(t for t in (hall.scheduled_at, hall.updated_at, hall.cancelled_at) if t is not None)
