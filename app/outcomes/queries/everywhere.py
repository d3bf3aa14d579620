"""What the committee sees: every department's matters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.outcomes.model import Handing, Referral
from app.outcomes.rules.referrals import OWED, Move


class Which(StrEnum):
    OWED = "owed"
    LATE = "late"
    BOUNCED = "bounced"
    ANSWERED = "answered"
    ALL = "all"


WHICH_NAMES = {
    Which.OWED: _("An answer is owed"),
    Which.LATE: _("Late"),
    Which.BOUNCED: _("Handed on more than once"),
    Which.ANSWERED: _("Answered"),
    Which.ALL: _("All"),
}


def matters(db: Session, which: Which, now: datetime, *, most: int, skip: int = 0) -> tuple[Sequence[Referral], int]:
    """A page of them and how many there are: what is owed the most urgent first, anything else the newest first."""
    such = [Referral.sandbox.is_(False), *_conditions(which, now)]
    by_day = which in (Which.OWED, Which.LATE, Which.BOUNCED)
    order = (Referral.due_at, Referral.id) if by_day else (Referral.received_at.desc(), Referral.id.desc())
    rows = db.scalars(select(Referral).where(*such).order_by(*order).limit(most).offset(skip)).all()
    return rows, db.scalar(select(func.count()).select_from(Referral).where(*such)) or 0


def _conditions(which: Which, now: datetime) -> list[ColumnElement[bool]]:
    owed = Referral.state.in_(OWED)
    match which:
        case Which.OWED:
            return [owed]
        case Which.LATE:
            return [owed, Referral.due_at <= now]
        case Which.BOUNCED:
            said_no = select(Handing.referral_id).where(Handing.move == Move.NOT_OURS)
            return [Referral.id.in_(said_no.group_by(Handing.referral_id).having(func.count() > 1))]
        case Which.ANSWERED:
            return [Referral.answered_at.is_not(None)]
        case Which.ALL:
            return []


def bounces(db: Session, referral_ids: Collection[int]) -> Mapping[int, int]:
    """How often departments said that it is not theirs; those of which nobody did are missing."""
    wanted = (
        select(Handing.referral_id, func.count())
        .where(Handing.referral_id.in_(referral_ids), Handing.move == Move.NOT_OURS)
        .group_by(Handing.referral_id)
    )
    return {referral: count for referral, count in db.execute(wanted)} if referral_ids else {}


def matter(db: Session, referral_id: int) -> Referral | None:
    """One of any department, unless it was made up."""
    found = db.get(Referral, referral_id, populate_existing=True)
    return None if found is None or found.sandbox else found
