"""Responding by program: the same rules and the same acts as the pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, HeaderParameter, RawBody
from litestar.types import ASGIApp
from msgspec import Meta, Struct

from app.accounts.guards import anyone
from app.core import idempotency
from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _, language
from app.core.idempotency import Claim, KeyReused, Replay, StillRunning
from app.core.security.limits import Allowance
from app.core.security.nonces import new_key
from app.core.text.figures import is_whole
from app.core.web.bodies import UNREADABLE, refusal_of
from app.core.web.edge import MOST_ID, OPEN_TO_ANYONE, Ready, in_worker, read_body
from app.core.web.forms import Form
from app.core.web.problems import BUSY, OF_A_BODY, OVER_A_LIMIT, UNKNOWN, answers, problems, wrong
from consultations.forms import About, encoded, read_about
from consultations.policy import ConsultationPolicy
from consultations.queries.answering import CONFIRM
from consultations.queries.current import Current
from consultations.queries.questionnaires import Asked
from consultations.rules.answers import check_all
from consultations.rules.questionnaire import QuestionKind
from consultations.rules.sending import (
    ConsultationClosed,
    ConsultationNotOpen,
    QuestionsChanged,
    ResponseEnded,
    ResponseLinkExpired,
    ResponseLinkUnknown,
)
from consultations.service.acts import COUNTED_JSON, SENT_JSON, ConfirmResponse, SendResponse, Sent

JSON = "application/json"
TOKEN = "DKiHs22psiec9hTOxCCSyedNlAWOfCjI"


class ResponseIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody responds. Nothing is counted until the mailed link is confirmed."""

    answers: Annotated[
        dict[str, Any],
        Meta(
            description="By number of the question, see the questionnaire. Text: a string. One of several, or several: "
            '`{"options": [4], "other": "…"}`. Scale: a whole number. Grid: row number to column number. Order: option '
            "numbers, the first place first. Number and date: strings. Files cannot be sent here."
        ),
    ]
    name: Annotated[str, Meta(description="Full name.", examples=["Amina Okafor"])]
    email: Annotated[str, Meta(examples=["amina@example.org"])]
    consent: Annotated[str, Meta(description="`named`, `anonymous` or `none`: what may be published.")]
    privacy: Annotated[str, Meta(description="Version of the privacy notice that was shown.", examples=["1"])]
    organisation: Annotated[str, Meta(description="Where it is the response of one.")] = ""
    easy_read: Annotated[bool, Meta(description="The questions were shown in plain words.")] = False
    notify: Annotated[bool, Meta(description="Letters with news of this consultation, please.")] = False


_RESPONSE = msgspec.json.Decoder(ResponseIn)


class ResponseAccepted(Struct, frozen=True):
    """A letter goes out; nothing is counted yet."""

    state: str


class ResponseConfirmationIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The token of the mailed link, without the address before it."""

    token: Annotated[str, Meta(examples=[TOKEN])]


class ResponseCounted(Struct, frozen=True):
    state: str


SEND = [
    Example(
        summary="A response",
        value={
            "answers": {"2": {"options": [12]}, "3": "It is too dear."},
            "name": "Amina Okafor",
            "email": "amina@example.org",
            "consent": "anonymous",
            "privacy": "1",
        },
    )
]
CONFIRMING = [Example(summary="The last part of the letter's link", value={"token": TOKEN})]
_CLOSED = ConsultationClosed(consultation=17)
_SEND_PROBLEMS = problems(
    *OF_A_BODY,
    UNKNOWN,
    ConsultationNotOpen(consultation=17),
    _CLOSED,
    QuestionsChanged(consultation=17),
    StillRunning(),
    KeyReused(),
    wrong("answers.2", _("Choose one of the answers")),
    OVER_A_LIMIT,
    BUSY,
)
_CONFIRM_PROBLEMS = problems(
    *OF_A_BODY,
    ResponseLinkUnknown(),
    ResponseLinkExpired(consultation=17, days=7),
    ResponseEnded(consultation=17),
    ConsultationNotOpen(consultation=17),
    KeyReused(),
    StillRunning(),
    OVER_A_LIMIT,
    BUSY,
)
_Key = Annotated[
    str, HeaderParameter(name="Idempotency-Key", description="A repeat with the same key gets the same answer.")
]


async def respond_at_once(request: Request[Any, Any, Any]) -> ASGIApp:
    """What answers every request of the route below: resolving arguments costs as much as a response's checks."""
    state, policy = request.app.state, request.app.state.site.dependencies["consulting"]
    consultation_id = int(request.scope["path_params"]["consultation_id"])
    if not 0 < consultation_id < MOST_ID:
        raise NotFound
    client = request.scope.get("client")
    allowance = Allowance(policy.respond_a_minute, policy.respond_an_hour)
    state.limits.spend(allowance, client[0] if client else "", "respond-1", str(consultation_id))
    body = await read_body(request, 5 * policy.response_bytes)
    data = read_response(body)
    about = _about(data)
    claim = _claim(request, request.headers.get("idempotency-key", ""), body)
    with state.in_flight.hold(claim):
        answer = await _sent(request, policy, state.site.dependencies["asked_now"], consultation_id, data, about, claim)
    return _ACCEPTED if isinstance(answer, Sent) else Ready(_answered(answer, 202, SENT_JSON))


def read_response(body: bytes) -> ResponseIn:
    """Strictly as it is described; raises a refusal where it is anything else, however deep."""
    try:
        return _RESPONSE.decode(body)
    except UNREADABLE as wrong:
        raise refusal_of(body, ResponseIn) from wrong


@post(
    "/api/v1/consultations/{consultation_id:int}/responses",
    name="consultations.api.respond",
    summary="Send a response",
    include_in_schema=True,
    before_request=respond_at_once,
    opt=OPEN_TO_ANYONE,
    status_code=202,
    responses={202: answers(ResponseAccepted, "A letter goes out", ResponseAccepted("pending")), **_SEND_PROBLEMS},
)
async def respond(
    consultation_id: FromPath[int],
    data: Annotated[ResponseIn, BodyKwarg(media_type=RequestEncodingType.JSON, examples=SEND)],
    idempotency_key: _Key = "",
) -> Response[ResponseAccepted]:
    """Send a response. The answer is the same whether the address is new, waits or has responded."""
    raise AssertionError("the hook answers every request")


async def _sent(
    request: Request[Any, Any, Any],
    policy: ConsultationPolicy,
    asked_now: Current,
    consultation_id: int,
    data: ResponseIn,
    about: About,
    claim: Claim | None,
) -> Any:
    """Once more where the questions changed in the second since they were looked up."""
    state, at = request.app.state, request.app.state.clock.now()
    form_key = hashlib.sha256(claim.key).hexdigest() if claim else new_key().hex()
    for again in (False, True):
        version, asked = await _questions(request, asked_now, consultation_id)
        act = SendResponse(
            at=at,
            claim=claim,
            consultation_id=consultation_id,
            form_key=form_key,
            answers=read_answers(asked, data.answers, policy),
            questionnaire_version=version,
            name=about.name,
            address=about.address,
            organisation=about.organisation,
            easy_read=data.easy_read,
            consent=about.consent,
            notify=about.news,
            language=language.get(),
            privacy=data.privacy,
        )
        try:
            return await state.intake.submit(act)
        except QuestionsChanged:
            asked_now.forget(consultation_id)
            if again:
                raise
    raise AssertionError("unreachable")


async def _questions(request: Request[Any, Any, Any], asked_now: Current, consultation_id: int) -> tuple[int, Asked]:
    known = asked_now.known(consultation_id) or await in_worker(_look, request, asked_now, consultation_id)
    if known is None:
        raise NotFound
    return known


