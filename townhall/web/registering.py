"""Registering for a hall: the form, the letter's link, one click for members, and correcting a mistyped address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, may, signed, visitor, who
from app.accounts.rules.names import read_shown_name
from app.core.errors import Conflict, Refusal, TooMany
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.security.limits import Allowance
from app.core.web.forms import Form
from app.core.web.forms import Sent as SentForm
from app.core.web.page import see_other
from townhall.forms import PRIVACY_VERSION, read_wish
from townhall.model import Hall, Participant
from townhall.policy import TownHallPolicy
from townhall.queries import joining as queries
from townhall.rules.lifecycle import HallState, Place
from townhall.rules.registering import RegistrationLinkUnknown, places_left, refusal_to_register
from townhall.service import joining, posting, registering
from townhall.web import browser, sent
from townhall.web.readable import readable_hall


class NothingToCorrect(Conflict):
    """No sealed request of the last hour came with the form."""

    code = "nothing-to-correct"
    title = _("We no longer know what you sent")
    message = _(
        "An address can be corrected for an hour, in the browser that sent the form. Nothing was changed: "
        "fill in the form again with the right address."
    )
    way_on = ("/townhalls/{hall}/register", _("Back to the form"))


@get("/townhalls/{hall_id:int}/register", name="townhalls.register", guards=[visitor], sync_to_thread=True)
def register_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], hall_id: FromPath[int]
) -> Response[bytes]:
    """Nobody's but the reader's: it knows who is signed in, and who is registered already."""
    hall = _open(db, hall_id)
    account = who(request)
    name = account.name if account is not None else ""
    form = Form(values={"notify": "true", "name": name, "email": (account.email or "") if account else ""})
    return _form(request, db, hall, form)


@post(
    "/townhalls/{hall_id:int}/register",
    name="townhalls.register.post",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def register(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[SentForm],
    hall_id: FromPath[int],
) -> Response[Any]:
    """The same page for a new address and a known one; only the letter differs."""
    shown = Form(values=form)
    busy = _over_limit(request, hall_id)
    wish = read_wish(shown) if busy is None else None
    if wish is None:
        return _form(request, db, _open(db, hall_id), shown, busy=busy)
    state = request.app.state
    now, policy = state.clock.now(), state.site.dependencies["hall_policy"]
    before = sent.kept(request, hall_id, now)
    same = before is not None and before.wish.address.canonical == wish.address.canonical
    asked = registering.ask(
        db, state.keyring, policy, hall_id, wish, now, again=before.asked if before is not None and same else None
    )
    return _on(request, f"/townhalls/{hall_id}/register/sent", sent.SentWish(hall_id, wish, asked))


@post(
    "/townhalls/{hall_id:int}/register/account",
    name="townhalls.register.account",
    guards=[may("townhalls.own")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def register_account(
    request: Request[Any, Any, Any], db: NamedDependency[Session], hall_id: FromPath[int]
) -> Response[Any]:
    """One click: the account's address was confirmed before."""
    state = request.app.state
    now, hall = state.clock.now(), _open(db, hall_id)
    before = joining.find_account(db, hall.id, signed(request).id)
    stood = before is not None and before.place in (Place.REGISTERED, Place.WAITING)
    person = joining.of_account(db, state.keyring, hall, signed(request), now)
    if not stood:
        posting.tell_place(db, person, now)
    return _join(request, db, person)


@get("/townhalls/{hall_id:int}/register/sent", name="townhalls.register.sent", guards=[anyone], sync_to_thread=True)
def sent_page(request: Request[Any, Any, Any], db: NamedDependency[Session], hall_id: FromPath[int]) -> Response[bytes]:
    hall = readable_hall(db, hall_id)
    response: Response[bytes] = request.app.state.pages.public(
        "townhalls/registering/sent.html",
        keys=(f"townhall:{hall.id}",),
        fresh_for=60,
        **_sent_values(request, hall, Form(), again="again" in request.query_params),
    )
    return response


