"""What of a consultation's life programs elsewhere are told: what everybody may read, and never who answered what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.webhooks.contribution import Announced, Fact
from consultations import queries
from consultations.events import (
    ConsultationClosed,
    ConsultationExtended,
    ConsultationOpened,
    ConsultationPublished,
    ConsultationUnpublished,
    ConsultationWithdrawn,
    FeedbackPublished,
    OutcomePublished,
    ResponsesPublished,
)
from consultations.model import Consultation
from consultations.service.locking import subject_of

_TIMES = {"opens_at": "2027-03-01T09:00:00Z", "closes_at": "2027-03-27T23:45:00Z"}


def _tell(db: Session, event: Any) -> Fact | None:
    """None while the public may not read it."""
    found = queries.public_consultation(db, event.consultation_id)
    if found is None:
        return None
    return Fact(
        subject_of(found.id),
        event.at,
        f"/consultations/{found.id}",
        found.title,
        api_href=f"/api/v1/consultations/{found.id}",
        departments=(found.department_id, *queries.supporting(db, found.id)),
        more={"opens_at": _say(found.opens_at), "closes_at": _say(found.closes_at)},
    )


def _removed(db: Session, event: ConsultationUnpublished) -> Fact:
    """Its number alone."""
    lead = db.get_one(Consultation, event.consultation_id).department_id
    departments = (lead, *queries.supporting(db, event.consultation_id))
    page = f"/consultations/{event.consultation_id}"
    return Fact(subject_of(event.consultation_id), event.at, page, None, departments=departments)


def _say(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at is not None else None


def announced() -> list[Announced]:
    about = {
        "published": (ConsultationPublished, _("It is announced, with the day on which it opens.")),
        "opened": (ConsultationOpened, _("It can be answered.")),
        "extended": (ConsultationExtended, _("It is open for longer, or was opened again.")),
        "closed": (ConsultationClosed, _("Its time is over.")),
        "withdrawn": (ConsultationWithdrawn, _("It was taken back, with a reason on its page.")),
        "responses_published": (ResponsesPublished, _("Responses can be read.")),
        "feedback_published": (FeedbackPublished, _("What people said is published.")),
        "outcome_published": (OutcomePublished, _("What the department does about it is published.")),
    }
    told = [
        Announced(f"consultation.{name}", event, _tell, str(words), _TIMES) for name, (event, words) in about.items()
    ]
    gone = str(_("It was taken off: show nothing of it any more."))
    return [*told, Announced("consultation.removed", ConsultationUnpublished, _removed, gone, retracts=True)]
