"""What a stop would change, and what stops there were."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from petitions.model.operation import Stop
from petitions.model.petition import Petition
from petitions.rules.lifecycle import BEFORE_PUBLICATION, PetitionState


def count_open(db: Session, now: datetime, *, later_than: datetime | None = None) -> int:
    """Petitions that take signatures, or of those the ones that would close after an instant."""
    wanted = select(func.count()).where(Petition.state == PetitionState.OPEN, Petition.closes_at > (later_than or now))
    return db.scalar(wanted) or 0


def count_gathering(db: Session) -> int:
    """Petitions before their publication, but for those that were taken down and are judged anew."""
    wanted = select(func.count()).where(
        Petition.state.in_(BEFORE_PUBLICATION), Petition.opened_at.is_(None), Petition.source.is_(None)
    )
    return db.scalar(wanted) or 0


def count_closing_early(db: Session, election: Stop) -> int:
    """Petitions that close at an election's minute and would have closed later."""
    wanted = select(func.count()).where(
        Petition.closes_at == election.due_at, Petition.closes_before_election.is_not(None)
    )
    return db.scalar(wanted) or 0


def standing_stops(db: Session) -> Mapping[str, Stop]:
    """By kind."""
    return {s.kind: s for s in db.scalars(select(Stop).where(Stop.ended_at.is_(None)))}


def ended_stops(db: Session, most: int = 10) -> Sequence[Stop]:
    """The newest first."""
    return db.scalars(select(Stop).where(Stop.ended_at.is_not(None)).order_by(Stop.ended_at.desc()).limit(most)).all()


def names(db: Session, ids: Collection[int | None]) -> Mapping[int, str]:
    """Accounts' names by id."""
    wanted = {i for i in ids if i is not None}
    return {row.id: row.name for row in db.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))}
