"""Another day of closing: later, with a reason that everyone reads; never earlier."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import Conflict, FieldError, Invalid
from app.core.events import announce
from app.core.i18n import _
from consultations.events import ConsultationExtended
from consultations.model import Consultation, DateChange
from consultations.rules.lifecycle import EditorialState as E
from consultations.rules.lifecycle import Stage
from consultations.service import closing
from consultations.service.announcing import EXTENDED, News
from consultations.service.announcing import announce as tell
from consultations.service.locking import must_be, owned, record, tell_pages

#: nothing of what was heard is public yet, so that more may still be heard
REOPENED_FROM = frozenset({Stage.WAITING, Stage.ANALYSING})


class AlreadyTold(Conflict):
    code = "consultation-told"
    title = _("It cannot be opened again")
    message = _("What people said, or what came of it, is published. Ask anew in another consultation.")
    way_on = ("/hosting/consultations/{consultation}", _("Back to the consultation"))


def extend(
    db: Session, news: News, consultation_id: int, closes_at: datetime, reason: str, *, by: int, now: datetime
) -> DateChange:
    """Put off its closing, or open it once more; :class:`Invalid` for a day that is not later."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, (E.PUBLISHED,))
    before = consultation.closes_at
    assert before is not None  # published
    check_later(before, closes_at, now)
    reopened = before <= now
    if reopened:
        _reopen(db, consultation, now)
    consultation.closes_at, consultation.updated_at = closes_at, now
    change = DateChange(
        consultation_id=consultation.id,
        reopened=reopened,
        closes_before=before,
        closes_after=closes_at,
        reason=reason,
        at=now,
        by_id=by,
    )
    db.add(change)
    db.flush()
    tell(db, consultation.id, EXTENDED, change.id, now=now, leaves_at=news.leaves_at(now))
    record(db, consultation, "extend", by=by, now=now, change=change.id, reopened=reopened, reason=reason)
    announce(db, ConsultationExtended(consultation.id, before, closes_at, now))
    tell_pages(db, consultation)
    return change


def check_later(before: datetime, after: datetime, now: datetime) -> None:
    """:class:`Invalid` names the field where a new closing is no later, or over."""
    if after <= before:
        words = _("Choose a later time than the one that stands. The time to answer is never shortened.")
        raise Invalid([FieldError("closes_day", str(words))])
    if after <= now:
        raise Invalid([FieldError("closes_day", str(_("Choose a time that is still to come.")))])


def _reopen(db: Session, consultation: Consultation, now: datetime) -> None:
    """What its closing had brought is undone."""
    if consultation.stage not in REOPENED_FROM or consultation.has_outcome:
        raise AlreadyTold(consultation=consultation.id)
    closing.undo(db, consultation, now)
    consultation.closed_at, consultation.analysing_at, consultation.stage = None, None, Stage.WAITING
