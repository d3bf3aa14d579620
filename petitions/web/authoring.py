"""The creator's own page, behind the link of the creator's letters: where it stands, and what can be done."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.changes import word_changes
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import queries as moderation
from app.moderation.letters import OpenAppeal, appeal_of
from app.moderation.promise import waiting_since
from app.moderation.rules.standards import Verdict
from petitions import queries
from petitions.forms import TextFields, read_texts
from petitions.identity import CREATOR
from petitions.mails import SPONSOR
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.queries.authoring import ABOUT_THE_CREATOR, can_resubmit, can_withdraw, times_resubmitted
from petitions.rules.eligibility import gathers_support
from petitions.rules.lifecycle import PetitionState
from petitions.rules.texts import MOST_ACTION, MOST_BACKGROUND, MOST_DETAILS, Texts
from petitions.service import authoring
from petitions.service.announcing import Announcing
from petitions.service.correcting import texts_of
from petitions.service.showing import supporters_left

TEXTS = ("action", "background", "additional_details")
LIMITS = {"action": MOST_ACTION, "background": MOST_BACKGROUND, "additional_details": MOST_DETAILS}


class NotYours(NotFound):
    code = "creator-link-unknown"
    title = _("We do not know this link")
    message = _(
        "Check that you copied all of it from the letter that we sent to whoever started the petition. If that does not "
        "help, ask for a new letter with the address that you started it with."
    )
    way_on = ("/mine", _("Send me a new letter"))


@get("/petitions/mine/{token:str}", name="petitions.mine", guards=[anyone], sync_to_thread=True)
def mine(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    token: FromPath[str],
) -> Response[bytes]:
    state = request.app.state
    petition = _mine(state, db, token)
    sponsor_link = f"{state.settings.base_url}/sponsor/{state.keyring.token(SPONSOR, petition.id)}"
    gathers = gathers_support(petition)
    response: Response[bytes] = state.pages.personal(
        "petitions/creator/mine.html",
        petition=petition,
        token=token,
        reason=moderation.reason_given(db, SubjectRef("petition", petition.id), petition.rejection_code or ""),
        survivor=queries.survivor_of(db, petition),
        can_resubmit=can_resubmit(db, policy, petition),
        appeal=_appeal(state, db, petition),
        was_resubmitted=times_resubmitted(db, petition.id) > 0,
        is_last_change=_is_last_change(db, policy, petition),
        about_the_creator=petition.rejection_code in ABOUT_THE_CREATOR,
        can_withdraw=can_withdraw(petition, state.clock.now()),
        supporters_left=supporters_left(petition),
        sponsor_link=sponsor_link if gathers else "",
        petition_link=f"{state.settings.base_url}/petitions/{petition.id}",
        outlook=state.site.promising.outlook(db, "petition", waiting_since(db, SubjectRef("petition", petition.id))),
        now=state.clock.now(),
    )
    return response


@get("/petitions/mine/{token:str}/edit", name="petitions.mine-edit", guards=[anyone], sync_to_thread=True)
def edit_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    token: FromPath[str],
) -> Response[bytes]:
    petition = _editable(request.app.state, db, policy, token)
    return _edit(request, db, petition, token, Form(values=texts_of(petition)._asdict()))


@post(
    "/petitions/mine/{token:str}/edit",
    name="petitions.mine-edit.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def edit(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    form: NamedDependency[Sent],
    token: FromPath[str],
) -> Response[Any]:
    """``go``: ``check`` shows what changed, ``send`` sends it in, anything else is the form again."""
    state = request.app.state
    petition = _mine(state, db, token)
    shown = Form(values={name: form.get(name, "") for name in TEXTS})
    if form.get("go") not in ("check", "send"):
        return _edit(request, db, petition, token, shown)
    try:
        texts = _read(shown)
        if form.get("go") == "send":
            authoring.resubmit(db, policy, petition.id, texts, state.clock.now())
            return see_other(f"/petitions/mine/{token}")
        authoring.check_changed(petition, texts)
    except Invalid as wrong:
        db.rollback()
        return _edit(request, db, petition, token, Form.again(shown.values, wrong), status=422)
    except authoring.CannotResubmit as late:  # another tab was first: what was typed here can still be copied
        db.rollback()
        shown.errors = {"action": late.sentence}
        return _edit(request, db, petition, token, shown, status=409)
    _editable(state, db, policy, token)
    response: Response[bytes] = state.pages.personal(
        "petitions/creator/check.html",
        token=token,
        form=shown,
        is_last_change=_is_last_change(db, policy, petition),
        changes=[word_changes(old, new) for old, new in zip(texts_of(petition), texts, strict=True)],
    )
    return response


@get("/petitions/mine/{token:str}/withdraw", name="petitions.mine-withdraw", guards=[anyone], sync_to_thread=True)
def withdraw_form(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[Any]:
    """Says what will happen; the button does it."""
    state = request.app.state
    petition = _mine(state, db, token)
    if not can_withdraw(petition, state.clock.now()):
        return see_other(f"/petitions/mine/{token}")
    response: Response[bytes] = state.pages.personal("petitions/creator/withdraw.html", petition=petition, token=token)
    return response


@post(
    "/petitions/mine/{token:str}/withdraw",
    name="petitions.mine-withdraw.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def withdraw(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    announcing: NamedDependency[Announcing],
    token: FromPath[str],
) -> Response[Any]:
    state = request.app.state
    authoring.withdraw(db, announcing, _mine(state, db, token).id, state.clock.now())
    return see_other(f"/petitions/mine/{token}")


def _mine(state: Any, db: Session, token: str) -> Petition:
    petition_id = state.keyring.read_token(CREATOR, token)
    petition = db.get(Petition, petition_id) if petition_id is not None else None
    if petition is None:
        raise NotYours
    return petition


def _appeal(state: Any, db: Session, petition: Petition) -> OpenAppeal | None:
    """Against what was decided last, where that keeps it from the public."""
    if petition.state not in (PetitionState.REJECTED, PetitionState.HIDDEN):
        return None
    decision = moderation.latest_decision(db, SubjectRef("petition", petition.id), but={Verdict.DISMISS})
    if decision is None:
        return None
    site = state.site
    return appeal_of(db, state.keyring, site.moderated, site.moderating, decision, state.clock.now())


def _editable(state: Any, db: Session, policy: PetitionPolicy, token: str) -> Petition:
    petition = _mine(state, db, token)
    if not can_resubmit(db, policy, petition):
        raise authoring.CannotResubmit
    return petition


def _read(form: Form) -> Texts:
    """The three texts, checked; :class:`Invalid` with every fault."""
    found: TextFields | None = read_texts(form)
    form.check()
    assert found is not None
    return Texts(found.action, found.background, found.additional_details)


def _edit(
    request: Request[Any, Any, Any], db: Session, petition: Petition, token: str, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/creator/edit.html",
        status=status,
        petition=petition,
        token=token,
        form=form,
        reason=moderation.reason_given(db, SubjectRef("petition", petition.id), petition.rejection_code or ""),
        limits=LIMITS,
    )
    return response


def _is_last_change(db: Session, policy: PetitionPolicy, petition: Petition) -> bool:
    return times_resubmitted(db, petition.id) + 1 >= policy.resubmissions


HANDLERS = [mine, edit_form, edit, withdraw_form, withdraw]
