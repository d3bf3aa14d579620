"""Starting a petition, one thing a page. What was typed travels in hidden fields: no session, no script.

Each form names the step it shows (``step``) and where its button leads (``go``: ``next``, ``back``
or the name of a step; ``check`` leads as far as the answers allow). Whatever comes out of order is
answered with the first step that is not yet complete.
"""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.people.places import country_name, country_names
from app.core.security.limits import Allowance
from app.core.web.forms import Sent
from app.core.web.page import see_other
from petitions.forms import PRIVACY_VERSION, CreatorForm, draft_of, is_yes, read_texts
from petitions.policy import PetitionPolicy
from petitions.rules.texts import MOST_ACTION, MOST_BACKGROUND, MOST_DETAILS, read_action, read_background, read_details
from petitions.service import drafting

STEPS = ("eligibility", "action", "background", "details", "about", "check")
FIELDS = (
    "may",
    "action",
    "background",
    "additional_details",
    "creator_name",
    "email",
    "country",
    "postcode",
    "notify",
    "eligible",
    "privacy",
    "submission",
)


@get("/petitions/new", name="petitions.new", guards=[anyone], sync_to_thread=True)
def new(request: Request[Any, Any, Any], policy: NamedDependency[PetitionPolicy]) -> Response[bytes]:
    form = CreatorForm(values={"submission": secrets.token_urlsafe(24), "privacy": PRIVACY_VERSION})
    return _step_page(request, policy, "eligibility", form)


@post(
    "/petitions/new",
    name="petitions.new.post",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def step(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    form: NamedDependency[Sent],
) -> Response[Any] | Redirect:
    """Check the step that was sent, then show where it leads; the last one starts the petition."""
    shown = CreatorForm(values=_kept(form))
    here = form.get("step", "")
    go = form.get("go", "next")
    if here not in STEPS:
        return _step_page(request, policy, "eligibility", shown)
    if go in STEPS and STEPS.index(go) <= STEPS.index(here):
        return _step_page(request, policy, go, shown)
    if go == "back":
        return _step_page(request, policy, STEPS[max(0, STEPS.index(here) - 1)], shown)
    if here == "eligibility" and shown.get("may") == "no":
        return request.app.state.pages.personal("petitions/new/not_eligible.html")
    missing = _first_fault(request, policy, shown, upto=here)
    if missing is not None:
        return _step_page(request, policy, missing, shown, status=422)
    if here != "check":
        onward = STEPS[STEPS.index(here) + 1]
        if go == "check":  # after a change: straight back, unless something is missing
            onward = _first_fault(request, policy, shown, upto="about") or "check"
        return _step_page(request, policy, onward, shown)
    return _start(request, db, policy, shown)


@get("/petitions/new/sent", name="petitions.new-sent", guards=[anyone], sync_to_thread=True)
def new_sent(request: Request[Any, Any, Any], policy: NamedDependency[PetitionPolicy]) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/new/sent.html", keys=(), needed=policy.sponsors_needed
    )
    return response


def _start(
    request: Request[Any, Any, Any], db: Session, policy: PetitionPolicy, form: CreatorForm
) -> Response[Any] | Redirect:
    state = request.app.state
    client = request.client.host if request.client else ""
    state.limits.spend(Allowance(policy.create_most, policy.create_an_hour, policy.create_seconds), client, "create")
    texts, person = read_texts(form), form.person(policy, state.settings.home_country)
    assert texts is not None and person is not None  # checked just before
    drafting.start(db, state.keyring, policy, draft_of(texts, person, form.get("submission")), state.clock.now())
    return see_other("/petitions/new/sent")


def _kept(form: Sent) -> dict[str, str]:
    return {name: form[name] for name in FIELDS if name in form}


def _first_fault(
    request: Request[Any, Any, Any], policy: PetitionPolicy, form: CreatorForm, *, upto: str
) -> str | None:
    """The first step, up to the one sent, whose fields are wrong; their messages are then in the form."""
    for name in STEPS[: STEPS.index(upto) + 1]:
        _check(name, form, policy, request.app.state.settings.home_country)
        if form.errors:
            return name
    return None


def _check(step_name: str, form: CreatorForm, policy: PetitionPolicy, home_country: str) -> None:
    match step_name:
        case "eligibility":
            if not is_yes(form.get("may")):
                form.refuse("may", _("Choose yes or no."))
        case "action":
            form.read("action", read_action)
        case "background":
            form.read("background", read_background)
        case "details":
            form.read("additional_details", read_details)
        case "about":
            form.person(policy, home_country)


def _step_page(
    request: Request[Any, Any, Any], policy: PetitionPolicy, step_name: str, form: CreatorForm, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    values = dict(form.values)
    if not values.get("submission"):
        values["submission"] = secrets.token_urlsafe(24)
    values.setdefault("country", state.settings.home_country)
    if step_name == "about":
        values["privacy"] = PRIVACY_VERSION  # it is this version that the page shows
    form.values = values
    response: Response[bytes] = state.pages.personal(
        f"petitions/new/{step_name}.html",
        status=status,
        form=form,
        step=step_name,
        number=STEPS.index(step_name) + 1,
        steps=STEPS,
        fields=FIELDS,
        back=STEPS[STEPS.index(step_name) - 1] if step_name != "eligibility" else None,
        limits={"action": MOST_ACTION, "background": MOST_BACKGROUND, "additional_details": MOST_DETAILS},
        countries=sorted(country_names().items(), key=lambda pair: pair[1]),
        country_name=country_name(values.get("country", "")) if values.get("country") in country_names() else "",
        asks_postcode=policy.postcode == "home",
        home_country=state.settings.home_country,
        sponsors_needed=policy.sponsors_needed,
    )
    return response


HANDLERS = [new, step, new_sent]
