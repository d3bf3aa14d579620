"""Starting a petition, one thing a page. What was typed travels in hidden fields: no session, no script.

Each form names the step it shows (``step``) and where its button leads (``go``: ``next``, ``back``
or the name of a step; ``check`` leads as far as the answers allow). Whatever comes out of order is
answered with the first step that is not yet complete. The step of similar petitions asks nothing,
and is left out where there are none.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.areas.queries import Places
from app.areas.service.placing import Living
from app.core.errors import TooMany
from app.core.i18n import _
from app.core.people.places import country_name, country_names
from app.core.security.limits import Allowance
from app.core.text.plain import tidy_line
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.moderation import promise
from app.moderation.rules import nudges
from petitions import queries
from petitions.forms import PRIVACY_VERSION, CreatorForm, draft_of, is_yes, read_texts
from petitions.policy import PetitionPolicy
from petitions.queries.finding import Entry
from petitions.queries.similar import similar
from petitions.rules.texts import MOST_ACTION, MOST_BACKGROUND, MOST_DETAILS, read_action, read_background, read_details
from petitions.service import drafting
from petitions.web.stopped import creating_stopped

STEPS = ("eligibility", "action", "similar", "background", "details", "about", "check")
#: what everyone will read
TEXTS = ("action", "background", "additional_details")
#: as people count them: similar petitions belong to what should be done
NUMBERED = tuple(name for name in STEPS if name != "similar")
FIELDS = (
    "may",
    "action",
    "background",
    "additional_details",
    "creator_name",
    "email",
    "country",
    "postcode",
    "area",
    "notify",
    "eligible",
    "privacy",
    "submission",
)


@get("/petitions/new", name="petitions.new", guards=[anyone], sync_to_thread=True)
def new(request: Request[Any, Any, Any], policy: NamedDependency[PetitionPolicy]) -> Response[bytes]:
    if (stopped := creating_stopped(request.app.state, CreatorForm())) is not None:
        return stopped
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
    if (stopped := creating_stopped(request.app.state, shown)) is not None:
        return stopped
    here, go = form.get("step", ""), form.get("go", "next")
    if here not in STEPS:
        return _step_page(request, policy, "eligibility", shown)
    if go == "back":
        go = STEPS[max(0, STEPS.index(here) - 1)]
    if go in STEPS and STEPS.index(go) <= STEPS.index(here):
        return _page_of(request, policy, go, shown, otherwise="action")
    if here == "eligibility" and shown.get("may") == "no":
        return request.app.state.pages.personal("petitions/new/not_eligible.html")
    missing = _first_fault(request, policy, shown, upto=here)
    if missing is not None:
        return _step_page(request, policy, missing, shown, status=422)
    if here == "check":
        return _start(request, db, policy, shown)
    onward = STEPS[STEPS.index(here) + 1]
    if go == "check":  # after a change: straight back, unless something is missing
        onward = _first_fault(request, policy, shown, upto="about") or "check"
    return _page_of(request, policy, onward, shown, otherwise="background")


def _page_of(
    request: Request[Any, Any, Any], policy: PetitionPolicy, name: str, form: CreatorForm, *, otherwise: str
) -> Response[bytes]:
    """A step's page; ``otherwise`` is shown where no petition is like this one."""
    if name != "similar":
        return _step_page(request, policy, name, form)
    state, action = request.app.state, tidy_line(form.get("action"))
    with state.house.turnstile.passed():  # nothing is locked yet: the handler's own session is for the last step
        with state.database.looking() as db:
            found = similar(db, action, most=policy.similar_most, now=state.clock.now())
        return _step_page(request, policy, "similar" if found else otherwise, form, petitions=found)


@get("/petitions/new/sent", name="petitions.new-sent", guards=[anyone], sync_to_thread=True)
def new_sent(request: Request[Any, Any, Any], policy: NamedDependency[PetitionPolicy]) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "petitions/new/sent.html",
        keys=(),
        fresh_for=promise.SECONDS,
        needed=policy.sponsors_needed,
        outlook=_outlook(state),
    )
    return response


