"""What was decided on cases, for pages that show many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core import ready
from app.moderation.model import Case, Decision, Reason


class Judged(NamedTuple):
    """What was decided on a case, by whom."""

    verdict: str
    #: the rule it names, in the words it had
    rule: str | None
    by_id: int
    by: str
    at: datetime
    undone_at: datetime | None


def judged(db: Session, ids: Sequence[int]) -> Mapping[int, Judged]:
    """The newest decision of each of these cases that has one."""

    def build() -> Select[*tuple[Any, ...]]:
        named = (Reason.code == Decision.reason_code) & (Reason.standards_version == Decision.standards_version)
        asked = select(Decision.case_id, Decision.verdict, Reason.title, Decision.by_id, Account.name)
        asked = asked.add_columns(Decision.at, Decision.undone_at)
        asked = asked.join(Account, Account.id == Decision.by_id).outerjoin(Reason, named)
        return asked.where(ready.among(db, Decision.__table__.c.case_id)).order_by(Decision.id)

    found = ready.rows(db, "desk judged", build, {"ids": ready.as_one(db, ids)}) if ids else ()
    return {row[0]: Judged(*row[1:]) for row in found}


def excerpts(db: Session, ids: Sequence[int]) -> Mapping[int, str]:
    """How each of these begins."""
    return {case: words for case, words in db.execute(select(Case.id, Case.excerpt).where(Case.id.in_(ids)))}


def still_decided(db: Session, batch_id: int) -> list[int]:
    """The cases of a bulk decision that were not undone."""
    asked = select(Decision.case_id).where(Decision.batch_id == batch_id, Decision.undone_at.is_(None))
    return list(db.scalars(asked.order_by(Decision.case_id)))


def rule_of_batch(db: Session, batch_id: int) -> str | None:
    """The rule that a bulk decision named, in the words it had."""
    named = (Reason.code == Decision.reason_code) & (Reason.standards_version == Decision.standards_version)
    return db.scalar(select(Reason.title).join(Decision, named).where(Decision.batch_id == batch_id).limit(1))
