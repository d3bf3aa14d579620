"""The petitions API: the same services and rules as the pages."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, HeaderParameter, RawBody
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.areas.service.placing import Living
from app.core import idempotency
from app.core.i18n import _
from app.core.idempotency import Claim, KeyReused, Replay, StillRunning
from app.core.security.limits import Allowance
from app.core.web.problems import BUSY, OF_A_BODY, OVER_A_LIMIT, UNKNOWN, answers, problems, wrong
from app.core.web.repeats import Done, once
from petitions.api import examples, reading
from petitions.api.schema import Accepted, Confirmation, ConfirmationIn, PetitionAccepted, PetitionIn, SignatureIn
from petitions.forms import CreatorForm, PersonForm, draft_of, read_texts, words_only
from petitions.mails import CONFIRM
from petitions.policy import PetitionPolicy
from petitions.rules.eligibility import (
    AlreadySigned,
    ConfirmationExpired,
    ConfirmationUnknown,
    OtherPostcode,
    PetitionClosed,
    SignatureWithdrawn,
    TwoAlready,
)
from petitions.rules.stops import CreatingStopped
from petitions.service import drafting, stops
from petitions.service.acts import REQUESTED_JSON, SignatureConfirmation, SignatureRequest, confirmed_json

JSON = "application/json"


def _body(shown: list[Example]) -> BodyKwarg:
    return BodyKwarg(media_type=RequestEncodingType.JSON, examples=shown)


_WRONG_COUNTRY = wrong("country", _("Choose the country you live in."))
_CLOSED = PetitionClosed(petition=17, closed_on="4 May 2027")
_START_PROBLEMS = problems(
    *OF_A_BODY, CreatingStopped(), StillRunning(), KeyReused(), _WRONG_COUNTRY, OVER_A_LIMIT, BUSY
)
_SIGN_PROBLEMS = problems(*OF_A_BODY, UNKNOWN, _CLOSED, StillRunning(), KeyReused(), _WRONG_COUNTRY, OVER_A_LIMIT, BUSY)
_CONFIRM_PROBLEMS = problems(
    *OF_A_BODY,
    ConfirmationUnknown(),
    _CLOSED,
    AlreadySigned(petition=17),
    TwoAlready(petition=17),
    OtherPostcode(petition=17),
    ConfirmationExpired(petition=17, days=7),
    SignatureWithdrawn(petition=17),
    KeyReused(),
    OVER_A_LIMIT,
    BUSY,
)
_Key = Annotated[
    str, HeaderParameter(name="Idempotency-Key", description="A repeat with the same key gets the same answer.")
]


@post(
    "/api/v1/petitions",
    name="petitions.api.start",
    summary="Start a petition",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    status_code=202,
    responses={
        202: answers(PetitionAccepted, "A letter goes out", PetitionAccepted(17, "pending")),
        **_START_PROBLEMS,
    },
)
def start(
    request: Request[Any, Any, Any],
    policy: NamedDependency[PetitionPolicy],
    data: Annotated[PetitionIn, _body(examples.START)],
    body: RawBody,
    idempotency_key: _Key = "",
) -> Response[PetitionAccepted]:
    """Start a petition; a letter with the link for supporters goes to its creator."""
    state = request.app.state
    claim = _claim(request, idempotency_key, body)
    form = CreatorForm(values=words_only(msgspec.to_builtins(data)))
    texts, person = read_texts(form), form.person(policy, state.settings.home_country)
    form.check()
    assert texts is not None and person is not None
    client = request.client.host if request.client else ""
    submission = claim.key.hex() if claim else ""
    lives = Living(person.country, person.postcode, person.area)
    allowance = Allowance(policy.create_most, policy.create_an_hour, policy.create_seconds)

    def act(db: Session) -> Done:
        now = state.clock.now()
        if (words := stops.stopped(db, now).creating) is not None:
            raise CreatingStopped(words)
        state.limits.spend(allowance, client, "create")
        blocks = state.site.dependencies["blocklist"].now(db)
        draft = draft_of(texts, person, submission, client, state.site.dependencies["placing"].area_of(db, lives))
        started = drafting.start(db, state.keyring, policy, draft, now, blocks)
        return Done(202, msgspec.json.encode(PetitionAccepted(started.id, started.state)))

    return once(state, claim, act)  # type: ignore[return-value]


@post(
    "/api/v1/petitions/{petition_id:int}/signatures",
    name="petitions.api.sign",
    summary="Ask for a signature",
    include_in_schema=True,
    guards=[anyone],
    status_code=202,
    responses={202: answers(Accepted, "A letter goes out", Accepted("pending")), **_SIGN_PROBLEMS},
)
async def sign(
    request: Request[Any, Any, Any],
    policy: NamedDependency[PetitionPolicy],
    petition_id: FromPath[int],
    data: Annotated[SignatureIn, _body(examples.SIGN)],
    body: RawBody,
    idempotency_key: _Key = "",
) -> Response[Accepted]:
    """Ask for a signature. The answer is the same whether the address is new, pending or has signed."""
    state = request.app.state
    client = request.client.host if request.client else ""
    allowance = Allowance(policy.sign_a_minute, policy.sign_an_hour)
    state.limits.spend(allowance, client, "sign", str(petition_id))
    form = PersonForm(values=words_only(msgspec.to_builtins(data)))
    person = form.person(policy, state.settings.home_country)
    form.check()
    assert person is not None
    claim = _claim(request, idempotency_key, body)
    act = SignatureRequest(
        at=state.clock.now(),
        claim=claim,
        petition_id=petition_id,
        name=person.name,
        address=person.address,
        country=person.country,
        postcode=person.postcode,
        area=person.area,
        notify=person.notify,
        privacy=person.privacy,
        client=client,
    )
    with state.in_flight.hold(claim):
        answer = await state.intake.submit(act)
    return _answered(answer, 202, REQUESTED_JSON)  # type: ignore[return-value]


@post(
    "/api/v1/signatures/confirmations",
    name="petitions.api.confirm",
    summary="Have a signature counted",
    include_in_schema=True,
    guards=[anyone],
    status_code=200,
    responses={200: answers(Confirmation, "Counted", Confirmation(17, "validated", 43)), **_CONFIRM_PROBLEMS},
)
async def confirm(
    request: Request[Any, Any, Any],
    data: Annotated[ConfirmationIn, _body(examples.CONFIRM)],
    body: RawBody,
    idempotency_key: _Key = "",
) -> Response[Confirmation]:
    """Have a signature counted. The same token again gets the same answer."""
    state = request.app.state
    signature_id = state.keyring.read_token(CONFIRM, data.token)
    if signature_id is None:
        raise ConfirmationUnknown
    claim = _claim(request, idempotency_key, body)
    act = SignatureConfirmation(at=state.clock.now(), claim=claim, signature_id=signature_id)
    with state.in_flight.hold(claim):
        answer = await state.intake.submit(act)
    return _answered(answer, 200, None)  # type: ignore[return-value]


def _claim(request: Request[Any, Any, Any], key: str, body: bytes) -> Claim | None:
    """Scoped to who calls: a bearer token, else the network address."""
    caller = request.headers.get("authorization") or (request.client.host if request.client else "")
    return idempotency.claim(caller, f"{request.method} {request.url.path}", key, body)


def _answered(answer: Any, status: int, constant: bytes | None) -> Response[bytes]:
    if isinstance(answer, (Replay, KeyReused)):
        return _replayed(answer)
    content = constant if constant is not None else confirmed_json(answer)
    return Response(content, status_code=status, media_type=JSON, headers={"cache-control": "no-store"})


def _replayed(earlier: Replay | KeyReused) -> Response[bytes]:
    if isinstance(earlier, KeyReused):
        raise earlier
    headers = {"cache-control": "no-store", "idempotency-replayed": "true"}
    return Response(earlier.body, status_code=earlier.status, media_type=JSON, headers=headers)


HANDLERS = [*reading.HANDLERS, start, sign, confirm]
