"""Named questions about accounts: how somebody is shown beside what they wrote."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.i18n import _

WITHHELD, FORMER = _("Name withheld"), _("Former participant")
#: an office is told by the role alone: no name can imitate it
BADGES = {
    Role.MODERATOR: _("Moderator"),
    Role.OFFICIAL: _("Official"),
    Role.OFFICER: _("Official"),
    Role.ADMINISTRATOR: _("Administrator"),
}


class ShownName(NamedTuple):
    """What readers see of an author. ``badge``: their office in words, of those who hold one."""

    text: str
    badge: str | None = None
    role: str = Role.CITIZEN.value


def shown_names(db: Session, ids: Collection[int]) -> Mapping[int, ShownName]:
    """Of each of these accounts; whoever is unknown or erased is a former participant."""
    columns = (Account.id, Account.name, Account.name_withheld, Account.role, Account.erased_at)
    found = db.execute(select(*columns).where(Account.id.in_(ids))) if ids else ()
    known = {row.id: _shown(row.name, row.name_withheld, row.role, row.erased_at is not None) for row in found}
    return {one: known.get(one, ShownName(str(FORMER))) for one in ids}


def _shown(name: str, withheld: bool, role: str, erased: bool) -> ShownName:
    if erased:
        return ShownName(str(FORMER))
    badge = BADGES.get(Role(role))
    return ShownName(
        str(WITHHELD) if withheld and badge is None else name, str(badge) if badge is not None else None, role
    )
