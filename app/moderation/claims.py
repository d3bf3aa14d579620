"""Taking a case for five minutes at a time, so that two people do not decide it side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.audit import service as audit
from app.core.db import rows_changed
from app.core.errors import FieldError, Invalid, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy_line
from app.moderation import fairness
from app.moderation.cases import DESK
from app.moderation.contribution import Moderated
from app.moderation.model import Case, Recusal
from app.moderation.rules.verdicts import LEASE

MOST_WHY = 500


class Holder(NamedTuple):
    """Who has a case open, and until when."""

    account_id: int
    name: str
    until: datetime


def claim(
    db: Session, case_id: int, by: int, now: datetime, *, moderated: Mapping[str, Moderated] | None = None
) -> Holder | None:
    """Take a waiting case, or keep it for five minutes more; answers who has it now, None where nobody can.

    With ``moderated``, one's own text and what one stepped back from are refused.
    """
    case = db.get(Case, case_id)
    if case is None:
        raise NotFound
    if moderated is not None and case.subject_kind in moderated:
        fairness.check(db, moderated[case.subject_kind], case, by)
    free = or_(Case.claimed_by_id.is_(None), Case.claimed_until <= now)
    mine = (Case.claimed_by_id == by) & (Case.claimed_until > now)
    waiting = (Case.id == case_id, Case.state == "waiting")
    kept = {"claimed_until": now + LEASE}
    if _set(db, (*waiting, mine), kept):
        return holders(db, [case_id], now).get(case_id)
    if _set(db, (*waiting, free), kept | {"claimed_by_id": by, "claimed_since": now}):
        touch(db, DESK)
    return holders(db, [case_id], now).get(case_id)


def release(db: Session, case_id: int, by: int, now: datetime) -> None:
    """Give it back; what somebody else has stays theirs."""
    held = (Case.id == case_id, Case.claimed_by_id == by)
    if _set(db, held, {"claimed_by_id": None, "claimed_since": None, "claimed_until": None}):
        touch(db, DESK)


def holders(db: Session, case_ids: Collection[int], now: datetime) -> Mapping[int, Holder]:
    """Who has which of these cases open."""
    rows = (
        select(Case.id, Case.claimed_by_id, Account.name, Case.claimed_until)
        .join(Account, Account.id == Case.claimed_by_id)
        .where(Case.id.in_(case_ids), Case.claimed_until > now, Case.state == "waiting")
    )
    return {case: Holder(by or 0, name, until or now) for case, by, name, until in db.execute(rows)}


def step_back(db: Session, case_id: int, why: str, *, by: int, now: datetime) -> None:
    """ "Not for me": a relative, a neighbour, an interest. Everything about this subject goes to others."""
    case = db.get(Case, case_id)
    if case is None:
        raise NotFound
    why = tidy_line(why)
    if is_blank(why) or length(why) > MOST_WHY:
        raise Invalid([FieldError("why", _("Say why this is not for you, in 500 characters or fewer."))])
    if db.get(Recusal, (case_id, by)) is None:
        db.add(Recusal(case_id=case_id, account_id=by, why=why, at=now))
        db.flush()
        subject = SubjectRef(case.subject_kind, case.subject_id)
        audit.record(db, "moderation.step-back", subject, by=by, now=now, facts={"case": case_id})
    release(db, case_id, by, now)


def _set(db: Session, which: Sequence[ColumnElement[bool]], values: Mapping[str, object]) -> int:
    changed = update(Case).where(*which).values(values)
    return rows_changed(db.execute(changed.execution_options(synchronize_session="fetch")))
