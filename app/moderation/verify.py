"""What ``townsquare verify`` checks of the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.moderation import figures, log
from app.moderation.model import Appeal, Beside, Case, Decision, LogLine


def decisions_settle_their_cases(db: Session, now: datetime) -> Iterable[str]:
    """A case is decided exactly when it has a decision that stands."""
    decided = select(func.count()).where(Decision.case_id == Case.id, Decision.undone_at.is_(None)).scalar_subquery()
    for row in db.scalars(select(Case.id).where((Case.state == "decided") != (decided > 0))):
        yield f"case {row}"


def log_is_unbroken(db: Session, now: datetime) -> Iterable[str]:
    """The public log, link by link."""
    yield from log.faults(db)


def log_says_what_was_decided(db: Session, now: datetime) -> Iterable[str]:
    """Each line opens to the decision it was written for, and each decision has its line."""
    yield from log.faults_beside(db)
    erased = (
        select(func.count()).select_from(LogLine).scalar_subquery()
        - select(func.count()).select_from(Beside).scalar_subquery()
    )
    logged = exists().where(Beside.decision_id == Decision.id)
    missing = db.scalars(select(Decision.id).where(~logged).order_by(Decision.id)).all()
    if len(missing) > (db.scalar(select(erased)) or 0):
        yield f"decisions without a line, such as {missing[0]}"


def figures_recompute(db: Session, now: datetime) -> Iterable[str]:
    """What the log publishes is what the decisions say."""
    yield from figures.faults(db)


def appeals_are_heard_by_others(db: Session, now: datetime) -> Iterable[str]:
    """Nobody heard an appeal against their own decision, and each waiting appeal is in the queue."""
    rows = select(Appeal, Decision.by_id, Case.state).join(Decision, Decision.id == Appeal.decision_id)
    for appeal, decided_by, state in db.execute(rows.join(Case, Case.id == Appeal.case_id)):
        if appeal.heard_by_id == decided_by:
            yield f"appeal {appeal.id}"
        if (appeal.state == "waiting") != (state == "waiting"):
            yield f"appeal {appeal.id} is {appeal.state}, its case {state}"
