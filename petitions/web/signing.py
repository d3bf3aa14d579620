"""Sign, confirm, take back: the citizen's side. Acts go to the intake, pages are rendered in workers."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ASGIApp
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import Gone, NotFound, Refusal
from app.core.i18n import _
from app.core.people.places import country_names
from app.core.security.limits import Allowance
from app.core.web.edge import acts, in_worker, read_body
from app.core.web.forms import Form, read_form
from app.core.web.page import SeeOther, see_other
from petitions import queries
from petitions.forms import PRIVACY_VERSION, PersonFields, PersonForm
from petitions.mails import CONFIRM, NOT_ME, SPONSOR
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.rules.eligibility import ConfirmationUnknown, SponsorsFull, refusal_to_confirm, refusal_to_request
from petitions.rules.lifecycle import TAKES_SPONSORS, PetitionState, SignatureState
from petitions.service import withdrawing
from petitions.service.acts import SignatureConfirmation, SignatureRequest
from petitions.web.reading import petition_id_of, standing_of

WITHDRAW = "petitions.withdraw"


@get("/petitions/{ref:str}/sign", name="petitions.sign", guards=[anyone], sync_to_thread=True)
def sign_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    ref: FromPath[str],
) -> Response[bytes]:
    petition = _signable(request, db, ref)
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "petitions/sign.html",
        keys=(f"petition:{petition.id}",),
        good_until=petition.closes_at,
        fresh_for=60,
        **_sign_context(petition, PersonForm(values={"country": state.settings.home_country}), policy, state),
    )
    return response


async def sign(request: Request[Any, Any, Any]) -> ASGIApp:
    """Async: parse, check, hand to the intake."""
    state = request.app.state
    policy: PetitionPolicy = state.site.dependencies["policy"]
    petition_id = petition_id_of(request.scope["path_params"]["ref"])
    _limit(request, policy, petition_id)
    form = PersonForm(values=read_form(await read_body(request, state.settings.form_max_bytes)))
    person = form.person(policy, state.settings.home_country)
    if person is None:
        again: Response[bytes] = await in_worker(_sign_again, state, policy, petition_id, form)
        return again  # type: ignore[return-value]  # the framework takes either
    await state.intake.submit(_request_act(state, petition_id, person, sponsor=False))
    return SeeOther(f"/petitions/{petition_id}/sign/sent")


@get("/petitions/{ref:str}/sign/sent", name="petitions.sent", guards=[anyone], sync_to_thread=True)
def sent(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    ref: FromPath[str],
) -> Response[bytes]:
    petition = queries.public_petition(db, petition_id_of(ref))
    if petition is None or petition.state == PetitionState.HIDDEN:
        raise NotFound
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/sent.html",
        keys=(f"petition:{petition.id}",),
        fresh_for=60,
        petition=petition,
        published=petition.was_published,
        days=policy.confirm_days,
    )
    return response


@get("/sponsor/{token:str}", name="petitions.sponsor", guards=[anyone], sync_to_thread=True)
def sponsor_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    token: FromPath[str],
) -> Response[bytes] | Redirect:
    state = request.app.state
    petition = _sponsored(state, db, token)
    if petition.state not in TAKES_SPONSORS or petition.signature_count - 1 >= petition.sponsors_most:
        return see_other(f"/petitions/{petition.id}")
    form = PersonForm(values={"country": state.settings.home_country})
    return state.pages.personal("petitions/sponsor.html", token=token, **_sign_context(petition, form, policy, state))


@post("/sponsor/{token:str}", name="petitions.sponsor.post", guards=[anyone], status_code=303)
async def sponsor(
    request: Request[Any, Any, Any], policy: NamedDependency[PetitionPolicy], token: FromPath[str]
) -> Response[Any] | Redirect:
    """A supporter signs; the first one's form proves the creator's address."""
    state = request.app.state
    petition_id = state.keyring.read_token(SPONSOR, token)
    if petition_id is None:
        raise ConfirmationUnknown
    _limit(request, policy, petition_id)
    form = PersonForm(values=read_form(await request.body()))
    person = form.person(policy, state.settings.home_country)
    if person is None:
        return await in_worker(_sponsor_again, state, policy, token, form)
    try:
        await state.intake.submit(_request_act(state, petition_id, person, sponsor=True))
    except SponsorsFull:
        return see_other(f"/petitions/{petition_id}")
    return see_other(f"/petitions/{petition_id}/sign/sent")


@get("/signatures/confirm/{token:str}", name="petitions.confirm", guards=[anyone], sync_to_thread=True)
def confirm_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    token: FromPath[str],
) -> Response[bytes]:
    """A button: mail scanners open links, people press buttons."""
    state = request.app.state
    signature, petition = _confirmable(state, db, CONFIRM, token)
    now = state.clock.now()
    if signature.state == SignatureState.VALIDATED:
        return _counted(state, signature, petition, template="petitions/already_counted.html")
    refusal = refusal_to_confirm(
        standing_of(petition, state.pages),
        state=signature.state,
        requested_at=signature.requested_at,
        asked_at=signature.asked_at,
        at=now,
        confirm_days=policy.confirm_days,
        grace_hours=policy.grace_hours,
    )
    if refusal is not None:
        raise refusal
    return state.pages.personal("petitions/confirm.html", petition=petition, signature=signature, token=token)


async def confirm(request: Request[Any, Any, Any]) -> ASGIApp:
    state = request.app.state
    token = request.scope["path_params"]["token"]
    signature_id = state.keyring.read_token(CONFIRM, token)
    if signature_id is None:
        raise ConfirmationUnknown
    await state.intake.submit(SignatureConfirmation(at=state.clock.now(), signature_id=signature_id))
    return SeeOther(f"/signatures/confirmed/{token}")


@get("/signatures/confirmed/{token:str}", name="petitions.confirmed", guards=[anyone], sync_to_thread=True)
def confirmed(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes] | Redirect:
    state = request.app.state
    signature, petition = _confirmable(state, db, CONFIRM, token)
    if signature.state != SignatureState.VALIDATED:
        return see_other(f"/signatures/confirm/{token}")
    return _counted(state, signature, petition, template="petitions/confirmed.html")


@get("/signatures/withdraw/{token:str}", name="petitions.withdraw", guards=[anyone], sync_to_thread=True)
def withdraw_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes]:
    state = request.app.state
    signature, petition = _confirmable(state, db, WITHDRAW, token)
    return state.pages.personal("petitions/withdraw.html", petition=petition, signature=signature, token=token)


@post(
    "/signatures/withdraw/{token:str}",
    name="petitions.withdraw.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def withdraw(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Redirect:
    state = request.app.state
    signature, petition = _confirmable(state, db, WITHDRAW, token)
    closed_on = state.pages.say_last_day(petition.closes_at) if petition.closes_at else ""
    withdrawing.withdraw(db, signature.id, closed_on=closed_on, now=state.clock.now())
    return see_other(f"/signatures/withdraw/{token}")


@get("/signatures/not-me/{token:str}", name="petitions.not-me", guards=[anyone], sync_to_thread=True)
def not_me_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    state = request.app.state
    signature, petition = _confirmable(state, db, NOT_ME, token)
    return state.pages.personal("petitions/not_me.html", petition=petition, signature=signature, token=token)


@post(
    "/signatures/not-me/{token:str}",
    name="petitions.not-me.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def not_me(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Redirect:
    state = request.app.state
    signature, _petition = _confirmable(state, db, NOT_ME, token)
    withdrawing.disown(db, signature.id, state.clock.now())
    return see_other(f"/signatures/not-me/{token}")


def _request_act(state: Any, petition_id: int, person: PersonFields, *, sponsor: bool) -> SignatureRequest:
    return SignatureRequest(
        at=state.clock.now(),
        petition_id=petition_id,
        name=person.name,
        address=person.address,
        country=person.country,
        postcode=person.postcode,
        notify=person.notify,
        privacy=person.privacy,
        sponsor=sponsor,
    )


def _limit(request: Request[Any, Any, Any], policy: PetitionPolicy, petition_id: int) -> None:
    client = request.scope.get("client")
    allowance = Allowance(policy.sign_a_minute, policy.sign_an_hour)
    request.app.state.limits.spend(allowance, client[0] if client else "", "sign", str(petition_id))


def _signable(request: Request[Any, Any, Any], db: Session, ref: str) -> Petition:
    petition = queries.public_petition(db, petition_id_of(ref))
    standing = standing_of(petition, request.app.state.pages) if petition else None
    refusal = refusal_to_request(standing, sponsor=False, at=request.app.state.clock.now())
    if refusal is not None:
        raise refusal
    assert petition is not None
    return petition


def _sponsored(state: Any, db: Session, token: str) -> Petition:
    petition_id = state.keyring.read_token(SPONSOR, token)
    petition = db.get(Petition, petition_id) if petition_id is not None else None
    if petition is None or petition.state == PetitionState.HIDDEN:
        raise ConfirmationUnknown
    return petition


def _confirmable(state: Any, db: Session, purpose: str, token: str) -> tuple[Signature, Petition]:
    signature_id = state.keyring.read_token(purpose, token)
    signature = queries.signature(db, signature_id) if signature_id is not None else None
    if signature is None:
        raise ConfirmationUnknown
    petition = db.get_one(Petition, signature.petition_id)
    if petition.state == PetitionState.HIDDEN:
        raise _Removed
    return signature, petition


def _counted(state: Any, signature: Signature, petition: Petition, *, template: str) -> Response[bytes]:
    response: Response[bytes] = state.pages.personal(
        template,
        petition=petition,
        signature=signature,
        published=petition.was_published,
        withdraw_token=state.keyring.token(WITHDRAW, signature.id),
        petition_link=f"{state.settings.base_url}/petitions/{petition.id}",
    )
    return response


def _sign_context(petition: Petition, form: Form, policy: PetitionPolicy, state: Any) -> dict[str, Any]:
    return {
        "petition": petition,
        "form": form,
        "countries": sorted(country_names().items(), key=lambda pair: pair[1]),
        "asks_postcode": policy.postcode == "home",
        "home_country": state.settings.home_country,
        "privacy_version": PRIVACY_VERSION,
    }


def _sign_again(state: Any, policy: PetitionPolicy, petition_id: int, form: PersonForm) -> Response[bytes]:
    """The form with its faults, unless there is nothing to sign any more."""
    with state.database.reading() as db:
        petition = queries.public_petition(db, petition_id)
    standing = standing_of(petition, state.pages) if petition else None
    refusal: Refusal | None = refusal_to_request(standing, sponsor=False, at=state.clock.now())
    if refusal is not None or petition is None:
        raise refusal or NotFound
    response: Response[bytes] = state.pages.personal(
        "petitions/sign.html", status=422, **_sign_context(petition, form, policy, state)
    )
    return response


def _sponsor_again(state: Any, policy: PetitionPolicy, token: str, form: PersonForm) -> Response[Any] | Redirect:
    with state.database.reading() as db:
        petition = _sponsored(state, db, token)
    if petition.state not in TAKES_SPONSORS:
        return see_other(f"/petitions/{petition.id}")
    response: Response[bytes] = state.pages.personal(
        "petitions/sponsor.html", status=422, token=token, **_sign_context(petition, form, policy, state)
    )
    return response


class _Removed(Gone):
    code = "petition-removed"
    title = _("This petition has been removed")
    message = _("It broke the published standards, so it no longer takes signatures and this link does nothing.")
    way_on = ("/standards", _("Read the standards"))


HANDLERS = [
    sign_form,
    acts("/petitions/{ref:str}/sign", name="petitions.sign.post", answer=sign),
    sent,
    sponsor_form,
    sponsor,
    confirm_form,
    acts("/signatures/confirm/{token:str}", name="petitions.confirm.post", answer=confirm),
    confirmed,
    withdraw_form,
    withdraw,
    not_me_form,
    not_me,
]
