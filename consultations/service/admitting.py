"""Late passes: named people may respond after closing, and what they send is marked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.security.keys import Keys
from consultations.model import Consultation, LatePass
from consultations.rules.lifecycle import EditorialState as E
from consultations.service.locking import must_be, owned, record

#: the token's purpose
LATE = "consultations.late"


def admit(
    db: Session, consultation_id: int, admitted: str, reason: str, until: datetime, *, by: int, now: datetime
) -> LatePass:
    """A pass for one response of these people, until a later instant."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, (E.PUBLISHED,))
    check_until(consultation, until, now)
    late = LatePass(consultation_id=consultation.id, admitted=admitted, reason=reason, until=until, at=now, by_id=by)
    db.add(late)
    record(db, consultation, "admit", by=by, now=now, until=until.isoformat())
    return late


def check_until(consultation: Consultation, until: datetime, now: datetime) -> None:
    """:class:`Invalid` where a pass would admit nobody who could not respond anyway."""
    if consultation.closes_at is None or until <= consultation.closes_at:
        raise Invalid([FieldError("until_day", str(_("Choose a time after it closes: before, anyone can respond.")))])
    if until <= now:
        raise Invalid([FieldError("until_day", str(_("Choose a time that is still to come.")))])


def revoke(db: Session, consultation_id: int, pass_id: int, *, by: int, now: datetime) -> None:
    """The link admits nobody any more; a response that came by it stays."""
    consultation = owned(db, consultation_id, by)
    late = db.get(LatePass, pass_id, with_for_update=True, populate_existing=True)
    if late is None or late.consultation_id != consultation_id:
        raise NotFound
    if late.revoked_at is None and late.used_at is None:
        late.revoked_at = now
        record(db, consultation, "revoke", by=by, now=now, **{"pass": pass_id})


def path_of(keys: Keys, late: LatePass) -> str:
    """The link's path, for those who are admitted."""
    return f"/consultations/late/{keys.token(LATE, late.id)}"
