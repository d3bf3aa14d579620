"""Who may sign what and when; each refusal is a fact with a sentence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from app.core.errors import Conflict, Gone, NotFound, Refusal
from app.core.i18n import _
from petitions.rules.lifecycle import BEFORE_PUBLICATION, TAKES_SPONSORS, PetitionState, SignatureState


class PetitionClosed(Conflict):
    """Someone signs after the closing date: an ordinary event, shown kindly, never logged as a fault."""

    code = "petition-closed"
    title = _("This petition is closed")
    message = _(
        "It closed on {closed_on}, so it no longer takes signatures. Nothing was stored. You can still read it."
    )
    way_on = ("/petitions/{petition}", _("Read the petition and what came of it"))


class TooLateToWithdraw(Conflict):
    code = "too-late-to-withdraw"
    title = _("This signature can no longer be withdrawn")
    message = _("The petition closed on {closed_on}, and its count is final. Nothing was changed.")
    way_on = ("/petitions/{petition}", _("Read the petition and what came of it"))


class SignersForgotten(Gone):
    """Whose signature it was is erased; the total is final."""

    code = "signers-forgotten"
    title = _("We no longer know who signed this petition")
    message = _("Names and addresses were erased some months after it ended. Only the number of signatures is left.")
    way_on = ("/privacy", _("Read how long we keep what"))


class NotOpen(Conflict):
    code = "petition-not-open"
    title = _("This petition cannot be signed")
    message = _("It is not open to signatures at the moment. Nothing was stored.")
    way_on = ("/petitions/{petition}", _("See where it stands"))


class SigningStopped(Conflict):
    """Somebody signs while an administrator has stopped signing: it will go on, and no petition loses a day."""

    code = "signing-stopped"
    title = _("Signing is stopped at the moment")
    message = _(
        "{words}Signing has been stopped since {since}. Every midnight until it goes on puts off the deadline of "
        "each open petition by a day. Nothing was stored. If you have a letter from us, its link still works."
    )
    way_on = ("/petitions/{petition}", _("Read the petition"))


class SponsorsFull(Conflict):
    code = "sponsors-full"
    title = _("This petition has all the supporters it can have for now")
    message = _("It is being checked. Once it is published you can sign it like everyone else.")
    way_on = ("/petitions/{petition}", _("See where it stands"))


class ConfirmationExpired(Gone):
    code = "confirmation-expired"
    title = _("This link has expired")
    message = _("It worked for {days}, so your signature was not counted. Sign again to get a new one.")
    way_on = ("/petitions/{petition}/sign", _("Sign the petition again"))

    def __init__(self, *, days: int, **values: Any) -> None:
        super().__init__(days="1 day" if days == 1 else f"{days} days", **values)


class ConfirmationOutlived(ConfirmationExpired):
    """The petition ended meanwhile: there is nothing to sign again."""

    message = _("It worked for {days}, so your signature was not counted. The petition takes no more signatures.")
    way_on = ("/petitions/{petition}", _("Read the petition and what came of it"))


class ConfirmationUnknown(NotFound):
    code = "confirmation-unknown"
    title = _("We do not know this link")
    message = _("Check that you copied all of it from the letter. If that does not help, sign again to get a new one.")
    way_on = ("/petitions", _("Find the petition and sign it"))


class SignatureWithdrawn(Gone):
    code = "signature-withdrawn"
    title = _("This signature is not counted")
    message = _("It was withdrawn or removed, so this link no longer does anything.")
    way_on = ("/petitions/{petition}", _("Read the petition"))


class AlreadySigned(Conflict):
    code = "already-signed"
    title = _("You have already signed this petition")
    message = _("Your signature is counted. Each person can sign once.")
    way_on = ("/petitions/{petition}", _("Read the petition"))


class TwoAlready(Conflict):
    code = "address-full"
    title = _("Two people have signed with this email address")
    message = _("That is the most we accept for one address. To sign too, use an email address of your own.")
    way_on = ("/petitions/{petition}/sign", _("Sign with another address"))


class OtherPostcode(Conflict):
    code = "other-postcode"
    title = _("Somebody at another postcode has signed with this email address")
    message = _("Two people may share an address only if they share a postcode. Use an email address of your own.")
    way_on = ("/petitions/{petition}/sign", _("Sign with another address"))


class PetitionRemoved(Gone):
    code = "petition-removed"
    title = _("This petition has been removed")
    message = _("It was published and later found to break the standards, so it is no longer shown.")
    way_on = ("/standards", _("Read the standards"))


class PetitionStanding(Protocol):
    """What eligibility looks at."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> PetitionState: ...
    @property
    def closes_at(self) -> datetime | None: ...
    @property
    def closed_on(self) -> str: ...
    @property
    def signature_count(self) -> int: ...
    @property
    def sponsors_most(self) -> int: ...
    @property
    def opened_at(self) -> datetime | None: ...


