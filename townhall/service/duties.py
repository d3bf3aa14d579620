"""Which hall is whose: what somebody of the staff is in this one, beside what their role may do in any."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session

from app.accounts.rules.roles import Role
from app.core.i18n import _
from app.core.security import events as security
from townhall.model import Hall
from townhall.rules.commands import NotAllowed
from townhall.rules.lifecycle import HallState, Part
from townhall.service.locking import parts_of

#: moderators judge in every hall, and may take one over whose host is gone
EVERYWHERE = frozenset({Role.MODERATOR, Role.ADMINISTRATOR})


class NotHosting(NotAllowed):
    title = _("Somebody else has the controls")
    message = _("Nothing was changed. Whoever hosts this hall can take over hosting, and has the controls then.")


class NotInThisHall(NotAllowed):
    title = _("You have no part in this hall")
    message = _("Nothing was changed. Ask whoever prepares it to name you as host, moderator or speaker.")


class Somebody(Protocol):
    """A sender whose role and session were looked at before."""

    @property
    def account_id(self) -> int | None: ...
    @property
    def role(self) -> str: ...


def check(db: Session, hall: Hall, sender: Somebody, op: str, act: str) -> None:
    """Raises :class:`NotHosting` or :class:`NotInThisHall`; an attempt is noted, never by whom."""
    account = sender.account_id or 0
    parts = parts_of(db, hall.id, account)
    everywhere = sender.role in EVERYWHERE
    refusal: type[NotAllowed] | None = None  # moderators judge everywhere; departments answer what is theirs
    match act:
        case "townhalls.host":
            refusal = None if _has_controls(hall, account, parts) else NotHosting
        case "townhalls.take":
            may_take = everywhere or parts & {Part.HOST, Part.MODERATOR}
            refusal = None if may_take else NotInThisHall
        case "townhalls.record":
            refusal = None if everywhere or parts or hall.host_id == account else NotInThisHall
    if refusal is not None:
        security.note(f"a hall: {op} by somebody who has no such part in it")
        raise refusal


def _has_controls(hall: Hall, account: int, parts: frozenset[str]) -> bool:
    """One at a time while it is live; before, whoever is to host."""
    if hall.state == HallState.LIVE and hall.host_id is not None:
        return hall.host_id == account
    return hall.host_id == account or Part.HOST in parts
