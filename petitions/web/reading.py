"""The public side: a petition's page in each state, and its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.comments.service.family import page_key
from app.core.people.places import country_name
from app.core.subject import SubjectRef
from app.core.web.edge import shows
from app.core.web.page import public
from app.core.web.qr import QrCode, qr_code
from app.files.model import StoredFile
from app.files.queries import files_of_many
from app.moderation import promise
from app.moderation import queries as moderation
from app.opendata.contribution import At
from app.outcomes.queries import public as outcomes
from app.outcomes.queries.shown import ShownPromise, promises_by_referral
from app.outcomes.rules.deadlines import next_midnight
from app.outcomes.service.documents import owner
from app.outcomes.trail import Duties, Step, is_waited_for
from app.trails.web.part import part_of
from petitions import queries
from petitions.model.petition import Petition, TextVersion
from petitions.model.sorting import Topic
from petitions.queries import story
from petitions.queries.areas import AreaFigure, foremost_areas
from petitions.queries.shown import OnRecord, shown
from petitions.rules.eligibility import PetitionRemoved, is_signable
from petitions.rules.lifecycle import PetitionState
from petitions.rules.stops import kept_to_election
from petitions.service import debating, stops
from petitions.service.area_figures import figures_key
from petitions.web import linked, uk
from petitions.web.addressed import JSON, OPEN_DATA, petition_id_of, readable, same_until
from petitions.web.discussing import said_of
from petitions.web.feeds import petition_atom
from petitions.web.history import History, history_chart
from petitions.web.stopped import stopped_petition, withdrawn_before
from petitions.web.trail import read_story, trail

#: areas that a petition's own page names
MOST_AREAS = 5


@dataclass(frozen=True)
class ShownStanding:
    """What the rules look at, of one petition read without a lock."""

    id: int
    state: PetitionState
    closes_at: datetime | None
    closed_on: str
    signature_count: int
    sponsors_most: int
    opened_at: datetime | None


def standing_of(state: Any, db: Session, petition: Petition) -> ShownStanding:
    """As of now, an election's minute included that no job has written down yet."""
    now, election_at = state.clock.now(), state.site.dependencies["switchboard"].now(db, state.clock.now()).election_at
    kept, closes_at = kept_to_election(
        petition.state, petition.closes_at, was_published=petition.was_published, election_at=election_at, now=now
    )
    closed = petition.closed_at or closes_at
    return ShownStanding(
        petition.id,
        PetitionState(kept),
        closes_at,
        state.pages.say_last_day(closed) if closed else "",
        petition.signature_count,
        petition.sponsors_most,
        petition.opened_at,
    )