def is_signable(state: str, closes_at: datetime | None, now: datetime) -> bool:
    """Open, and its time is known and not over."""
    return state == PetitionState.OPEN and closes_at is not None and now < closes_at


def can_take_back(state: str, closes_at: datetime | None, now: datetime, *, kind: str) -> bool:
    """Whether a signature's owner may withdraw it: before publication (the creator only the petition), then until it closes.

    The clock of what was taken down goes on while it is judged again.
    """
    if state in BEFORE_PUBLICATION and kind != "creator":
        return closes_at is None or now < closes_at
    return is_signable(state, closes_at, now)


class Gathering(Protocol):
    @property
    def state(self) -> str: ...
    @property
    def opened_at(self) -> datetime | None: ...


def gathers_support(petition: Gathering) -> bool:
    """Whether its secret link takes supporters: never again once it was published, though it be judged anew."""
    return petition.state in TAKES_SPONSORS and petition.opened_at is None


def refusal_to_request(petition: PetitionStanding | None, *, sponsor: bool, at: datetime) -> Refusal | None:
    """Why a form sent ``at`` cannot become a pending signature, or None."""
    if petition is None:
        return NotFound()
    if petition.state == PetitionState.HIDDEN:
        return PetitionRemoved() if petition.opened_at else NotFound()
    if is_signable(petition.state, petition.closes_at, at):
        return None
    if petition.state in (PetitionState.OPEN, PetitionState.CLOSED):
        return PetitionClosed(petition=petition.id, closed_on=petition.closed_on)
    if sponsor and gathers_support(petition):
        return SponsorsFull(petition=petition.id) if _sponsors_full(petition) else None
    return NotOpen(petition=petition.id)


def refusal_to_confirm(
    petition: PetitionStanding,
    *,
    state: str,
    requested_at: datetime,
    asked_at: datetime,
    at: datetime,
    confirm_days: int,
    grace_hours: int,
) -> Refusal | None:
    """Why a link opened ``at`` does not count a pending signature, or None."""
    if state != SignatureState.PENDING:
        return SignatureWithdrawn(petition=petition.id)
    if at >= asked_at + timedelta(days=confirm_days):
        again = petition.state in TAKES_SPONSORS and (petition.closes_at is None or at < petition.closes_at)
        again = again or is_signable(petition.state, petition.closes_at, at)
        return (ConfirmationExpired if again else ConfirmationOutlived)(petition=petition.id, days=confirm_days)
    if gathers_support(petition):
        return SponsorsFull(petition=petition.id) if _sponsors_full(petition) else None
    if petition.state not in (PetitionState.OPEN, PetitionState.CLOSED) or petition.closes_at is None:
        return NotOpen(petition=petition.id)
    in_grace = requested_at < petition.closes_at and at < petition.closes_at + timedelta(hours=grace_hours)
    if at < petition.closes_at or in_grace:
        return None
    return PetitionClosed(petition=petition.id, closed_on=petition.closed_on)


def _sponsors_full(petition: PetitionStanding) -> bool:
    """The creator's own signature is no sponsor's."""
    return petition.signature_count - 1 >= petition.sponsors_most
