"""The petitions API: the same services and rules as the pages."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter, RawBody
from sqlalchemy import exc
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core import idempotency
from app.core.errors import NotFound
from app.core.idempotency import Claim, KeyReused, Replay
from app.core.paging import A_PAGE, Page
from app.core.security.limits import Allowance
from app.core.web.page import public
from app.departments import queries as departments
from petitions import queries
from petitions.api.schema import (
    Accepted,
    Confirmation,
    ConfirmationIn,
    PetitionAccepted,
    PetitionIn,
    PetitionLinks,
    PetitionOut,
    PetitionPage,
    Problem,
    SignatureIn,
)
from petitions.forms import CreatorForm, PersonForm, draft_of, read_texts, words_only
from petitions.mails import CONFIRM
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.queries import SORTS, STATES, Search
from petitions.rules.eligibility import ConfirmationUnknown, PetitionRemoved, is_signable
from petitions.rules.lifecycle import VISIBLE, PetitionState
from petitions.service import drafting
from petitions.service.acts import REQUESTED_JSON, SignatureConfirmation, SignatureRequest, confirmed_json

JSON = "application/json"
_PROBLEMS = {
    status: ResponseSpec(Problem, media_type="application/problem+json", description=words)
    for status, words in {
        400: "Not JSON",
        404: "Unknown",
        409: "No longer possible",
        410: "Expired or removed",
        413: "Too long",
        422: "A field is wrong",
        429: "Over a limit",
        503: "Busy: send it again",
    }.items()
}
_Key = Annotated[
    str, HeaderParameter(name="Idempotency-Key", description="A repeat with the same key gets the same answer.")
]


@get(
    "/api/v1/petitions",
    name="petitions.api.list",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    responses=_PROBLEMS,
)
def petitions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    q: FromQuery[str] = "",
    in_state: Annotated[str, QueryParameter(name="state", description=f"One of {', '.join(STATES)}.")] = "open",
    sort: FromQuery[Annotated[str, QueryParameter(description=f"One of {', '.join(SORTS)}.")]] = "popular",
    department: FromQuery[str] = "",
    page: Annotated[int, QueryParameter(ge=1, le=100_000)] = 1,
) -> Response[PetitionPage]:
    """Petitions, filtered and sorted as on the page."""
    now = request.app.state.clock.now()
    named = departments.by_slug(db, department) if department else None
    search = Search(
        q=q[:200],
        state=in_state if in_state in STATES else "open",
        sort=sort if sort in SORTS else "popular",
        department_id=named.id if named else None,
    )
    rows, total = queries.listed(db, search, offset=(page - 1) * A_PAGE, most=A_PAGE, now=now)
    kept = {"q": q, "state": in_state, "sort": sort, "department": department}
    shown = Page(rows=rows, total=total, page=page, path="/api/v1/petitions", query=kept)
    base = request.app.state.settings.base_url
    names = departments.by_ids(db, [p.lead_department_id for p in rows])
    body = PetitionPage(
        total=total,
        page=page,
        pages=shown.pages,
        petitions=[_out(p, names, base, now) for p in rows],
        next=base + shown.url(page + 1) if page < shown.pages else None,
        previous=base + shown.url(page - 1) if page > 1 else None,
    )
    return public(msgspec.json.encode(body), JSON, keys=("petitions",), fresh_for=5)  # type: ignore[return-value]


@get(
    "/api/v1/petitions/{petition_id:int}",
    name="petitions.api.show",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    responses=_PROBLEMS,
)
def petition(
    request: Request[Any, Any, Any], db: NamedDependency[Session], petition_id: FromPath[int]
) -> Response[PetitionOut]:
    """One petition whose text is public."""
    found = queries.public_petition(db, petition_id)
    if found is not None and found.state == PetitionState.HIDDEN:
        raise PetitionRemoved
    if found is None or found.state not in VISIBLE:
        raise NotFound
    names = departments.by_ids(db, [found.lead_department_id])
    state = request.app.state
    body = msgspec.json.encode(_out(found, names, state.settings.base_url, state.clock.now()))
    until = found.closes_at if found.closes_at and found.closes_at > state.clock.now() else None
    return public(body, JSON, keys=(f"petition:{found.id}",), good_until=until)  # type: ignore[return-value]


@post(
    "/api/v1/petitions",
    name="petitions.api.start",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    status_code=202,
    responses=_PROBLEMS,
)
def start(
    request: Request[Any, Any, Any],
    policy: NamedDependency[PetitionPolicy],
    data: JSONBody[PetitionIn],
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
    draft = draft_of(texts, person, claim.key.hex() if claim else "")
    client = request.client.host if request.client else ""
    allowance = Allowance(policy.create_most, policy.create_an_hour, policy.create_seconds)

    def store(db: Session) -> Replay | KeyReused | bytes:
        if claim and (earlier := idempotency.earlier_answers(db, [claim]).get(claim.key)):
            return earlier
        state.limits.spend(allowance, client, "create")
        now = state.clock.now()
        started = drafting.start(db, state.keyring, policy, draft, now)
        answer = msgspec.json.encode(PetitionAccepted(started.id, started.state))
        if claim:
            idempotency.keep(db, [(claim, 202, answer)], now)
        return answer

    with state.in_flight.hold(claim):  # until it is stored: a transaction of its own, not the request's
        try:
            answer = state.database.retrying(store)
        except exc.IntegrityError:  # another process answered the same key meanwhile
            answer = state.database.retrying(store)
    return _answered(answer, 202, answer if isinstance(answer, bytes) else None)  # type: ignore[return-value]


@post(
    "/api/v1/petitions/{petition_id:int}/signatures",
    name="petitions.api.sign",
    include_in_schema=True,
    guards=[anyone],
    status_code=202,
    responses=_PROBLEMS,
)
async def sign(
    request: Request[Any, Any, Any],
    policy: NamedDependency[PetitionPolicy],
    petition_id: FromPath[int],
    data: JSONBody[SignatureIn],
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
        notify=person.notify,
        privacy=person.privacy,
    )
    with state.in_flight.hold(claim):
        answer = await state.intake.submit(act)
    return _answered(answer, 202, REQUESTED_JSON)  # type: ignore[return-value]


@post(
    "/api/v1/signatures/confirmations",
    name="petitions.api.confirm",
    include_in_schema=True,
    guards=[anyone],
    status_code=200,
    responses=_PROBLEMS,
)
async def confirm(
    request: Request[Any, Any, Any], data: JSONBody[ConfirmationIn], body: RawBody, idempotency_key: _Key = ""
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


def _out(found: Petition, names: Any, base: str, now: Any) -> PetitionOut:
    signable = is_signable(found.state, found.closes_at, now)
    lead = names.get(found.lead_department_id or 0)
    return PetitionOut(
        id=found.id,
        state=found.state,
        action=found.action,
        background=found.background,
        additional_details=found.additional_details,
        creator_name=found.creator_name if found.state == PetitionState.OPEN else None,
        signature_count=found.signature_count,
        imported_count=found.imported_count,
        response_threshold=found.response_threshold,
        debate_threshold=found.debate_threshold,
        department=lead.slug if lead else None,
        created_at=found.created_at,
        opened_at=found.opened_at,
        closes_at=found.closes_at,
        closed_at=found.closed_at,
        signable=signable,
        links=PetitionLinks(
            self=f"{base}/api/v1/petitions/{found.id}",
            page=f"{base}/petitions/{found.id}",
            sign=f"{base}/api/v1/petitions/{found.id}/signatures" if signable else None,
            count=f"{base}/petitions/{found.id}/count.json",
        ),
    )


HANDLERS = [petitions, petition, start, sign, confirm]