def _look(request: Request[Any, Any, Any], asked_now: Current, consultation_id: int) -> tuple[int, Asked] | None:
    with request.app.state.database.reading() as db:
        return asked_now.look(db, consultation_id)


def read_answers(asked: Asked, given: Mapping[str, Any], policy: ConsultationPolicy) -> bytes:
    """As they are stored; raises Invalid with one error a question, and then nothing is stored."""
    wrong: list[FieldError] = []
    numbers: dict[int, Any] = {}
    for name, value in given.items():
        if not is_whole(name, figures=9):
            wrong.append(FieldError(f"answers.{name[:40]}", str(_("There is no such question in this consultation."))))
        elif value and (q := asked.questionnaire.by_id.get(int(name))) is not None and q.kind is QuestionKind.FILE:
            wrong.append(FieldError(f"answers.{name}", str(_("Files cannot be sent here. Use the form of this site."))))
        else:
            numbers[int(name)] = value
    checked = check_all(asked.questionnaire, numbers, policy)
    wrong += [FieldError(f"answers.{p.question}", str(p.message)) for p in checked.problems]
    body = encoded(checked.answers) if not wrong else b""
    if len(body) > policy.response_bytes:
        wrong.append(FieldError("answers", str(_("The response is too long as a whole."))))
    if wrong:
        raise Invalid(wrong)
    return body


def _about(data: ResponseIn) -> About:
    values = {
        "name": data.name,
        "email": data.email,
        "organisation": data.organisation,
        "consent": data.consent,
        "news": "yes" if data.notify else "no",
        "privacy": data.privacy,
    }
    form = Form(values=values)
    about = read_about(form, is_organisation=bool(data.organisation))
    form.check()
    assert about is not None
    return about


@post(
    "/api/v1/responses/confirmations",
    name="consultations.api.confirm",
    summary="Have a response counted",
    include_in_schema=True,
    guards=[anyone],
    status_code=200,
    responses={200: answers(ResponseCounted, "Counted", ResponseCounted("submitted")), **_CONFIRM_PROBLEMS},
)
async def confirm(
    request: Request[Any, Any, Any],
    data: Annotated[ResponseConfirmationIn, BodyKwarg(media_type=RequestEncodingType.JSON, examples=CONFIRMING)],
    body: RawBody,
    idempotency_key: _Key = "",
) -> Response[ResponseCounted]:
    """Have a response counted. The same token again gets the same answer."""
    state = request.app.state
    response_id = state.keyring.read_token(CONFIRM, data.token)
    if response_id is None:
        raise ResponseLinkUnknown
    claim = _claim(request, idempotency_key, body)
    act = ConfirmResponse(at=state.clock.now(), claim=claim, response_id=response_id)
    with state.in_flight.hold(claim):
        answer = await state.intake.submit(act)
    return _answered(answer, 200, COUNTED_JSON)  # type: ignore[return-value]


def _claim(request: Request[Any, Any, Any], key: str, body: bytes) -> Claim | None:
    """Scoped to who calls: a bearer token, else the network address."""
    caller = request.headers.get("authorization") or (request.client.host if request.client else "")
    return idempotency.claim(caller, f"{request.method} {request.url.path}", key, body)


def _answered(answer: Any, status: int, content: bytes) -> Response[bytes]:
    if isinstance(answer, KeyReused):
        raise answer
    if isinstance(answer, Replay):
        headers = {"cache-control": "no-store", "idempotency-replayed": "true"}
        return Response(answer.body, status_code=answer.status, media_type=JSON, headers=headers)
    return Response(content, status_code=status, media_type=JSON, headers={"cache-control": "no-store"})


#: what almost every response is answered; it is the same each time
_ACCEPTED = Ready(_answered(None, 202, SENT_JSON))
HANDLERS = [respond, confirm]
__all__ = ["HANDLERS", "ResponseIn", "read_answers"]
