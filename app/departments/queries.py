"""Named questions about departments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.departments.model import Department, Officer


def active(db: Session) -> Sequence[Department]:
    """Those that can be given something to answer, by name."""
    return db.scalars(select(Department).where(Department.dissolved_at.is_(None)).order_by(Department.name)).all()


def by_slug(db: Session, slug: str) -> Department | None:
    """None is called by a zero character, and PostgreSQL cannot even look for one."""
    return None if "\0" in slug else db.scalar(select(Department).where(Department.slug == slug))


def by_ids(db: Session, ids: Iterable[int | None]) -> Mapping[int, Department]:
    wanted = {i for i in ids if i is not None}
    rows = db.scalars(select(Department).where(Department.id.in_(wanted))) if wanted else ()
    return {d.id: d for d in rows}


def of_officer(db: Session, account_id: int) -> Department | None:
    """The department an account acts for."""
    return db.scalar(
        select(Department).join(Officer, Officer.department_id == Department.id).where(Officer.account_id == account_id)
    )


def all_of_them(db: Session) -> Sequence[Department]:
    """Dissolved ones last, each by name."""
    rows = db.scalars(select(Department))
    return sorted(rows, key=lambda d: (d.dissolved_at is not None, d.name.casefold()))


def officers(db: Session) -> Mapping[int, int]:
    """Account to department, of every officer."""
    return {
        account: department for account, department in db.execute(select(Officer.account_id, Officer.department_id))
    }


def officers_of(db: Session, department_id: int) -> Sequence[int]:
    """The department officers: they read, answer and publish. Officials who act for it are not among them."""
    return _of_role(db, department_id, Role.OFFICER)


def officials_of(db: Session, department_id: int) -> Sequence[int]:
    """The officials that write for a department."""
    return _of_role(db, department_id, Role.OFFICIAL)


def _of_role(db: Session, department_id: int, role: Role) -> Sequence[int]:
    return db.scalars(
        select(Officer.account_id)
        .join(Account, Account.id == Officer.account_id)
        .where(Officer.department_id == department_id, Account.role == role)
        .order_by(Officer.account_id)
    ).all()
