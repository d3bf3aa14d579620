"""Supporting a petition before it is published, by its creator's secret link."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import Invalid, Refusal
from app.core.web.edge import in_worker
from app.core.web.forms import read_form
from app.core.web.page import see_other
from petitions.forms import PersonForm
from petitions.mails import SPONSOR
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.rules.eligibility import (
    ConfirmationUnknown,
    SigningStopped,
    SponsorsFull,
    gathers_support,
)
from petitions.rules.lifecycle import PetitionState
from petitions.web.reading import standing_of
from petitions.web.sign_forms import first_act, form_context, kept, on_with_cookie, over_limit, request_act, shown_again
from petitions.web.stopped import signing_stopped


@get("/sponsor/{token:str}", name="petitions.sponsor", guards=[anyone], sync_to_thread=True)
def sponsor_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    token: FromPath[str],
) -> Response[bytes] | Redirect:
    state = request.app.state
    petition = _sponsored(state, db, token)
    standing = standing_of(state, db, petition)
    if not gathers_support(standing) or standing.signature_count - 1 >= standing.sponsors_most:
        return see_other(f"/petitions/{petition.id}")
    if (stopped := signing_stopped(request, db, petition)) is not None:
        return stopped
    form = PersonForm(values={"country": state.settings.home_country})
    context = form_context(db, petition, form, policy, state)
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
    busy = over_limit(request, policy, petition_id)
    person = form.person(policy, state.settings.home_country) if busy is None else None
    if person is None:
        return await in_worker(_sponsor_again, state, policy, token, form, busy)
    act = request_act(request, petition_id, person, sponsor=True)
    try:
        await state.intake.submit(act)
    except SponsorsFull:
        return see_other(f"/petitions/{petition_id}")
    except (SigningStopped, Invalid) as refused:
        return await in_worker(_sponsor_again, state, policy, token, form, refused)
    return on_with_cookie(
        f"/petitions/{petition_id}/sign/sent", kept(state, act, person, first_act(request, act, person))
    )


def _sponsored(state: Any, db: Session, token: str) -> Petition:
    petition_id = state.keyring.read_token(SPONSOR, token)
    petition = db.get(Petition, petition_id) if petition_id is not None else None
    if petition is None or petition.state == PetitionState.HIDDEN:
        raise ConfirmationUnknown
    return petition


def _sponsor_again(
    state: Any, policy: PetitionPolicy, token: str, form: PersonForm, busy: Refusal | None
) -> Response[Any] | Redirect:
    with state.database.reading() as db:
        petition = _sponsored(state, db, token)
        context = form_context(db, petition, form, policy, state)
    if not gathers_support(petition):
        return see_other(f"/petitions/{petition.id}")
    return shown_again(state, "petitions/sponsor.html", busy, token=token, **context)


HANDLERS = [sponsor_form, sponsor]