@post(
    "/townhalls/{hall_id:int}/register/correct",
    name="townhalls.register.correct",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def correct(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[SentForm],
    hall_id: FromPath[int],
) -> Response[Any]:
    """Another address for what was just sent, or the letter once more; the first request lapses."""
    state = request.app.state
    now, policy = state.clock.now(), state.site.dependencies["hall_policy"]
    before = sent.kept(request, hall_id, now)
    if before is None:
        raise NothingToCorrect(hall=readable_hall(db, hall_id).id)
    shown = Form(values=form)
    busy = _over_limit(request, hall_id)
    address = before.wish.address if form.get("again") == "yes" else shown.read("email", read_address)
    if busy is not None or address is None:
        return _again(request, "sent", busy, **_sent_values(request, readable_hall(db, hall_id), shown, again=False))
    wish = replace(before.wish, address=address)
    asked = registering.ask(db, state.keyring, policy, hall_id, wish, now, again=before.asked)
    return _on(request, f"/townhalls/{hall_id}/register/sent?again", sent.SentWish(hall_id, wish, asked))


@get("/townhalls/confirm/{token:str}", name="townhalls.confirm", guards=[anyone], sync_to_thread=True)
def confirm_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    """A button: mail scanners open links, people press buttons. Who is registered joins from any device by it."""
    person, hall = _linked(request, db, queries.CONFIRM, token)
    state = request.app.state
    refusal = registering.refusal_to_confirm(hall, person, state.site.dependencies["hall_policy"], state.clock.now())
    if refusal is not None:
        raise refusal
    if hall.state in (HallState.ENDED, HallState.CANCELLED):
        return see_other(f"/townhalls/{hall.id}")
    return _confirm_page(request, hall, person, token, Form(values={"name": person.name}))


@post(
    "/townhalls/confirm/{token:str}",
    name="townhalls.confirm.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def confirm(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[SentForm],
    token: FromPath[str],
) -> Response[Any]:
    state = request.app.state
    person, hall = _linked(request, db, queries.CONFIRM, token)
    shown, name = Form(values=form), ""
    if person.place == Place.PENDING and "name" in form:
        name = shown.read("name", read_shown_name) or ""
        if shown.errors:
            return _confirm_page(request, hall, person, token, shown)
    secret, ticket = browser.begin(request, hall.id)
    policy, now = state.site.dependencies["hall_policy"], state.clock.now()
    joined = registering.confirm(db, state.keyring, policy, person.id, ticket, now, name=name)
    return _to_place(request, hall, joined, secret)


def _join(request: Request[Any, Any, Any], db: Session, person: Participant) -> Response[Any]:
    """This browser is theirs from now on."""
    secret, ticket = browser.begin(request, person.hall_id)
    joining.give_ticket(db, person, ticket, request.app.state.clock.now())
    return _to_place(request, db.get_one(Hall, person.hall_id), person, secret)


def _to_place(request: Request[Any, Any, Any], hall: Hall, person: Participant, secret: str) -> Response[Any]:
    """Into the room where it is live; before that to where they stand, which leads there."""
    is_on = hall.state == HallState.LIVE and person.place == Place.REGISTERED
    response = see_other(f"/townhalls/{hall.id}/{'room' if is_on else 'place'}")
    browser.give(response, secret, secure=request.app.state.settings.secure)
    return response


def _on(request: Request[Any, Any, Any], path: str, wish: sent.SentWish) -> Response[Any]:
    response = see_other(path)
    state = request.app.state
    sent.keep(response, state.keyring, wish, secure=state.settings.secure)
    return response


def _open(db: Session, hall_id: int) -> Hall:
    hall = readable_hall(db, hall_id)
    if (refusal := refusal_to_register(hall)) is not None:
        raise refusal
    return hall


def _linked(request: Request[Any, Any, Any], db: Session, purpose: str, token: str) -> tuple[Participant, Hall]:
    person = queries.participant(db, request.app.state.keyring.read_token(purpose, token))
    if person is None:
        raise RegistrationLinkUnknown
    return person, db.get_one(Hall, person.hall_id)


def _over_limit(request: Request[Any, Any, Any], hall_id: int) -> TooMany | None:
    """Count one form of this network; the refusal where it is one too many, so that the page can keep the fields."""
    policy: TownHallPolicy = request.app.state.site.dependencies["hall_policy"]
    client = request.client.host if request.client else ""
    try:
        allowance = Allowance(policy.register_a_minute, policy.register_an_hour)
        request.app.state.limits.spend(allowance, client, "register", str(hall_id))
    except TooMany as busy:
        return busy
    return None


def _form(
    request: Request[Any, Any, Any], db: Session, hall: Hall, form: Form, *, busy: Refusal | None = None
) -> Response[bytes]:
    account = who(request)
    mine = joining.find_account(db, hall.id, account.id) if account is not None else None
    if mine is None and (ticket := browser.ticket_of(request, hall.id)) is not None:
        mine = joining.find(db, hall.id, ticket)
    return _again(
        request,
        "form",
        busy,
        hall=hall,
        form=form,
        full=places_left(hall) == 0,
        account=account if account is not None and account.email_confirmed_at else None,
        stands=mine is not None and mine.place in (Place.REGISTERED, Place.WAITING),
        privacy_version=PRIVACY_VERSION,
        months=request.app.state.site.dependencies["hall_policy"].erase_after_months,
    )


def _sent_values(request: Request[Any, Any, Any], hall: Hall, form: Form, *, again: bool) -> dict[str, Any]:
    policy: TownHallPolicy = request.app.state.site.dependencies["hall_policy"]
    return {"hall": hall, "days": policy.confirm_days, "most": policy.letters_a_place, "form": form, "again": again}


def _confirm_page(
    request: Request[Any, Any, Any], hall: Hall, person: Participant, token: str, form: Form
) -> Response[bytes]:
    full = person.place == Place.PENDING and places_left(hall) == 0
    return _again(request, "confirm", None, hall=hall, person=person, token=token, form=form, full=full)


def _again(request: Request[Any, Any, Any], page: str, busy: Refusal | None, **values: Any) -> Response[bytes]:
    """A page of this drawer: with its faults (422), or because nothing can be sent just now (429)."""
    form: Form = values["form"]
    status = busy.status if busy is not None else 422 if form.errors else 200
    response: Response[bytes] = request.app.state.pages.personal(
        f"townhalls/registering/{page}.html", status=status, busy=busy, error_prefix=status >= 400, **values
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [register_form, register, register_account, sent_page, correct, confirm_form, confirm]
