"""The public side: the list, a petition's page in each state, and its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.paging import A_PAGE, Page, read_page
from app.core.people.places import country_name
from app.core.remember import Remembered
from app.core.subject import SubjectRef
from app.core.web.page import Pages, public
from app.departments import queries as departments
from app.moderation import queries as moderation
from app.moderation.rules.standards import STANDARDS_VERSION
from app.outcomes import queries as outcomes
from app.outcomes.rules.answers import GRADE_NAMES
from petitions import queries
from petitions.model.petition import Petition
from petitions.queries import SORTS, STATES, Search
from petitions.rules.eligibility import PetitionRemoved, is_signable
from petitions.rules.lifecycle import PetitionState
from petitions.web import uk
from petitions.web.history import History, history_chart
from petitions.web.trail import Step, trail

NOBODY = -1  # an unknown department has no petitions
JSON = "application/json; charset=utf-8"
_DEBATE = ("debated_on", "overview", "transcript_url", "video_url")
OPEN_DATA = {"access-control-allow-origin": "*"}


@dataclass(frozen=True)
class ShownStanding:
    """What the rules look at, of one petition read without a lock."""

    id: int
    state: PetitionState
    closes_at: datetime | None
    closed_on: str
    signature_count: int
    sponsors_most: int


def standing_of(petition: Petition, pages: Pages) -> ShownStanding:
    closed = petition.closed_at or petition.closes_at
    return ShownStanding(
        petition.id,
        PetitionState(petition.state),
        petition.closes_at,
        pages.say_last_day(closed) if closed else "",
        petition.signature_count,
        petition.sponsors_most,
    )


def petition_id_of(ref: str) -> int:
    """The number in an address; anything else is no petition."""
    if not (ref.isascii() and ref.isdigit() and len(ref) < 16):
        raise NotFound
    return int(ref)


def read_search(request: Request[Any, Any, Any], db: Session) -> tuple[Search, int, dict[str, str]]:
    """What the address asks for; what it cannot mean falls back to the default."""
    asked = {k: str(v) for k, v in request.query_params.items()}
    state, sort = asked.get("state", "open"), asked.get("sort", "popular")
    named = departments.by_slug(db, asked["department"]) if asked.get("department") else None
    search = Search(
        q=asked.get("q", "")[:200].strip(),
        state=state if state in STATES else "open",
        sort=sort if sort in SORTS else "popular",
        department_id=named.id if named else (NOBODY if asked.get("department") else None),
    )
    kept = {"q": search.q, "state": search.state, "sort": search.sort, "department": named.slug if named else ""}
    defaults = {"state": "open", "sort": "popular"}
    return search, read_page(asked.get("page", "")), {k: v for k, v in kept.items() if v and defaults.get(k) != v}


@get("/petitions", name="petitions.list", guards=[anyone], sync_to_thread=True)
def petition_list(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    state_counts: NamedDependency[Remembered[Mapping[str, int]]],
) -> Response[bytes]:
    state = request.app.state
    now = state.clock.now()
    search, number, kept = read_search(request, db)
    rows, total = queries.listed(db, search, offset=(number - 1) * A_PAGE, most=A_PAGE, now=now)
    page = Page(rows=rows, total=total, page=number, path="/petitions", query=kept)
    closest: Any = ()
    if not total and search.q:
        closest, _count = queries.listed(db, Search(q=search.q, state="all"), offset=0, most=5, now=now)
    response: Response[bytes] = state.pages.public(
        "petitions/list.html",
        keys=("petitions",),
        fresh_for=5,
        good_until=queries.next_closing(db, now),
        page=page,
        paging=page,
        search=search,
        closest=closest,
        states=STATES,
        sorts=SORTS,
        counts=state_counts.get(lambda: queries.counts_by_state(db, now)),
        departments=departments.active(db),
        department=kept.get("department", ""),
        is_signable=is_signable,
        now=now,
    )
    return response


@get("/petitions.json", name="petitions.list-json", guards=[anyone], sync_to_thread=True)
def petition_list_json(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """The list in the shape of the UK site."""
    state = request.app.state
    now = state.clock.now()
    search, number, kept = read_search(request, db)
    rows, total = queries.listed(db, search, offset=(number - 1) * A_PAGE, most=A_PAGE, now=now)
    page = Page(rows=rows, total=total, page=number, path="/petitions.json", query=kept)
    body = uk.petition_list(db, page, state.settings.base_url, now)
    return public(body, JSON, keys=("petitions",), fresh_for=5, headers=OPEN_DATA)


@get("/petitions/{ref:str}", name="petitions.show", guards=[anyone], sync_to_thread=True)
def show(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """A petition's page; ``/petitions/17.json`` is its data."""
    if ref.endswith(".json"):
        return _show_json(request, db, ref.removesuffix(".json"))
    petition = queries.public_petition(db, petition_id_of(ref))
    if petition is None:
        raise NotFound
    match petition.state:
        case PetitionState.HIDDEN:
            raise PetitionRemoved
        case PetitionState.STOPPED:
            raise NotFound
        case PetitionState.PENDING | PetitionState.COLLECTING:
            return _calm(request, petition, "petitions/gathering.html")
        case PetitionState.IN_MODERATION:
            return _calm(request, petition, "petitions/being_checked.html")
        case PetitionState.REJECTED:
            return _rejected(request, db, petition)
        case _published:
            return _published_page(request, db, petition)


