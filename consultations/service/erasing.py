"""Forgetting who responded: some months after closing; and what was never confirmed, or never sent.

What people said stays, and every total; their sealed words and the salt that keyed their addresses go. Each step is
short and stored for itself.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.files import service as files
from app.mail import service as mail
from consultations.model import Consultation, Draft, DraftPage, Respondent, Response
from consultations.policy import ConsultationPolicy
from consultations.rules.responses import ResponseState
from consultations.service.owning import forget
from consultations.service.posting import DRAFT, RESPONSE
from consultations.service.versions import DRAFT_FILES

A_STEP = 500
#: how long a request that nobody confirmed is kept beyond its link
UNCONFIRMED_FOR = timedelta(days=30)
#: drafts that were sent are kept so long for the page that says so
SENT_DRAFTS_FOR = timedelta(days=30)


def erase_some(db: Session, policy: ConsultationPolicy, now: datetime) -> int:
    """Up to 500 respondents of one consultation whose time has come; answers whether there is more to do."""
    consultation = _due(db, policy, now)
    if consultation is None:
        return 0
    some = db.scalars(
        select(Respondent.response_id)
        .join(Response, Response.id == Respondent.response_id)
        .where(Response.consultation_id == consultation.id)
        .order_by(Respondent.response_id)
        .limit(A_STEP)
    ).all()
    erase_people(db, some, now)
    if len(some) < A_STEP:
        consultation.salt, consultation.erased_at = None, now
        db.execute(
            update(Response)
            .where(Response.consultation_id == consultation.id, Response.address_key.is_not(None))
            .values(address_key=None, account_id=None, notify=False)
        )
        db.flush()
    return 1


def erase_people(db: Session, response_ids: Sequence[int], now: datetime) -> None:
    """Name, address and organisation of these go, and letters that wait for them."""
    mail.drop_waiting(db, RESPONSE, response_ids, now)
    db.execute(delete(Respondent).where(Respondent.response_id.in_(response_ids)))
    db.execute(update(Response).where(Response.id.in_(response_ids)).values(notify=False, account_id=None))
    db.flush()


def forget_unconfirmed(db: Session, policy: ConsultationPolicy, now: datetime) -> int:
    """Up to 500 responses that nobody confirmed in time, whole."""
    before = now - timedelta(days=policy.confirm_days) - UNCONFIRMED_FOR
    stale = list(
        db.scalars(
            select(Response.id)
            .where(Response.state == ResponseState.PENDING, Response.asked_at < before)
            .order_by(Response.id)
            .limit(A_STEP)
        )
    )
    forget(db, stale, now)
    return len(stale) // A_STEP


def forget_drafts(db: Session, policy: ConsultationPolicy, now: datetime) -> int:
    """Up to 500 drafts of consultations that closed long enough ago, or that were sent."""
    over = select(Consultation.id).where(Consultation.closes_at < now - timedelta(days=policy.keep_drafts_days))
    stale = db.scalars(
        select(Draft.id)
        .where(
            or_(
                Draft.consultation_id.in_(over) & (Draft.saved_at < now - timedelta(days=policy.keep_drafts_days)),
                Draft.submitted_at < now - SENT_DRAFTS_FOR,
            )
        )
        .order_by(Draft.id)
        .limit(A_STEP)
    ).all()
    delete_drafts(db, stale, now)
    return len(stale) // A_STEP


def delete_drafts(db: Session, draft_ids: Sequence[int], now: datetime) -> None:
    mail.drop_waiting(db, DRAFT, draft_ids, now)
    for number in draft_ids:
        files.remove_all(db, SubjectRef(DRAFT_FILES, number), now=now)
    db.execute(delete(DraftPage).where(DraftPage.draft_id.in_(draft_ids)))
    db.execute(delete(Draft).where(Draft.id.in_(draft_ids)))
    db.flush()


def _due(db: Session, policy: ConsultationPolicy, now: datetime) -> Consultation | None:
    """The consultation that closed longest ago and still knows its respondents."""
    oldest = (
        select(Consultation)
        .where(Consultation.salt.is_not(None), Consultation.closes_at < now)
        .order_by(Consultation.closes_at)
        .limit(1)
        .with_for_update(key_share=True)
    )
    found = db.scalar(oldest.execution_options(populate_existing=True))
    if found is None or found.closes_at is None:
        return None
    return found if months_later(found.closes_at, policy.erase_after_months) <= now else None


def months_later(instant: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last."""
    year, month0 = divmod(instant.month - 1 + months, 12)
    year, month = instant.year + year, month0 + 1
    return instant.replace(year=year, month=month, day=min(instant.day, calendar.monthrange(year, month)[1]))
