"""Signing a published petition. Acts go to the intake, pages are rendered in workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import ASGIApp
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.areas.queries import KEY as AREAS
from app.core.errors import Invalid, NotFound, Refusal
from app.core.web.edge import acts, in_worker, read_body
from app.core.web.forms import read_form
from app.core.web.page import SeeOther
from petitions import queries
from petitions.forms import PersonForm
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.queries.measured import OPENED, SIGNING
from petitions.rules.eligibility import (
    SigningStopped,
    refusal_to_request,
)
from petitions.web.addressed import petition_id_of
from petitions.web.reading import standing_of
from petitions.web.sign_forms import first_act, form_context, kept, over_limit, request_act, shown_again
from petitions.web.stopped import signing_stopped


@get("/petitions/{ref:str}/sign", name="petitions.sign", guards=[anyone], sync_to_thread=True)
def sign_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    ref: FromPath[str],
) -> Response[bytes]:
    petition, closes_at = _signable(request, db, ref)
    if (stopped := signing_stopped(request, db, petition)) is not None:
        return stopped
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "petitions/sign.html",
        keys=(f"petition:{petition.id}", AREAS),
        good_until=closes_at,
        fresh_for=60,
        tallied=f"{SIGNING}:{OPENED}",
        **form_context(db, petition, PersonForm(values={"country": state.settings.home_country}), policy, state),
    )
    return response


async def sign(request: Request[Any, Any, Any]) -> ASGIApp:
    """Async: parse, check, hand to the intake."""
    state = request.app.state
    policy: PetitionPolicy = state.site.dependencies["policy"]
    petition_id = petition_id_of(request.scope["path_params"]["ref"])
    form = PersonForm(values=read_form(await read_body(request, state.settings.form_max_bytes)))
    busy = over_limit(request, policy, petition_id)
    person = form.person(policy, state.settings.home_country) if busy is None else None
    if person is None:
        again: Response[bytes] = await in_worker(_sign_again, state, policy, petition_id, form, busy)
        return again  # type: ignore[return-value]  # the framework takes either
    act = request_act(request, petition_id, person, sponsor=False)
    try:
        await state.intake.submit(act)
    except (SigningStopped, Invalid) as refused:
        answer: Response[bytes] = await in_worker(_sign_again, state, policy, petition_id, form, refused)
        return answer  # type: ignore[return-value]  # the framework takes either
    return SeeOther(f"/petitions/{petition_id}/sign/sent", kept(state, act, person, first_act(request, act, person)))


def _signable(request: Request[Any, Any, Any], db: Session, ref: str) -> tuple[Petition, datetime | None]:
    """The petition, and until when it can be signed."""
    state = request.app.state
    petition = queries.public_petition(db, petition_id_of(ref))
    standing = standing_of(state, db, petition) if petition else None
    refusal = refusal_to_request(standing, sponsor=False, at=state.clock.now())
    if refusal is not None:
        raise refusal
    assert petition is not None
    assert standing is not None
    return petition, standing.closes_at


def _sign_again(
    state: Any, policy: PetitionPolicy, petition_id: int, form: PersonForm, busy: Refusal | None
) -> Response[bytes]:
    """The form with its faults, unless there is nothing to sign any more."""
    with state.database.reading() as db:
        petition = queries.public_petition(db, petition_id)
        context = form_context(db, petition, form, policy, state) if petition is not None else {}
        standing = standing_of(state, db, petition) if petition is not None else None
    refusal: Refusal | None = refusal_to_request(standing, sponsor=False, at=state.clock.now())
    if refusal is not None or petition is None:
        raise refusal or NotFound
    return shown_again(state, "petitions/sign.html", busy, **context)


HANDLERS = [sign_form, acts("/petitions/{ref:str}/sign", name="petitions.sign.post", answer=sign)]
