"""Who is on duty: moderators unless they say otherwise, administrators only if they say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.audit import service as audit
from app.core.subject import SubjectRef
from app.moderation.model import Duty


def on_duty(db: Session) -> set[int]:
    """The accounts that judge at the moment."""
    rows = select(Account.id).outerjoin(Duty, Duty.account_id == Account.id)
    says_nothing = (Account.role == Role.MODERATOR) & Duty.on_duty.is_(None)
    says_so = Account.role.in_((Role.MODERATOR, Role.ADMINISTRATOR)) & Duty.on_duty.is_(True)
    return set(db.scalars(rows.where(Account.disabled_at.is_(None), or_(says_nothing, says_so))))


def is_on_duty(db: Session, account: Account) -> bool:
    said = db.get(Duty, account.id)
    return said.on_duty if said is not None else account.role == Role.MODERATOR


def switch(db: Session, account_id: int, *, to: bool, now: datetime) -> None:
    """A moderator says whether they are on duty; saying it twice is as once."""
    said = db.get(Duty, account_id, with_for_update={"key_share": True}, populate_existing=True)
    if said is not None and said.on_duty == to:
        return
    db.merge(Duty(account_id=account_id, on_duty=to, since=now))
    facts = {"on": to}
    audit.record(db, "moderation.duty", SubjectRef("account", account_id), by=account_id, now=now, facts=facts)
