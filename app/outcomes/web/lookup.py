"""What the pages of a desk look up before they show or change anything."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound
from app.departments.model import Department
from app.departments.queries import of_officer
from app.outcomes import queries
from app.outcomes.contribution import NewsOfAnswers
from app.outcomes.model import Referral


def department_of(db: Session, account: Account) -> Department:
    department = of_officer(db, account.id)
    if department is None:
        raise NotFound
    return department


def owned(db: Session, account: Account, referral_id: int) -> Referral:
    """A foreign referral is as good as none."""
    referral = queries.referral_of(db, referral_id, department_of(db, account).id)
    if referral is None:
        raise NotFound
    return referral


def subject_of(state: Any, db: Session, referral: Referral) -> Any:
    show = state.site.referred.get(referral.subject_kind)
    return show(db, referral.subject_id) if show else None


def lock(state: Any, db: Session, referral: Referral) -> None:
    state.site.locks[referral.subject_kind](db, referral.subject_id)


def door_of(state: Any, referral: Referral) -> str:
    """Where a room has its officers answer what it referred for this cause; empty for this desk's own form."""
    door = state.site.answer_doors.get((referral.subject_kind, referral.cause))
    return door(referral.subject_id) if door else ""


def href_of(state: Any, referral: Referral) -> str:
    """What is no longer owed is only looked at."""
    door = door_of(state, referral) if referral.state != "closed" else ""
    return door or f"/desk/referrals/{referral.id}"


def teller_of(state: Any, referral: Referral) -> NewsOfAnswers | None:
    """Who sends news of answers given on this desk."""
    return None if door_of(state, referral) else state.site.news.get(referral.subject_kind)
