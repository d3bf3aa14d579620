"""What people see of something that is stopped: new petitions, signing, or a petition before its publication."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.i18n import _
from app.core.web.forms import Form
from app.core.web.page import say_instant
from petitions.model.petition import Petition
from petitions.queries import story
from petitions.rules.lifecycle import PetitionState
from petitions.rules.stops import CreatingStopped, Stopped
from petitions.service import stops

#: what somebody typed and may want to keep, with its name
TEXTS = (
    ("action", _("What should be done")),
    ("background", _("Background")),
    ("additional_details", _("More details")),
)


class StopNotices:
    """What is stopped, in a sentence for the top of every page."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def __call__(self, db: Session, now: datetime) -> Iterator[str]:
        found = stops.stopped(db, now)
        if found.election_at is not None:
            yield self._election(found, found.election_at, now)
        elif found.creating is not None:
            yield f"{_('New petitions cannot be started at the moment.')} {found.creating}".strip()
        begun = found.election_at is not None and found.election_at <= now
        if found.signing is not None and not begun:
            words = _("Signing is stopped at the moment. Every midnight until it goes on puts off deadlines by a day.")
            yield f"{words} {found.signing}".strip()

    def _election(self, found: Stopped, at: datetime, now: datetime) -> str:
        if at > now:
            words = _("Because of an election, every petition closes on {at}. None can be started after that.")
        else:
            words = _("Because of an election, petitions closed on {at}. None can be started until further notice.")
        return f"{words.format(at=say_instant(at, self.zone))} {found.election_message}".strip()


def creating_stopped(state: Any, form: Form) -> Response[bytes] | None:
    """The page in place of every step while no petition can be started, with what was typed to copy; else None."""
    now = state.clock.now()
    with state.database.reading() as db:
        found = stops.stopped(db, now)
    if found.creating is None:
        return None
    response: Response[bytes] = state.pages.personal(
        "petitions/creating_stopped.html",
        status=CreatingStopped.status,
        said=found.creating,
        typed=[(name, label, form.get(name)) for name, label in TEXTS if form.get(name).strip()],
    )
    return response


def signing_stopped(request: Request[Any, Any, Any], db: Session, petition: Petition) -> Response[bytes] | None:
    """The page in place of a form to sign, while signing is stopped; else None."""
    state = request.app.state
    found = stops.stopped(db, state.clock.now())
    if found.signing is None:
        return None
    response: Response[bytes] = state.pages.personal(
        "petitions/signing_stopped.html", status=409, petition=petition, said=found.signing, since=found.signing_since
    )
    return response


def stopped_petition(request: Request[Any, Any, Any], db: Session, petition: Petition) -> Response[bytes]:
    """It ended before it was published: why, without its text."""
    told = [e for e in story.events(db, petition.id) if e.kind == "stopped"]
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/stopped.html",
        keys=(f"petition:{petition.id}",),
        ended="stopped",
        at=petition.stopped_at,
        why=told[-1].facts.get("why") if told else None,
        may_start=stops.stopped(db, request.app.state.clock.now()).creating is None,
    )
    return response


def withdrawn_before(request: Request[Any, Any, Any], db: Session, petition_id: int) -> Response[bytes]:
    """Its creator took it back before it was published: whoever has its address is told so, without its text.

    Raises :class:`NotFound` where there is no such petition.
    """
    petition = db.get(Petition, petition_id)
    if petition is None or petition.state != PetitionState.WITHDRAWN or petition.was_published:
        raise NotFound
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/stopped.html",
        keys=(f"petition:{petition.id}",),
        ended="withdrawn",
        at=petition.withdrawn_at,
        why="withdrawn",
        may_start=stops.stopped(db, request.app.state.clock.now()).creating is None,
    )
    return response
