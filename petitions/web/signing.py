"""Sign, confirm, take back: the citizen's side. Acts go to the intake, pages are rendered in workers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ASGIApp
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.areas.queries import KEY as AREAS
from app.core.errors import Conflict, Gone, Invalid, NotFound, Refusal, TooMany
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.people.places import country_names
from app.core.security.limits import Allowance
from app.core.web.edge import acts, in_worker, read_body
from app.core.web.forms import Form, read_form
from app.core.web.page import SeeOther, see_other
from app.performance.service.opining import Question
from app.performance.web.asking import asked_how
from petitions import queries
from petitions.forms import PRIVACY_VERSION, PersonFields, PersonForm
from petitions.mails import CONFIRM, NOT_ME, SPONSOR, WITHDRAW
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.queries.measured import OPENED, SATISFACTION, SIGNING
from petitions.rules.eligibility import (
    ConfirmationExpired,
    ConfirmationUnknown,
    OtherPostcode,
    PetitionRemoved,
    SigningStopped,
    SponsorsFull,
    TwoAlready,
    is_signable,
    refusal_to_confirm,
    refusal_to_request,
)
from petitions.rules.lifecycle import TAKES_SPONSORS, PetitionState, SignatureState
from petitions.service import withdrawing
from petitions.service.acts import SignatureConfirmation, SignatureRequest
from petitions.web.addressed import petition_id_of
from petitions.web.correcting_address import SentRequest, cookie, cookie_name, read_cookie
from petitions.web.reading import standing_of
from petitions.web.stopped import signing_stopped


@get("/petitions/{ref:str}/sign", name="petitions.sign", guards=[anyone], sync_to_thread=True)
def sign_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    ref: FromPath[str],
) -> Response[bytes]:
    petition = _signable(request, db, ref)
    if (stopped := signing_stopped(request, db, petition)) is not None:
        return stopped
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "petitions/sign.html",
        keys=(f"petition:{petition.id}", AREAS),
        good_until=petition.closes_at,
        fresh_for=60,
        tallied=f"{SIGNING}:{OPENED}",
        **_sign_context(db, petition, PersonForm(values={"country": state.settings.home_country}), policy, state),
    )
    return response


async def sign(request: Request[Any, Any, Any]) -> ASGIApp:
    """Async: parse, check, hand to the intake."""
    state = request.app.state
    policy: PetitionPolicy = state.site.dependencies["policy"]
    petition_id = petition_id_of(request.scope["path_params"]["ref"])
    form = PersonForm(values=read_form(await read_body(request, state.settings.form_max_bytes)))
    busy = _over_limit(request, policy, petition_id)
    person = form.person(policy, state.settings.home_country) if busy is None else None
    if person is None:
        again: Response[bytes] = await in_worker(_sign_again, state, policy, petition_id, form, busy)
        return again  # type: ignore[return-value]  # the framework takes either
    act = _request_act(request, petition_id, person, sponsor=False)
    try:
        await state.intake.submit(act)
    except (SigningStopped, Invalid) as refused:
        kept: Response[bytes] = await in_worker(_sign_again, state, policy, petition_id, form, refused)
        return kept  # type: ignore[return-value]  # the framework takes either
    return SeeOther(f"/petitions/{petition_id}/sign/sent", _kept(state, act, person, _first(request, act, person)))


@get("/petitions/{ref:str}/sign/sent", name="petitions.sent", guards=[anyone], sync_to_thread=True)
def sent(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    ref: FromPath[str],
) -> Response[bytes]:
    petition = queries.public_petition(db, petition_id_of(ref))
    if petition is None or petition.state == PetitionState.HIDDEN:
        raise PetitionRemoved if petition is not None and petition.opened_at else NotFound
    again = "again" in request.query_params
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/sent.html",
        keys=(f"petition:{petition.id}",),
        fresh_for=60,
        **_sent_context(petition, policy, Form(), again=again),
    )
    return response


@post("/petitions/{ref:str}/sign/correct", name="petitions.correct", guards=[anyone], status_code=303)
async def correct(
    request: Request[Any, Any, Any], policy: NamedDependency[PetitionPolicy], ref: FromPath[str]
) -> Response[Any] | Redirect:
    """Another address for what was just sent, or the letter once more; the first request lapses."""
    state = request.app.state
    petition_id = petition_id_of(ref)
    value = request.cookies.get(cookie_name(state.settings.secure), "")
    before = read_cookie(state.keyring, value, petition_id, state.clock.now())
    if before is None:
        raise NothingToCorrect(petition=petition_id)
    form = Form(values=read_form(await request.body()))
    busy = _over_limit(request, policy, petition_id)
    address = form.read("email", read_address) if form.get("again") != "yes" else before.person.address
    if busy is not None or address is None:
        return await in_worker(_sent_again, state, policy, petition_id, form, busy)
    person = replace(before.person, address=address)
    act = _request_act(request, petition_id, person, sponsor=before.sponsor)
    same = address.canonical == before.person.address.canonical
    if not same:
        act.replaces = before.act
    try:
        await state.intake.submit(act)
    except SigningStopped as stopped:
        return await in_worker(_sent_again, state, policy, petition_id, form, stopped)
    first = before.act if same else act.id  # a letter sent again is still of the first request
    return _on(f"/petitions/{petition_id}/sign/sent?again", _kept(state, act, person, first))


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
    if (stopped := signing_stopped(request, db, petition)) is not None:
        return stopped
    form = PersonForm(values={"country": state.settings.home_country})
    context = _sign_context(db, petition, form, policy, state)
    return state.pages.personal("petitions/sponsor.html", token=token, **context)


@post("/sponsor/{token:str}", name="petitions.sponsor.post", guards=[anyone], status_code=303)
async def sponsor(
    request: Request[Any, Any, Any], policy: NamedDependency[PetitionPolicy], token: FromPath[str]
) -> Response[Any] | Redirect:
    """A supporter signs; the first one's form proves the creator's address."""
    state = request.app.state
    petition_id = state.keyring.read_token(SPONSOR, token)
    if petition_id is None:
        raise ConfirmationUnknown
    form = PersonForm(values=read_form(await request.body()))
    busy = _over_limit(request, policy, petition_id)
    person = form.person(policy, state.settings.home_country) if busy is None else None
    if person is None:
        return await in_worker(_sponsor_again, state, policy, token, form, busy)
    act = _request_act(request, petition_id, person, sponsor=True)
    try:
        await state.intake.submit(act)
    except SponsorsFull:
        return see_other(f"/petitions/{petition_id}")
    except (SigningStopped, Invalid) as refused:
        return await in_worker(_sponsor_again, state, policy, token, form, refused)
    return _on(f"/petitions/{petition_id}/sign/sent", _kept(state, act, person, _first(request, act, person)))


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
        raise _asked_again_by(state, petition, refusal)
    closed = petition.closes_at is not None and petition.closes_at <= now
    return state.pages.personal(
        "petitions/confirm.html", petition=petition, signature=signature, token=token, closed=closed
    )


async def confirm(request: Request[Any, Any, Any]) -> ASGIApp:
    state = request.app.state
    token = request.scope["path_params"]["token"]
    signature_id = state.keyring.read_token(CONFIRM, token)
    if signature_id is None:
        raise ConfirmationUnknown
    try:
        await state.intake.submit(SignatureConfirmation(at=state.clock.now(), signature_id=signature_id))
    except (ConfirmationExpired, TwoAlready, OtherPostcode) as refused:
        raise await in_worker(_refused_supporter, state, token, refused) from None
    return SeeOther(f"/signatures/confirmed/{token}")


@get("/signatures/confirmed/{token:str}", name="petitions.confirmed", guards=[anyone], sync_to_thread=True)
def confirmed(
    request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]
) -> Response[bytes] | Redirect:
    state = request.app.state
    signature, petition = _confirmable(state, db, CONFIRM, token)
    if signature.state != SignatureState.VALIDATED:
        return see_other(f"/signatures/confirm/{token}")
    question = asked_how(request, SATISFACTION)
    return _counted(state, signature, petition, template="petitions/confirmed.html", question=question)


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


def _request_act(
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


def _kept(state: Any, act: SignatureRequest, person: PersonFields, first: int | None = None) -> bytes:
    """The cookie by which its sender can correct the address for an hour; ``first``: the request that lapses then."""
    sent = SentRequest(first or act.id, act.petition_id, person, act.sponsor, act.at)
    return cookie(state.keyring, sent, secure=state.settings.secure)


def _first(request: Request[Any, Any, Any], act: SignatureRequest, person: PersonFields) -> int:
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


def _on(path: str, cookie: bytes) -> Redirect:
    response = see_other(path)
    response.headers["set-cookie"] = cookie.decode("ascii")
    return response


def _over_limit(request: Request[Any, Any, Any], policy: PetitionPolicy, petition_id: int) -> TooMany | None:
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
    if petition.state == PetitionState.HIDDEN and purpose != NOT_ME:  # nobody loses the way to disown a signature
        raise _Removed
    return signature, petition


def _refused_supporter(state: Any, token: str, refused: Refusal) -> Refusal:
    with state.database.reading() as db:
        _signature, petition = _confirmable(state, db, CONFIRM, token)
        return _asked_again_by(state, petition, refused)


def _asked_again_by(state: Any, petition: Petition, refused: Refusal) -> Refusal:
    """The refusal, which leads a supporter back to the secret link: the public form takes nobody before publication."""
    to_sign_again = refused.way_on[0] == "/petitions/{petition}/sign"
    if to_sign_again and petition.state in TAKES_SPONSORS and not petition.was_published:
        link = f"/sponsor/{state.keyring.token(SPONSOR, petition.id)}"
        refused.way_on = (link, _("Support the petition again"))  # type: ignore[misc]
    return refused


def _counted(
    state: Any, signature: Signature, petition: Petition, *, template: str, question: Question | None = None
) -> Response[bytes]:
    """``question``: how it was, asked once it is done."""
    response: Response[bytes] = state.pages.personal(
        template,
        petition=petition,
        signature=signature,
        published=petition.was_published,
        signable=is_signable(petition.state, petition.closes_at, state.clock.now()),
        withdraw_token=state.keyring.token(WITHDRAW, signature.id),
        petition_link=f"{state.settings.base_url}/petitions/{petition.id}",
        question=question,
    )
    return response


def _sign_context(db: Session, petition: Petition, form: Form, policy: PetitionPolicy, state: Any) -> dict[str, Any]:
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


def _sign_again(
    state: Any, policy: PetitionPolicy, petition_id: int, form: PersonForm, busy: Refusal | None
) -> Response[bytes]:
    """The form with its faults, unless there is nothing to sign any more."""
    with state.database.reading() as db:
        petition = queries.public_petition(db, petition_id)
        context = _sign_context(db, petition, form, policy, state) if petition is not None else {}
    standing = standing_of(petition, state.pages) if petition else None
    refusal: Refusal | None = refusal_to_request(standing, sponsor=False, at=state.clock.now())
    if refusal is not None or petition is None:
        raise refusal or NotFound
    return _again(state, "petitions/sign.html", busy, **context)


def _sponsor_again(
    state: Any, policy: PetitionPolicy, token: str, form: PersonForm, busy: Refusal | None
) -> Response[Any] | Redirect:
    with state.database.reading() as db:
        petition = _sponsored(state, db, token)
        context = _sign_context(db, petition, form, policy, state)
    if petition.state not in TAKES_SPONSORS:
        return see_other(f"/petitions/{petition.id}")
    return _again(state, "petitions/sponsor.html", busy, token=token, **context)


def _sent_again(
    state: Any, policy: PetitionPolicy, petition_id: int, form: Form, busy: Refusal | None
) -> Response[bytes]:
    with state.database.reading() as db:
        petition = queries.public_petition(db, petition_id)
    if petition is None or petition.state == PetitionState.HIDDEN:
        raise PetitionRemoved if petition is not None and petition.opened_at else NotFound
    return _again(state, "petitions/sent.html", busy, **_sent_context(petition, policy, form, again=False))


def _again(state: Any, template: str, busy: Refusal | None, **values: Any) -> Response[bytes]:
    """The page once more, fields kept: with its faults (422), or because nothing can be sent just now (429, 409)."""
    if isinstance(busy, Invalid):
        values["form"], busy = type(values["form"]).again(values["form"].values, busy), None
    response: Response[bytes] = state.pages.personal(
        template, status=422 if busy is None else busy.status, busy=busy, error_prefix=True, **values
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


def _sent_context(petition: Petition, policy: PetitionPolicy, form: Form, *, again: bool) -> dict[str, Any]:
    return {
        "petition": petition,
        "published": petition.was_published,
        "days": policy.confirm_days,
        "letters": policy.letters_a_signature,
        "form": form,
        "again": again,
    }


class NothingToCorrect(Conflict):
    """No sealed request of the last hour came with the form."""

    code = "nothing-to-correct"
    title = _("We no longer know what you sent")
    message = _(
        "An address can be corrected for an hour, in the browser that sent the form. Nothing was changed: "
        "fill in the form again with the right address."
    )
    way_on = ("/petitions/{petition}", _("Back to the petition"))


class _Removed(Gone):
    code = "petition-removed"
    title = _("This petition has been removed")
    message = _("It broke the published standards, so it no longer takes signatures and this link does nothing.")
    way_on = ("/standards", _("Read the standards"))


HANDLERS = [
    sign_form,
    acts("/petitions/{ref:str}/sign", name="petitions.sign.post", answer=sign),
    sent,
    correct,
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
