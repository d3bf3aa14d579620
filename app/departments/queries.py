"""Named questions about departments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.departments.model import Department, Officer


def active(db: Session) -> Sequence[Department]:
    """Those that can be given something to answer, by name."""
    return db.scalars(select(Department).where(Department.dissolved_at.is_(None)).order_by(Department.name)).all()


def by_slug(db: Session, slug: str) -> Department | None:
    return db.scalar(select(Department).where(Department.slug == slug))


def by_ids(db: Session, ids: Iterable[int | None]) -> Mapping[int, Department]:
    wanted = {i for i in ids if i is not None}
    rows = db.scalars(select(Department).where(Department.id.in_(wanted))) if wanted else ()
    return {d.id: d for d in rows}


def of_officer(db: Session, account_id: int) -> Department | None:
    """The department an account acts for."""
    return db.scalar(
        select(Department).join(Officer, Officer.department_id == Department.id).where(Officer.account_id == account_id)
    )
