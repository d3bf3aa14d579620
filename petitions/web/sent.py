"""The page after a form was sent: a letter is on its way, and a mistyped address can be corrected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import Conflict, Refusal
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.web.edge import in_worker
from app.core.web.forms import Form, read_form
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.queries.readable import known_by_id
from petitions.rules.eligibility import SigningStopped
from petitions.web.addressed import petition_id_of
from petitions.web.correcting_address import cookie_name, read_cookie
from petitions.web.sign_forms import kept, on_with_cookie, over_limit, request_act, shown_again


@get("/petitions/{ref:str}/sign/sent", name="petitions.sent", guards=[anyone], sync_to_thread=True)
def sent(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    ref: FromPath[str],
) -> Response[bytes]:
    petition = known_by_id(db, petition_id_of(ref))
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
    busy = over_limit(request, policy, petition_id)
    address = form.read("email", read_address) if form.get("again") != "yes" else before.person.address
    if busy is not None or address is None:
        return await in_worker(_sent_again, state, policy, petition_id, form, busy)
    person = replace(before.person, address=address)
    act = request_act(request, petition_id, person, sponsor=before.sponsor)
    same = address.canonical == before.person.address.canonical
    if not same:
        act.replaces = before.act
    try:
        await state.intake.submit(act)
    except SigningStopped as stopped:
        return await in_worker(_sent_again, state, policy, petition_id, form, stopped)
    first = before.act if same else act.id  # a letter sent again is still of the first request
    return on_with_cookie(f"/petitions/{petition_id}/sign/sent?again", kept(state, act, person, first))


def _sent_again(
    state: Any, policy: PetitionPolicy, petition_id: int, form: Form, busy: Refusal | None
) -> Response[bytes]:
    with state.database.reading() as db:
        petition = known_by_id(db, petition_id)
    return shown_again(state, "petitions/sent.html", busy, **_sent_context(petition, policy, form, again=False))


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


HANDLERS = [sent, correct]