@get("/petitions/{ref:str}/count.json", name="petitions.count", guards=[anyone], sync_to_thread=True)
def count_json(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    petition = _readable(db, ref)
    return public(uk.count(petition), JSON, keys=(f"petition:{petition.id}",), headers=OPEN_DATA)


def _show_json(request: Request[Any, Any, Any], db: Session, ref: str) -> Response[bytes]:
    state = request.app.state
    petition = _readable(db, ref)
    body = uk.petition_detail(db, petition, state.settings.base_url, state.clock.now())
    return public(
        body, JSON, keys=(f"petition:{petition.id}",), good_until=_until(petition, state.clock.now()), headers=OPEN_DATA
    )


def _readable(db: Session, ref: str) -> Petition:
    """For programs: a petition whose text is public, else 404, or 410 where it was taken down."""
    petition = queries.public_petition(db, petition_id_of(ref))
    if petition is None or petition.state in uk.NOT_SHOWN:
        raise NotFound
    if petition.state == PetitionState.HIDDEN:
        raise PetitionRemoved
    return petition


def _calm(request: Request[Any, Any, Any], petition: Petition, template: str) -> Response[bytes]:
    """Known to exist, without its text."""
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        template,
        keys=(f"petition:{petition.id}",),
        petition_id=petition.id,
        promise_days=state.moderation_promise_days,
    )
    return response


def _rejected(request: Request[Any, Any, Any], db: Session, petition: Petition) -> Response[bytes]:
    survivor = db.get(Petition, petition.duplicate_of_id) if petition.duplicate_of_id else None
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/rejected.html",
        keys=(f"petition:{petition.id}",),
        petition=petition,
        reason=moderation.reason(db, petition.rejection_code or "", STANDARDS_VERSION),
        survivor=survivor,
    )
    return response


@dataclass(frozen=True)
class ShownDebate:
    """What an import's source said of a debate; links only to https."""

    held_on: date | None
    overview: str
    transcript: str
    video: str


def debate_of(petition: Petition) -> ShownDebate | None:
    """The debate's outcome; None without any, and a field less where the source's makes no sense."""
    facts = (petition.source_facts or {}).get("debate")
    if not isinstance(facts, dict):
        return None
    said = {name: text if isinstance(text := facts.get(name), str) else "" for name in _DEBATE}
    links = [said[name] if said[name].startswith("https://") else "" for name in ("transcript_url", "video_url")]
    try:
        held_on = date.fromisoformat(said["debated_on"])
    except ValueError:
        held_on = None
    found = ShownDebate(held_on, said["overview"], *links)
    return found if held_on or found.overview or any(links) else None


@dataclass(frozen=True)
class PublishedView:
    """Everything the page of a published petition shows beside its text."""

    signable: bool
    steps: list[Step]
    history: History | None
    countries: list[tuple[str, int]]
    next_mark: int | None
    next_promise: str


def _published_page(request: Request[Any, Any, Any], db: Session, petition: Petition) -> Response[bytes]:
    state = request.app.state
    now = state.clock.now()
    subject = SubjectRef("petition", petition.id)
    referrals = outcomes.referrals_about(db, subject)
    answers = [(r, outcomes.answers_to(db, r.id)) for r in referrals]
    named = departments.by_ids(db, [petition.lead_department_id, *(r.department_id for r in referrals)])
    mark, promise = next_promise(petition)
    view = PublishedView(
        signable=is_signable(petition.state, petition.closes_at, now),
        steps=trail(petition, answers, named, now),
        history=history_chart(queries.history(db, petition.id), state.settings.zone),
        countries=[(country_name(c.country), c.imported + c.validated) for c in queries.countries(db, petition.id)],
        next_mark=mark,
        next_promise=promise,
    )
    response: Response[bytes] = state.pages.public(
        "petitions/show.html",
        keys=(f"petition:{petition.id}",),
        good_until=_until(petition, now),
        fresh_for=600,
        petition=petition,
        state=uk.shown_state(petition, now),
        view=view,
        debate=debate_of(petition),
        answers=[(r, a) for r, a in answers if a],
        departments=named,
        lead=named.get(petition.lead_department_id or 0),
        grades=GRADE_NAMES,
        petition_link=f"{state.settings.base_url}/petitions/{petition.id}",
        canonical_url=f"{state.settings.base_url}/petitions/{petition.id}",
        now=now,
    )
    return response


def next_promise(petition: Petition) -> tuple[int | None, str]:
    """The next threshold of a petition and what it brings."""
    if petition.signature_count < petition.response_threshold:
        return petition.response_threshold, str(_("a written answer"))
    if petition.signature_count < petition.debate_threshold:
        return petition.debate_threshold, str(_("consideration for debate"))
    return None, ""


def _until(petition: Petition, now: datetime) -> datetime | None:
    return petition.closes_at if petition.closes_at and petition.closes_at > now else None


HANDLERS = [petition_list, petition_list_json, show, count_json]
