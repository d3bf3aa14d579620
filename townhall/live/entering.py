"""Who may follow which lane of a hall, whatever they follow it by: a socket, a stream, asking again and again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection

from app.core.errors import TooMany
from app.core.security import events as security
from app.core.security.limits import Allowance
from townhall.live.hall import LiveHall
from townhall.live.halls import Halls
from townhall.live.lanes import Lane
from townhall.live.senders import sender_of
from townhall.queries.showing import PUBLIC_LANE, STAFF_LANE, Thing
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, HallState
from townhall.rules.operations import MOST_ID
from townhall.service.commanding import Sender

log = logging.getLogger("townsquare.halls")
Connection = ASGIConnection[Any, Any, Any, Any]
#: acts that open the staff's lane
STAFF_ACTS = ("townhalls.moderate", "townhalls.host")


class Refused(Exception):
    """``code``: of the close frame; ``reason``: the protocol's word for it."""

    def __init__(self, code: int, reason: str, retry_ms: int | None = None) -> None:
        self.code, self.reason, self.retry_ms = code, reason, retry_ms
        super().__init__(f"{code} {reason}")


@dataclass
class Admitted:
    """A seat in a hall. ``me``: what it knows of whoever sits there."""

    hall: LiveHall
    lane: Lane
    sender: Sender
    me: Thing


def halls_of(state: Any) -> Halls:
    found: Halls = state.site.dependencies["halls"]
    return found


def knock(connection: Connection) -> None:
    """Count one handshake of this network, which may be a whole room's; raises :class:`Refused`."""
    state, halls = connection.app.state, halls_of(connection.app.state)
    address = connection.client.host if connection.client else ""
    if halls.ending:
        raise Refused(1012, "restart", 3000)
    try:
        state.limits.spend(Allowance(halls.policy.handshakes_most, 200_000, 10), address, "hall.handshakes")
    except TooMany as many:
        raise Refused(4429, "too many connections", many.retry_after * 1000) from many


async def admit(connection: Connection, hall_id: int, lane: str) -> Admitted:
    """Raises :class:`Refused` with the close code that says why not."""
    state, halls = connection.app.state, halls_of(connection.app.state)
    hall = await open_hall(halls, hall_id)
    sender = await sender_of(connection, hall_id)
    check_lane(state, sender, lane)
    (me,) = await halls.mine(hall_id, [sender])
    if me["banned"]:
        raise Refused(4403, "banned")
    if sum(len(one.viewers) for one in hall.lanes.values()) >= halls.policy.viewers_most:
        raise Refused(4503, "full", 10_000)
    return Admitted(hall, hall.lanes[lane], sender, me)


async def open_hall(halls: Halls, hall_id: int) -> LiveHall:
    """One that can be followed now."""
    try:
        hall = await halls.find(hall_id) if hall_id <= MOST_ID else None
    except Exception as fault:
        log.exception("hall %d could not be opened", hall_id)
        raise Refused(4503, "unavailable", 5000) from fault
    if hall is None:
        raise Refused(4404, "no such hall")
    standing = hall.things.hall.get("state")
    if standing in (HallState.ENDED, HallState.CANCELLED):
        raise Refused(4440, "ended")
    if standing not in OPEN_TO_PEOPLE:
        raise Refused(4404, "no such hall")
    return hall


def check_lane(state: Any, sender: Sender, lane: str) -> None:
    """The staff's lane is for those who moderate or host; what others try is noted."""
    if lane == PUBLIC_LANE:
        return
    if lane != STAFF_LANE:
        raise Refused(4400, "unknown lane")
    if sender.account_id is None or not any(state.permissions.opens(sender.role, act) for act in STAFF_ACTS):
        security.note(f"a hall: the staff's lane is not for the role {sender.role or 'nobody'}")
        raise Refused(4403, "forbidden")
