"""Names of those who work on a matter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.departments.queries import officers_of


def names(db: Session, ids: Collection[int | None]) -> Mapping[int, str]:
    """Accounts' names by id."""
    wanted = {i for i in ids if i is not None}
    found = select(Account.id, Account.name).where(Account.id.in_(wanted))
    return {row.id: row.name for row in db.execute(found)} if wanted else {}


def officers(db: Session, department_id: int | None) -> Sequence[tuple[int, str]]:
    """Everybody who acts for a department, by name."""
    people = names(db, officers_of(db, department_id or 0))
    return sorted(people.items(), key=lambda row: (row[1].casefold(), row[0]))
