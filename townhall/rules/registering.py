"""Who may register for a hall, and until when a mailed link confirms it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from app.core.errors import Conflict, Gone, NotFound, Refusal
from app.core.i18n import _
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, Entry, HallState, Place


class RegistrationClosed(Conflict):
    code = "registration-closed"
    title = _("You cannot register for this town hall any more")
    message = _("It is over, or it was cancelled. Nothing was stored.")
    way_on = ("/townhalls/{hall}", _("Look at the town hall"))


class RegistrationLinkUnknown(NotFound):
    code = "registration-link-unknown"
    title = _("We do not know this link")
    message = _("Check that you copied the whole link from the letter.")


class RegistrationLinkExpired(Gone):
    code = "registration-link-expired"
    title = _("This link has expired")
    message = _("You are not registered. You can ask for a new link.")
    way_on = ("/townhalls/{hall}/register", _("Ask for a new link"))


class RegistrationCancelled(Gone):
    code = "registration-cancelled"
    title = _("This link is of no use any more")
    message = _("The place was given back, or the letter was sent to another address. You can register again.")
    way_on = ("/townhalls/{hall}/register", _("Register again"))


class AccountNotConfirmed(Conflict):
    code = "account-not-confirmed"
    title = _("Your account's email address is not confirmed")
    message = _("Confirm it first, or register with a link that we send you.")
    way_on = ("/townhalls/{hall}/register", _("Register with a link"))


class _Hall(Protocol):
    id: int
    state: str
    entry: str
    capacity: int | None
    taken: int
    ends_at: datetime | None


def refusal_to_register(hall: _Hall) -> Refusal | None:
    """Why nobody registers for this hall; None where they may."""
    state = HallState(hall.state)
    if state in OPEN_TO_PEOPLE:
        return None
    if state in (HallState.DRAFT, HallState.DISCARDED):
        return NotFound()
    return RegistrationClosed(hall=hall.id)


def places_left(hall: _Hall) -> int | None:
    """How many more may have a place, never below 0; None: as many as come, as in a hall that is open to everyone."""
    if hall.capacity is None or hall.entry == Entry.OPEN:
        return None
    return max(0, hall.capacity - hall.taken)


def link_is_over(place: str, asked_at: datetime, confirm_days: int, now: datetime) -> bool:
    """Only what waits for it runs out: whoever is registered joins by their link, on any device, while the hall lasts."""
    return place == Place.PENDING and now >= asked_at + timedelta(days=confirm_days)
