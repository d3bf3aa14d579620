"""Confirming a signature: the button behind a letter's link, and the page that says it counts."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ASGIApp
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import Refusal
from app.core.i18n import _
from app.core.web.edge import acts, in_worker
from app.core.web.page import SeeOther, see_other
from app.performance.service.opining import Question
from app.performance.web.asking import asked_how
from petitions.mails import CONFIRM, SPONSOR, WITHDRAW
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.queries.measured import SATISFACTION
from petitions.rules.eligibility import (
    ConfirmationExpired,
    ConfirmationUnknown,
    OtherPostcode,
    TwoAlready,
    gathers_support,
    is_signable,
    refusal_to_confirm,
)
from petitions.rules.lifecycle import SignatureState
from petitions.service.acts import SignatureConfirmation
from petitions.web.letter_links import behind_link
from petitions.web.reading import standing_of


@get("/signatures/confirm/{token:str}", name="petitions.confirm", guards=[anyone], sync_to_thread=True)
def confirm_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    token: FromPath[str],
) -> Response[bytes]:
    """A button: mail scanners open links, people press buttons."""
    state = request.app.state
    signature, petition = behind_link(state, db, CONFIRM, token)
    now = state.clock.now()
    if signature.state == SignatureState.VALIDATED:
        return _counted(state, signature, petition, template="petitions/already_counted.html")
    standing = standing_of(state, db, petition)
    refusal = refusal_to_confirm(
        standing,
        state=signature.state,
        requested_at=signature.requested_at,
        asked_at=signature.asked_at,
        at=now,
        confirm_days=policy.confirm_days,
        grace_hours=policy.grace_hours,
    )
    if refusal is not None:
        raise _asked_again_by(state, petition, refusal)
    closed = standing.closes_at is not None and standing.closes_at <= now
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
    signature, petition = behind_link(state, db, CONFIRM, token)
    if signature.state != SignatureState.VALIDATED:
        return see_other(f"/signatures/confirm/{token}")
    question = asked_how(request, SATISFACTION)
    return _counted(state, signature, petition, template="petitions/confirmed.html", question=question)


def _refused_supporter(state: Any, token: str, refused: Refusal) -> Refusal:
    with state.database.reading() as db:
        _signature, petition = behind_link(state, db, CONFIRM, token)
        return _asked_again_by(state, petition, refused)


def _asked_again_by(state: Any, petition: Petition, refused: Refusal) -> Refusal:
    """The refusal, which leads a supporter back to the secret link: the public form takes nobody before publication."""
    to_sign_again = refused.way_on[0] == "/petitions/{petition}/sign"
    if to_sign_again and gathers_support(petition):
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


HANDLERS = [
    confirm_form,
    acts("/signatures/confirm/{token:str}", name="petitions.confirm.post", answer=confirm),
    confirmed,
]