@shows("/petitions/{ref:str}", name="petitions.show")
def show(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """A petition's page; ``/petitions/17.json`` is its data, ``/petitions/17.atom`` its story to follow."""
    ref: str = request.path_params["ref"]
    if ref.endswith(".json"):
        return _show_json(request, db, readable(db, ref.removesuffix(".json")))
    if ref.endswith(".atom"):
        return petition_atom(request, db, readable(db, ref.removesuffix(".atom")))
    found = shown(db, petition_id_of(ref))
    if found is None:
        return withdrawn_before(request, db, petition_id_of(ref))
    petition, there = found
    match petition.state:
        case PetitionState.HIDDEN:
            return _taken_down(request, db, petition)
        case PetitionState.STOPPED:
            return stopped_petition(request, db, petition)
        case PetitionState.PENDING | PetitionState.COLLECTING:
            return _calm(request, db, petition, "petitions/gathering.html")
        case PetitionState.IN_MODERATION:
            return _calm(request, db, petition, "petitions/being_checked.html")
        case PetitionState.REJECTED:
            return _rejected(request, db, petition)
        case _published:
            return _published_page(request, db, petition, there)


@get("/petitions/{ref:str}/count.json", name="petitions.count", guards=[anyone], sync_to_thread=True)
def count_json(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    petition = readable(db, ref)
    return public(uk.count(db, petition), JSON, keys=(f"petition:{petition.id}",), headers=OPEN_DATA)


def _show_json(request: Request[Any, Any, Any], db: Session, petition: Petition) -> Response[bytes]:
    state = request.app.state
    now = state.clock.now()
    at = At(now, state.settings.zone, state.settings.base_url)
    body = uk.petition_detail(db, petition, at, state.site.dependencies["areas"].now(db))
    keys = (f"petition:{petition.id}", figures_key(petition.id))
    return public(body, JSON, keys=keys, good_until=same_until(petition, now), headers=OPEN_DATA)


def _calm(request: Request[Any, Any, Any], db: Session, petition: Petition, template: str) -> Response[bytes]:
    """Known to exist, without its text."""
    state = request.app.state
    came_in = promise.waiting_since(db, SubjectRef("petition", petition.id))
    response: Response[bytes] = state.pages.public(
        template,
        keys=(f"petition:{petition.id}",),
        fresh_for=promise.SECONDS,
        petition_id=petition.id,
        outlook=state.site.promising.outlook(db, "petition", came_in or state.clock.now()),
    )
    return response


def _rejected(request: Request[Any, Any, Any], db: Session, petition: Petition) -> Response[bytes]:
    now = request.app.state.clock.now()
    survivor = queries.survivor_of(db, petition)
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/rejected.html",
        keys=(f"petition:{petition.id}", *([f"petition:{survivor.id}"] if survivor else [])),
        good_until=same_until(survivor, now) if survivor else None,
        petition=petition,
        reason=moderation.reason_given(db, SubjectRef("petition", petition.id), petition.rejection_code or ""),
        survivor=survivor,
        survivor_signable=survivor is not None and is_signable(survivor.state, survivor.closes_at, now),
    )
    return response


def _taken_down(request: Request[Any, Any, Any], db: Session, petition: Petition) -> Response[bytes]:
    """It was public once: when and why it is not any more, without its text."""
    response: Response[bytes] = request.app.state.pages.public(
        "petitions/taken_down.html",
        status=PetitionRemoved.status,
        keys=(f"petition:{petition.id}",),
        at=petition.hidden_at,
        reason=moderation.reason_given(db, SubjectRef("petition", petition.id), petition.rejection_code or ""),
    )
    return response


@dataclass(frozen=True)
class PublishedView:
    """Everything the page of a published petition shows beside its text."""

    signable: bool
    steps: list[Step]
    history: History | None
    countries: list[tuple[str, int]]
    #: from where most come, with their share where it is known how many live there
    areas: Sequence[AreaFigure]
    topics: Sequence[Topic]
    corrections: Sequence[TextVersion]
    qr: QrCode
    #: by referral, promises with how late they are, and what those who signed said of the answer
    promises: Mapping[int, Sequence[ShownPromise]]
    documents: Mapping[int, Sequence[StoredFile]]
    said: Mapping[int, Mapping[str, int]]


def _published_page(
    request: Request[Any, Any, Any], db: Session, petition: Petition, there: OnRecord
) -> Response[bytes]:
    state = request.app.state
    now, link = state.clock.now(), f"{state.settings.base_url}/petitions/{petition.id}"
    told = read_story(db, petition, there)
    debate = debating.shown(db, petition, now, state.settings.zone)
    view = PublishedView(
        signable=is_signable(petition.state, petition.closes_at, now),
        steps=trail(told, state.pages, now),
        history=history_chart(queries.history(db, petition.id), state.settings.zone) if there.hours else None,
        countries=_countries(db, petition) if there.countries else [],
        areas=_areas(state, db, petition) if there.areas else (),
        topics=story.topics(db, [petition.id]).get(petition.id, ()) if there.topics else (),
        corrections=[v for v in told.versions if v.version > 1],
        qr=qr_code(link),
        promises=promises_by_referral(told.duties, now, state.settings.zone),
        documents=_documents(db, told.duties),
        said=outcomes.said_of(db, [r.id for r, given in told.duties.answers if given]),
    )
    midnight = next_midnight(now, state.settings.zone) if is_waited_for(told.duties) else None
    debate_until = debate.until if debate else None
    trails = dict(part_of(request, db, SubjectRef("petition", petition.id), now) or {}) if there.story else {}
    changes = [at for at in (same_until(petition, now), debate_until, midnight) if at is not None]
    response: Response[bytes] = state.pages.public(
        "petitions/show.html",
        keys=(
            f"petition:{petition.id}",
            figures_key(petition.id),
            page_key(SubjectRef("petition", petition.id)),
            *trails.pop("keys", ()),
        ),
        good_until=min(changes, default=None),
        fresh_for=600,
        petition=petition,
        state=uk.shown_state(petition, now),
        view=view,
        debate=debate,
        answers=[(r, a) for r, a in told.duties.answers if a],
        duties=told.duties,
        departments=told.duties.departments,
        lead=told.duties.departments.get(petition.lead_department_id or 0),
        petition_link=link,
        canonical_url=link,
        linked_data=linked.petition(petition, link, state.settings.site_name, uk.shown_state(petition, now)),
        stopped=stops.stopped(db, now) if there.stops else stops.Stopped(),
        discussion=said_of(request, db, petition, there.discussion, view.signable),
        now=now,
        **trails,
    )
    return response


def _documents(db: Session, duties: Duties) -> Mapping[int, Sequence[StoredFile]]:
    """By referral, what stands beside its answer."""
    answered = [r.id for r, given in duties.answers if given]
    found = files_of_many(db, [owner(r) for r in answered]) if answered else {}
    return {subject.id: files for subject, files in found.items()}


def _countries(db: Session, petition: Petition) -> list[tuple[str, int]]:
    return [(country_name(c.country), c.imported + c.validated) for c in queries.countries(db, petition.id)]


def _areas(state: Any, db: Session, petition: Petition) -> Sequence[AreaFigure]:
    return foremost_areas(db, state.site.dependencies["areas"].now(db), petition.id, MOST_AREAS)


HANDLERS = [show, count_json]
