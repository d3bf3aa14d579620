"""Where somebody stands: their place or number on the waiting list; giving it up, by a link or from there; letters."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, visitor, who
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.web.forms import Sent as SentForm
from app.core.web.page import see_other
from app.mail.one_click import WISH, said
from townhall.model import Hall, Participant
from townhall.queries import joining as queries
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, Place
from townhall.rules.news import UNSUBSCRIBE
from townhall.rules.registering import RegistrationLinkUnknown
from townhall.service import joining, registering, telling
from townhall.web import browser
from townhall.web.readable import readable_hall


@get("/townhalls/{hall_id:int}/place", name="townhalls.place", guards=[visitor], sync_to_thread=True)
def place_page(request: Request[Any, Any, Any], db: NamedDependency[Session], hall_id: FromPath[int]) -> Response[Any]:
    """Of whoever registered with this browser, or with this account; others find the form."""
    hall, person = _mine(request, db, hall_id)
    if person is None:
        return see_other(f"/townhalls/{hall.id}/register")
    ahead = queries.ahead_of(db, person) if person.place == Place.WAITING else 0
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/registering/place.html",
        hall=hall,
        person=person,
        number=ahead + 1,
        is_open=hall.state in OPEN_TO_PEOPLE,
        has_browser=_ticket_is_theirs(request, db, person),
    )
    return response


@post(
    "/townhalls/{hall_id:int}/place",
    name="townhalls.place.post",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_place(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[SentForm],
    hall_id: FromPath[int],
) -> Response[Any]:
    """``act``: cancel, letters, no-letters, leave (this browser is nobody's any more)."""
    hall, person = _mine(request, db, hall_id)
    if person is None:
        return see_other(f"/townhalls/{hall.id}/register")
    now, ticket = request.app.state.clock.now(), browser.ticket_of(request, hall.id)
    match form.get("act"):
        case "cancel":
            registering.cancel(db, person.id, now)
        case "letters" | "no-letters":
            telling.stop_letters(db, person, now, wanted=form["act"] == "letters")
        case "leave" if ticket is not None:
            joining.leave(db, hall.id, ticket)
            return see_other(f"/townhalls/{hall.id}")
        case _:
            raise NotFound
    return see_other(f"/townhalls/{hall.id}/place")


@get("/townhalls/cancel/{token:str}", name="townhalls.cancel", guards=[anyone], sync_to_thread=True)
def cancel_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    person, hall = _linked(request, db, queries.CANCEL, token)
    return _page(request, "cancel", hall=hall, person=person, token=token, is_open=hall.state in OPEN_TO_PEOPLE)


@post(
    "/townhalls/cancel/{token:str}",
    name="townhalls.cancel.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def cancel(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    person, _hall = _linked(request, db, queries.CANCEL, token)
    registering.cancel(db, person.id, request.app.state.clock.now())
    return see_other(f"/townhalls/cancel/{token}")


@get("/townhalls/not-me/{token:str}", name="townhalls.not-me", guards=[anyone], sync_to_thread=True)
def not_me_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    person, hall = _linked(request, db, queries.NOT_ME, token)
    return _page(request, "not_me", hall=hall, token=token, gone=queries.sealed(db, person.id) is None)


@post(
    "/townhalls/not-me/{token:str}",
    name="townhalls.not-me.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def not_me(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    person, _hall = _linked(request, db, queries.NOT_ME, token)
    registering.disown(db, person.id, request.app.state.clock.now())
    return see_other(f"/townhalls/not-me/{token}")


@get("/townhalls/unsubscribe/{token:str}", name="townhalls.unsubscribe", guards=[anyone], sync_to_thread=True)
def unsubscribe_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes]:
    person, hall = _reader(request, db, token)
    return _page(request, "unsubscribe", hall=hall, person=person, token=token)


@post(
    "/townhalls/unsubscribe/{token:str}",
    name="townhalls.unsubscribe.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=200,
    writes=True,
    token_is_proof=True,
    dependencies=WISH,
)
def unsubscribe(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    wish: NamedDependency[SentForm],
    token: FromPath[str],
) -> Response[Any]:
    """No cookie, no origin and no page is needed: the token is the whole proof."""
    person, _hall = _reader(request, db, token)
    telling.stop_letters(db, person, request.app.state.clock.now(), wanted=wish.get("act") == "again")
    if wish.get("act") == "one-click":
        return said(_("You get no more reminders and news of this town hall."))
    return see_other(f"/townhalls/unsubscribe/{token}")


def _mine(request: Request[Any, Any, Any], db: Session, hall_id: int) -> tuple[Hall, Participant | None]:
    hall = readable_hall(db, hall_id)
    account, ticket = who(request), browser.ticket_of(request, hall_id)
    person = joining.find_account(db, hall_id, account.id) if account is not None else None
    if person is None and ticket is not None:
        person = joining.find(db, hall_id, ticket)
    return hall, person if person is not None and person.place != Place.BROWSER else None


def _ticket_is_theirs(request: Request[Any, Any, Any], db: Session, person: Participant) -> bool:
    ticket = browser.ticket_of(request, person.hall_id)
    found = joining.find(db, person.hall_id, ticket) if ticket is not None else None
    return found is not None and found.id == person.id


def _linked(request: Request[Any, Any, Any], db: Session, purpose: str, token: str) -> tuple[Participant, Hall]:
    return _of(db, request.app.state.keyring.read_token(purpose, token))


def _reader(request: Request[Any, Any, Any], db: Session, token: str) -> tuple[Participant, Hall]:
    return _of(db, request.app.state.keyring.read_token(UNSUBSCRIBE, token, lasting=True))


def _of(db: Session, number: int | None) -> tuple[Participant, Hall]:
    person = queries.participant(db, number)
    if person is None:
        raise RegistrationLinkUnknown
    return person, db.get_one(Hall, person.hall_id)


def _page(request: Request[Any, Any, Any], page: str, **values: Any) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(f"townhalls/registering/{page}.html", **values)
    return response


HANDLERS = [
    place_page,
    change_place,
    cancel_form,
    cancel,
    not_me_form,
    not_me,
    unsubscribe_form,
    unsubscribe,
]
