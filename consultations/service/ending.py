"""Taking a consultation back, or off the site; and what its department does once it has closed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.departments.queries import of_officer
from app.outcomes.service import pages_of
from consultations import queries
from consultations.events import ConsultationUnpublished, ConsultationWithdrawn
from consultations.model import Consultation
from consultations.rules.lifecycle import EditorialState as E
from consultations.rules.lifecycle import Phase, Stage, phase_of
from consultations.service import closing
from consultations.service.announcing import WITHDRAWN, News
from consultations.service.announcing import announce as tell
from consultations.service.locking import locked, must_be, owned, record, subject_of, tell_pages


class StillOpen(Conflict):
    code = "consultation-still-open"
    title = _("It has not closed yet")
    message = _("Reading begins when nobody can respond any more. Nothing was changed.")
    way_on = ("/desk/consultations/{consultation}", _("Back to the consultation"))


class BeingRead(Conflict):
    code = "consultation-being-read"
    title = _("It is being read already")
    message = _("A colleague was first. Nothing was changed.")
    way_on = ("/desk/consultations/{consultation}", _("Back to the consultation"))


def withdraw(db: Session, news: News, consultation_id: int, reason: str, *, by: int, now: datetime) -> None:
    """Nobody responds any more; its page says why, and what was sent stays."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, (E.PUBLISHED,))
    closing.undo(db, consultation, now)
    consultation.state, consultation.withdrawn_at, consultation.withdrawn_reason = E.WITHDRAWN, now, reason
    consultation.updated_at = now
    db.flush()
    tell(db, consultation.id, WITHDRAWN, 1, now=now, leaves_at=news.leaves_at(now))
    record(db, consultation, "withdraw", by=by, now=now, reason=reason)
    announce(db, ConsultationWithdrawn(consultation.id, now))
    tell_pages(db, consultation)


def unpublish(
    db: Session, consultation_id: int, reason: str, *, merged_into: int | None, by: int, now: datetime
) -> None:
    """Its page is gone with a reason, or leads to another consultation in whose place it was made."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, (E.PUBLISHED, E.WITHDRAWN))
    if merged_into is not None and (merged_into == consultation_id or not queries.public_consultation(db, merged_into)):
        raise Invalid([FieldError("merged_into", str(_("Give the number of another consultation that is public.")))])
    closing.undo(db, consultation, now)
    consultation.state, consultation.unpublished_at, consultation.unpublished_reason = E.UNPUBLISHED, now, reason
    consultation.merged_into_id, consultation.updated_at = merged_into, now
    record(db, consultation, "unpublish", by=by, now=now, reason=reason, merged_into=merged_into)
    announce(db, ConsultationUnpublished(consultation.id, now))
    tell_pages(db, consultation)
    touch(db, *pages_of(db, subject_of(consultation.id)))


def begin_analysis(db: Session, consultation_id: int, *, by: int, now: datetime) -> Consultation:
    """An officer of the lead department begins to read; the public page says so."""
    consultation = locked(db, consultation_id)
    department = of_officer(db, by)
    if department is None or department.id != consultation.department_id or consultation.state != E.PUBLISHED:
        raise NotFound
    if phase_of(consultation, now) not in (Phase.CLOSED, Phase.OUTCOME):
        raise StillOpen(consultation=consultation_id)
    if consultation.stage != Stage.WAITING:
        raise BeingRead(consultation=consultation_id)
    consultation.stage, consultation.analysing_at = Stage.ANALYSING, now
    record(db, consultation, "analyse", by=by, now=now)
    tell_pages(db, consultation)
    return consultation