def _start(
    request: Request[Any, Any, Any], db: Session, policy: PetitionPolicy, form: CreatorForm
) -> Response[Any] | Redirect:
    state = request.app.state
    client = request.client.host if request.client else ""
    texts, person = read_texts(form), form.person(policy, state.settings.home_country)
    assert texts is not None and person is not None  # checked just before
    area = state.site.dependencies["placing"].area_of(db, Living(person.country, person.postcode, person.area))
    draft = draft_of(texts, person, form.get("submission"), client, area)
    try:
        allowance = Allowance(policy.create_most, policy.create_an_hour, policy.create_seconds)
        state.limits.spend(allowance, client, "create")
    except TooMany as busy:
        if queries.was_submitted(db, draft.submission_id):  # another click of the same form got through
            return see_other("/petitions/new/sent")
        return _step_page(request, policy, "check", form, status=busy.status, busy=busy)
    blocks = state.site.dependencies["blocklist"].now(db)
    drafting.start(db, state.keyring, policy, draft, state.clock.now(), blocks)
    return see_other("/petitions/new/sent")


def _kept(form: Sent) -> dict[str, str]:
    return {name: form[name] for name in FIELDS if name in form}


def _first_fault(
    request: Request[Any, Any, Any], policy: PetitionPolicy, form: CreatorForm, *, upto: str
) -> str | None:
    """The first step, up to the one sent, whose fields are wrong; their messages are then in the form."""
    for name in STEPS[: STEPS.index(upto) + 1]:
        _check(name, form, policy, request.app.state)
        if form.errors:
            return name
    return None


def _check(step_name: str, form: CreatorForm, policy: PetitionPolicy, state: Any) -> None:
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
            person = form.person(policy, state.settings.home_country)
            if person is not None and person.area and person.area not in _places(state).by_code:
                form.refuse("area", _("Choose your area from the list, or leave it empty."))


def _places(state: Any) -> Places:
    with state.database.looking() as db:
        places: Places = state.site.dependencies["areas"].now(db)
    return places


def _areas(state: Any, policy: PetitionPolicy) -> Sequence[tuple[str, str]]:
    with state.database.looking() as db:
        choices: Sequence[tuple[str, str]] = state.site.dependencies["placing"].choices(
            db, asks_postcode=policy.postcode == "home"
        )
    return choices


def _step_page(
    request: Request[Any, Any, Any],
    policy: PetitionPolicy,
    step_name: str,
    form: CreatorForm,
    *,
    status: int = 200,
    busy: TooMany | None = None,
    petitions: Sequence[Entry] = (),
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
        number=NUMBERED.index("action" if step_name == "similar" else step_name) + 1,
        steps=NUMBERED,
        fields=FIELDS,
        back=STEPS[STEPS.index(step_name) - 1] if step_name != "eligibility" else None,
        limits={"action": MOST_ACTION, "background": MOST_BACKGROUND, "additional_details": MOST_DETAILS},
        countries=_countries(),
        country_name=country_name(values.get("country", "")) if values.get("country") in country_names() else "",
        asks_postcode=policy.postcode == "home",
        areas=_areas(state, policy) if step_name == "about" else (),
        area_name=_places(state).name_of(values["area"]) if step_name == "check" and values.get("area") else "",
        home_country=state.settings.home_country,
        sponsors_needed=policy.sponsors_needed,
        outlook=_outlook(state, says_when=step_name == "check"),
        petitions=petitions,
        nudges=_nudges(form) if step_name == "check" else (),
        now=state.clock.now(),
        busy=busy,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


def _nudges(form: CreatorForm) -> Sequence[str]:
    """What the creator may not have meant to publish; they may send it as it is."""
    return nudges.warnings("\n".join(form.get(name) for name in TEXTS), nudges.LINK_SEEN)


def _outlook(state: Any, *, says_when: bool = True) -> promise.Outlook:
    """How long a petition that comes in now waits to be checked; by which day, only where the page says it."""
    since = state.clock.now() if says_when else None
    with state.database.reading() as db:
        outlook: promise.Outlook = state.site.promising.outlook(db, "petition", since)
    return outlook


@lru_cache(maxsize=1)
def _countries() -> Sequence[tuple[str, str]]:
    return sorted(country_names().items(), key=lambda pair: pair[1])


HANDLERS = [new, step, new_sent]
