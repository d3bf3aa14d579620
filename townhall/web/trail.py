"""A hall's story as dated steps: announced, held, put on record, what was promised in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.web.page import Pages
from app.departments.queries import by_ids
from app.outcomes.queries import progress_of
from app.outcomes.trail import Duties, Step, in_order, steps_of
from townhall.model import Hall, Minutes
from townhall.queries import archive, minutes
from townhall.rules.lifecycle import HallState


def read_promises(db: Session, hall: Hall, pages: Pages, now: datetime) -> Duties:
    """What departments promised in it."""
    rows = [kept.row for kept in archive.promises(db, hall.id, now.astimezone(pages.settings.zone).date())]
    return Duties(
        departments=by_ids(db, [row.department_id for row in rows]),
        commitments=rows,
        progress=progress_of(db, [row.id for row in rows if row.updates]),
    )


def trail(hall: Hall, written: Sequence[Minutes], promised: Duties, pages: Pages, now: datetime) -> list[Step]:
    """Oldest first, what is to come last. ``written``: the published minutes."""
    promises = steps_of(promised, pages, now, pages.settings.zone)
    return in_order([*_of_its_life(hall), *_of_minutes(hall, written), *promises])


def read_trail(db: Session, hall: Hall, pages: Pages, now: datetime) -> tuple[list[Step], Duties]:
    """The same from what is on record."""
    promised = read_promises(db, hall, pages, now)
    return trail(hall, minutes.published(db, hall.id), promised, pages, now), promised


def _of_its_life(hall: Hall) -> Iterator[Step]:
    if hall.scheduled_at:
        yield Step(hall.scheduled_at, str(_("Announced")), "announced")
    if hall.state == HallState.SCHEDULED and hall.starts_at:
        yield Step(hall.starts_at, str(_("Begins")), "begins", "due")
    if hall.started_at:
        yield Step(hall.started_at, str(_("Began")), "began")
    if hall.ended_at:
        yield Step(hall.ended_at, str(_("Ended")), "ended")
    if hall.cancelled_at:
        yield Step(hall.cancelled_at, str(_("Cancelled")), "cancelled", note=hall.cancelled_reason)


def _of_minutes(hall: Hall, written: Sequence[Minutes]) -> Iterator[Step]:
    for row in written:
        text = _("Minutes published") if row.version == 1 else _("Minutes corrected")
        if row.published_at:
            href = f"/townhalls/{hall.id}/minutes"
            yield Step(row.published_at, str(text), f"minutes-{row.version}", note=row.note, href=href)
