"""Whom somebody acts for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import Forbidden
from app.core.i18n import _
from app.departments.model import Department
from app.departments.queries import of_officer


class NoOffice(Forbidden):
    """An officer whose department was dissolved, or who was dismissed from it."""

    code = "no-office"
    title = _("You act for no department at the moment")
    message = _("Your department was dissolved, or somebody else answers for it now. An administrator can appoint you.")
    way_on = ("/account", _("Go to your account"))


def department_of(db: Session, account: Account) -> Department:
    """Whose desk this is; raises :class:`NoOffice`."""
    department = of_officer(db, account.id)
    if department is None:
        raise NoOffice
    return department
