"""What every form that asks for a signature shares: its fields, its act, and the cookie that lets it be corrected."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.core.errors import Invalid, Refusal, TooMany
from app.core.people.places import country_names
from app.core.security.limits import Allowance
from app.core.web.forms import Form
from app.core.web.page import see_other
from petitions.forms import PRIVACY_VERSION, PersonFields
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.service.acts import SignatureRequest
from petitions.web.correcting_address import SentRequest, cookie, cookie_name, read_cookie


def request_act(
    request: Request[Any, Any, Any], petition_id: int, person: PersonFields, *, sponsor: bool
) -> SignatureRequest:
    return SignatureRequest(
        at=request.app.state.clock.now(),
        petition_id=petition_id,
        name=person.name,
        address=person.address,
        country=person.country,
        postcode=person.postcode,
        area=person.area,
        notify=person.notify,
        privacy=person.privacy,
        sponsor=sponsor,
        client=_client(request),
    )


def kept(state: Any, act: SignatureRequest, person: PersonFields, first: int | None = None) -> bytes:
    """The cookie by which its sender can correct the address for an hour; ``first``: the request that lapses then."""
    sent = SentRequest(first or act.id, act.petition_id, person, act.sponsor, act.at)
    return cookie(state.keyring, sent, secure=state.settings.secure)


def first_act(request: Request[Any, Any, Any], act: SignatureRequest, person: PersonFields) -> int:
    """The act whose row this form has, where the same browser sent the same form within the hour; else its own."""
    if not any(name == b"cookie" for name, _value in request.scope["headers"]):  # seen at once; reading them is slow
        return act.id
    state = request.app.state
    value = request.cookies.get(cookie_name(state.settings.secure), "")
    before = read_cookie(state.keyring, value, act.petition_id, act.at) if value else None
    if before is None or _who(before.person) != _who(person):
        return act.id
    return before.act


def _who(person: PersonFields) -> tuple[str, ...]:
    return person.name, person.address.canonical, person.country, person.postcode, person.area


def on_with_cookie(path: str, cookie: bytes) -> Redirect:
    response = see_other(path)
    response.headers["set-cookie"] = cookie.decode("ascii")
    return response


def over_limit(request: Request[Any, Any, Any], policy: PetitionPolicy, petition_id: int) -> TooMany | None:
    """Count one form of this network; the refusal where it is one too many, so that the page can keep the fields."""
    allowance = Allowance(policy.sign_a_minute, policy.sign_an_hour)
    try:
        request.app.state.limits.spend(allowance, _client(request), "sign", str(petition_id))
    except TooMany as busy:
        return busy
    return None


def _client(request: Request[Any, Any, Any]) -> str:
    client = request.scope.get("client")
    return client[0] if client else ""


def form_context(db: Session, petition: Petition, form: Form, policy: PetitionPolicy, state: Any) -> dict[str, Any]:
    asks_postcode = policy.postcode == "home"
    return {
        "petition": petition,
        "form": form,
        "countries": sorted(country_names().items(), key=lambda pair: pair[1]),
        "asks_postcode": asks_postcode,
        "areas": state.site.dependencies["placing"].choices(db, asks_postcode=asks_postcode),
        "home_country": state.settings.home_country,
        "privacy_version": PRIVACY_VERSION,
    }


def shown_again(state: Any, template: str, busy: Refusal | None, **values: Any) -> Response[bytes]:
    """The page once more, fields kept: with its faults (422), or because nothing can be sent just now (429, 409)."""
    if isinstance(busy, Invalid):
        values["form"], busy = type(values["form"]).again(values["form"].values, busy), None
    response: Response[bytes] = state.pages.personal(
        template, status=422 if busy is None else busy.status, busy=busy, error_prefix=True, **values
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response
