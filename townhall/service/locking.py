"""A hall's row, held: alone by whoever changes the hall, shared by whoever asks or votes in it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from townhall.model import Hall, HallStaff
from townhall.rules.lifecycle import HALL_MOVES, HallState

KIND = "townhall"
QUESTION = "question"


class HallMovedOn(Conflict):
    code = "townhall-moved-on"
    title = _("This town hall has moved on")
    message = _("Somebody changed it in the meantime, so nothing was stored. Look at how it stands now.")
    way_on = ("/hosting/townhalls/{hall}", _("Look at the town hall"))


def subject_of(hall_id: int) -> SubjectRef:
    return SubjectRef(KIND, hall_id)


def locked(db: Session, hall_id: int) -> Hall:
    """Held alone until the transaction ends; raises NotFound."""
    return _get(db, hall_id, read=False)


def shared(db: Session, hall_id: int) -> Hall:
    """Held with others: its state does not change meanwhile."""
    return _get(db, hall_id, read=True)


def _get(db: Session, hall_id: int, *, read: bool) -> Hall:
    found = db.scalar(
        select(Hall)
        .where(Hall.id == hall_id)
        .with_for_update(read=read, key_share=not read)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def move(hall: Hall, to: HallState) -> None:
    """Raises :class:`HallMovedOn` where its state does not lead there."""
    if to not in HALL_MOVES[HallState(hall.state)]:
        raise HallMovedOn(hall=hall.id)
    hall.state = to


def parts_of(db: Session, hall_id: int, account_id: int) -> frozenset[str]:
    """What this account is in the hall: ``host``, ``moderator``, ``speaker``."""
    rows = select(HallStaff.part).where(HallStaff.hall_id == hall_id, HallStaff.account_id == account_id)
    return frozenset(db.scalars(rows))
