"""What tests of outcomes need to be true before they begin: duties, answers and promises about one petition.

Rows are written as the services would leave them, so that a history of hundreds takes no minute.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.departments.model import Department
from app.outcomes.model import Answer, Commitment, DueChange, FeedbackCount, Handing, Referral
from tests.site import Town


def department(db: Session, slug: str = "parks") -> int:
    return db.scalars(select(Department.id).where(Department.slug == slug)).one()


def referral(db: Session, petition: int, owner: int | None, received: datetime, **more: Any) -> Referral:
    """Unanswered, due four weeks later, unless told otherwise; the petition's next episode."""
    newest = select(func.max(Referral.episode)).where(Referral.subject_id == petition)
    values: dict[str, Any] = {
        "subject_kind": "petition",
        "subject_id": petition,
        "cause": "response",
        "episode": (db.scalar(newest) or 0) + 1,
        "department_id": owner,
        "state": "received",
        "received_at": received,
        "due_at": received + timedelta(days=28),
    }
    row = Referral(**values | more)
    db.add(row)
    db.flush()
    return row


def answered(
    db: Session,
    petition: int,
    owner: int | None,
    received: datetime,
    at: datetime,
    grade: str | None = "will-do",
    **more: Any,
) -> Referral:
    """With one answer that stands."""
    took = None if more.get("sandbox") else int((at - received).total_seconds())
    row = referral(db, petition, owner, received, **{"state": "answered", "answered_at": at, "took": took} | more)
    words = {"summary": "We will open on Sundays.", "details": "From May."}
    db.add(Answer(referral_id=row.id, version=1, grade=grade, at=at, **words))
    db.flush()
    return row


def promise(db: Session, petition: int, owner: int, due_on: date, made: datetime, **more: Any) -> Commitment:
    values: dict[str, Any] = {
        "subject_kind": "petition",
        "subject_id": petition,
        "department_id": owner,
        "text": "Open on Sundays",
        "owner": "Head of Libraries",
        "due_on": due_on,
        "progress": "planned",
        "made_at": made,
        "updated_at": made,
    }
    row = Commitment(**values | more)
    db.add(row)
    db.flush()
    return row


def put_off(db: Session, row: Referral, to: datetime, at: datetime, kind: str = "extended") -> None:
    db.add(DueChange(referral_id=row.id, kind=kind, before_at=row.due_at, after_at=to, reason="Rain.", at=at))
    row.due_at = to
    db.flush()


def handed_on(db: Session, row: Referral, before: int, to: int, at: datetime, move: str = "not-ours") -> None:
    db.add(Handing(referral_id=row.id, move=move, from_id=before, to_id=to, reason="Not ours.", at=at))
    db.flush()


def said(db: Session, row: Referral, **people: int) -> None:
    for addressed, count in people.items():
        db.add(FeedbackCount(referral_id=row.id, addressed=addressed, people=count))
    db.flush()


def petition_of(town: Town, **texts: str) -> int:
    """Published, to the department of parks; another one is there too."""
    town.department("buses")
    return town.open_petition(**texts)
