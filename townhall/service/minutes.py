"""Minutes are written, published by somebody named, and corrected by a version that says what it corrects."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from townhall.events import MinutesPublished
from townhall.model import Minutes
from townhall.queries import minutes as queries
from townhall.rules import minutes as rules
from townhall.rules.lifecycle import HallState
from townhall.service.locking import subject_of
from townhall.service.scheduling import ChangedMeanwhile, owned


class NothingToPublish(Conflict):
    code = "no-minutes-to-publish"
    title = _("There is no version that waits to be published")
    message = _("Nothing was changed. Save the minutes first.")
    way_on = ("/hosting/townhalls/{hall}/minutes", _("Back to the minutes"))


def save(db: Session, hall_id: int, body: str, note: str, *, revision: int, by: int, now: datetime) -> Minutes:
    """The version that is written at, or a new one; ``revision`` is that of what the writer saw, 0 of a draft.

    Raises ChangedMeanwhile where somebody stored another text since.
    """
    owned(db, hall_id, by, [HallState.ENDED])
    last = queries.newest(db, hall_id)
    if revision != revision_of(last):
        raise ChangedMeanwhile(hall=hall_id)
    if last is not None and last.published_at is None:
        last.body, last.note, last.revision = body, note, last.revision + 1
        last.saved_at, last.saved_by_id = now, by
        db.flush()
        return last
    made = Minutes(
        hall_id=hall_id,
        version=last.version + 1 if last else 1,
        revision=revision + 1,
        body=body,
        note=note,
        drafted_at=now,
        saved_at=now,
        saved_by_id=by,
    )
    db.add(made)
    db.flush()
    return made


def publish(db: Session, hall_id: int, *, revision: int, by: int, now: datetime) -> Minutes:
    """Everyone reads them from now on, under the name of whoever published them."""
    owned(db, hall_id, by, [HallState.ENDED])
    last = queries.newest(db, hall_id)
    if last is None or last.published_at is not None:
        raise NothingToPublish(hall=hall_id)
    if revision != last.revision:
        raise ChangedMeanwhile(hall=hall_id)
    if rules.without(last.body, queries.kept_out(db, hall_id)) != last.body:
        wrong = _("The minutes have words of a question that is not public. Take them out, then publish.")
        raise Invalid([FieldError("body", wrong)])
    last.published_at, last.published_by_id = now, by
    db.flush()
    announce(db, MinutesPublished(hall_id, last.version, now))
    audit.record(db, "townhalls.minutes", subject_of(hall_id), by=by, now=now, facts={"version": last.version})
    touch(db, f"townhall:{hall_id}")
    return last


def revision_of(row: Minutes | None) -> int:
    """It grows over all versions of one hall, so that no number means two texts."""
    return row.revision if row is not None else 0
