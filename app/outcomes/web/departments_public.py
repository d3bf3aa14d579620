"""How departments do: all of them beside each other, and each one's duties, promises and figures."""

from __future__ import annotations

import itertools
import time
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core import freshness
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.web import atom
from app.core.web.edge import shows
from app.core.web.linked_data import moment as moment_of
from app.core.web.page import day_count
from app.core.web.page import public as public_page
from app.core.web.stencils.frames import Entries
from app.departments import queries as departments
from app.departments.model import Department
from app.outcomes.model import Commitment, ProgressUpdate, Referral
from app.outcomes.queries import public, shown
from app.outcomes.queries.public import ANSWERED, IN_TIME, LATE, Moment, Wanted
from app.outcomes.queries.standing import MOST_KEPT, NOTHING_YET, SECONDS, Punctuality, Standing, heir_of
from app.outcomes.rules.commitments import PROGRESS_NAMES, Progress
from app.outcomes.web import records
from app.outcomes.web.asked import FRESH_FOR, JSON, OPEN_DATA, midnight, moment

#: entries of each list on a department's page; the rest is one link away
_NUMBERS = itertools.count()
MOST, MOST_PROMISES, MOST_ANSWERS, A_FEED = 10, 5, 5, 30


@get("/departments", name="outcomes.departments", guards=[anyone], sync_to_thread=True)
def department_list(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """By name, the dissolved ones last."""
    state, at = request.app.state, moment(request)
    response: Response[bytes] = state.pages.public(
        "outcomes/public/departments.html",
        keys=("outcomes",),
        fresh_for=FRESH_FOR,
        good_until=midnight(request, at),
        rows=_table(state, db, at),
    )
    return response


@get("/departments.json", name="outcomes.departments-json", guards=[anyone], sync_to_thread=True)
def department_list_json(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    state, at = request.app.state, moment(request)
    base = state.settings.base_url
    facts = [facts_of(department, standing, base) for department, standing in _table(state, db, at)]
    body = msgspec.json.encode({"departments": facts})
    until = midnight(request, at)
    return public_page(body, JSON, keys=("outcomes",), fresh_for=FRESH_FOR, good_until=until, headers=OPEN_DATA)


def _table(state: Any, db: Session, at: Moment) -> list[tuple[Department, Standing]]:
    figures = state.site.standings.table(db, at.now)
    return [(d, figures.get(d.id, NOTHING_YET)) for d in departments.all_of_them(db)]


class Lists(NamedTuple):
    """What a department's page lists: the late first in each. ``number``: of this reading of them."""

    late: list[shown.ShownOutcome]
    in_time: list[shown.ShownOutcome]
    promises: list[shown.PromiseOfSubject]
    answers: list[shown.ShownOutcome]
    number: int

    def entries(self, name: str, now: datetime) -> Entries[Any]:
        """One of these lists, whose parts of the page are good for as long as this reading and the days that are left."""
        rows: list[Any] = getattr(self, name)
        return Entries(rows, [(self.number, name, at, _days_left(row, now)) for at, row in enumerate(rows)])

    @property
    def keys(self) -> set[str]:
        """Pages of what is listed: they change with it."""
        rows: list[Referral | Commitment] = [o.row for o in (*self.late, *self.in_time, *self.answers)]
        rows += [p.promise.row for p in self.promises]
        return {str(subject) for subject in public.subjects_of(rows)}


def _days_left(of: shown.ShownOutcome | shown.PromiseOfSubject, now: datetime) -> int | None:
    if isinstance(of, shown.PromiseOfSubject) or of.row.due_at is None or not of.is_owed:
        return None
    return day_count(of.row.due_at, now)


def read_lists(state: Any, db: Session, department: Department, at: Moment) -> Lists:
    subjects, zone, mine = state.site.subjects, state.settings.zone, Wanted(department_id=department.id)

    def some(of: str, most: int) -> list[shown.ShownOutcome]:
        rows = public.referrals(db, subjects, mine._replace(state=of), at, most=most)
        return shown.outcomes(db, subjects, rows, at, zone)

    late = public.open_promises(db, subjects, department.id, at.today, late=True, most=MOST_PROMISES)
    ahead = public.open_promises(db, subjects, department.id, at.today, late=False, most=MOST_PROMISES)
    return Lists(
        late=some(LATE, MOST),
        in_time=some(IN_TIME, MOST),
        promises=shown.promises(db, subjects, [*late, *ahead], at),
        answers=some(ANSWERED, MOST_ANSWERS),
        number=next(_NUMBERS),
    )


class KeptLists:
    """What departments' pages list, for some seconds: until something that stands there changes, or a day begins.

    What a room refers without telling these pages is seen when the seconds are over.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._each: dict[int, tuple[Lists, object, float]] = {}

    def of(self, state: Any, db: Session, department: Department, at: Moment) -> Lists:
        """Every page that shows the same is given the same; threads that come at once may each read it."""
        known = self._each.get(department.id)
        if known and time.monotonic() < known[2] and self._stamp(db, department, known[0], at) == known[1]:
            return known[0]
        lists = read_lists(state, db, department, at)
        if len(self._each) >= MOST_KEPT:
            self._each.clear()
        stamp, until = self._stamp(db, department, lists, at), time.monotonic() + self.seconds
        self._each[department.id] = (lists, stamp, until)
        return lists

    def _stamp(self, db: Session, department: Department, lists: Lists, at: Moment) -> object:
        keys = (freshness.SITE, f"department:{department.id}", *lists.keys)
        return (at.today, freshness.versions(db, keys))


@shows("/departments/{ref:str}", name="outcomes.department")
def department_page(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """One department's page; ``/departments/parks.json`` is its data, ``/departments/parks.atom`` what it does."""
    ref: str = request.path_params["ref"]
    if ref.endswith(".json"):
        return _as_json(request, db, _known(db, ref.removesuffix(".json")))
    if ref.endswith(".atom"):
        return _as_atom(request, db, _known(db, ref.removesuffix(".atom")))
    state, at, department = request.app.state, moment(request), _known(db, ref)
    lists = state.site.dependencies["department_lists"].of(state, db, department, at)
    response: Response[bytes] = state.pages.public(
        "outcomes/public/department.html",
        keys=(f"department:{department.id}", *lists.keys),
        fresh_for=FRESH_FOR,
        good_until=midnight(request, at),
        department=department,
        heir=heir_of(db, department),
        standing=state.site.standings.of(db, department, at.now),
        lists=lists,
        now=at.now,
        linked_data=_linked(department, state.settings.base_url),
    )
    return response


def _linked(department: Department, base: str) -> dict[str, Any]:
    """In the words of schema.org."""
    link = f"{base}/departments/{department.slug}"
    return {
        "@type": "GovernmentOrganization",
        "@id": link,
        "url": link,
        "name": department.name,
        "identifier": department.slug,
        "dissolutionDate": moment_of(department.dissolved_at),
        "subjectOf": {"@type": "Dataset", "name": department.name, "url": f"{link}.json"},
    }


def _known(db: Session, slug: str) -> Department:
    department = departments.by_slug(db, slug)
    if department is None:
        raise NotFound
    return department


def _as_json(request: Request[Any, Any, Any], db: Session, department: Department) -> Response[bytes]:
    state, at = request.app.state, moment(request)
    base, zone = state.settings.base_url, state.settings.zone
    lists, heir = read_lists(state, db, department, at), heir_of(db, department)
    facts = {
        **facts_of(department, state.site.standings.of(db, department, at.now), base),
        "succeeded_by": records.department(heir, base),
        "late_answers": [records.outcome(o, base, zone) for o in lists.late],
        "open_answers": [records.outcome(o, base, zone) for o in lists.in_time],
        "open_promises": [records.promise(p, base) for p in lists.promises],
        "latest_answers": [records.outcome(o, base, zone) for o in lists.answers],
    }
    return public_page(
        msgspec.json.encode(facts),
        JSON,
        keys=(f"department:{department.id}", *lists.keys),
        fresh_for=FRESH_FOR,
        good_until=midnight(request, at),
        headers=OPEN_DATA,
    )


def facts_of(department: Department, standing: Standing, base: str) -> dict[str, Any]:
    return {
        **(records.department(department, base) or {}),
        "dissolved_at": records.instant(department.dissolved_at),
        "open": standing.owed,
        "late": standing.late,
        "answered": standing.answered,
        "all_time": _punctuality(standing.ever),
        "last_12_months": _punctuality(standing.year),
        "put_off": standing.put_off,
        "handed_on": standing.handed_on,
        "promises": {
            "open": standing.promises_open,
            "late": standing.promises_late,
            "kept": standing.promises_kept,
            "dropped": standing.promises_dropped,
        },
        "addressed": records.addressed(standing.said),
    }


def _punctuality(found: Punctuality) -> dict[str, Any]:
    days = None if found.median is None else round(found.median / 86_400, 1)
    return {"due": found.due, "on_time": found.on_time, "share_on_time": found.share, "median_days": days}


def _as_atom(request: Request[Any, Any, Any], db: Session, department: Department) -> Response[bytes]:
    """Its answers and what it noted about its promises, the newest first."""
    state, at, base = request.app.state, moment(request), request.app.state.settings.base_url
    subjects = state.site.subjects
    rows = public.referrals(db, subjects, Wanted(department_id=department.id), at, most=A_FEED)
    answers = [records.outcome_entry(o, base) for o in shown.outcomes(db, subjects, rows, at, state.settings.zone)]
    steps = public.steps_of(db, subjects, department.id, most=A_FEED)
    entries = [*answers, *(_step(update, promise, base) for update, promise in steps)]
    page = f"{base}/departments/{department.slug}"
    feed = atom.Feed(
        id=page,
        title=department.name,
        subtitle=_("What {name} answered, and how far its promises have come").format(name=department.name),
        page=page,
        address=f"{page}.atom",
        author=state.settings.site_name,
        updated=department.created_at,
        entries=sorted(entries, key=lambda e: e.updated, reverse=True)[:A_FEED],
    )
    keys = (f"department:{department.id}", *map(str, public.subjects_of([*rows, *(p for _u, p in steps)])))
    return public_page(atom.written(feed), atom.ATOM, keys=keys, fresh_for=FRESH_FOR, headers=OPEN_DATA)


def _step(update: ProgressUpdate, promise: Commitment, base: str) -> atom.Entry:
    link = f"{base}/commitments/{promise.id}#step-{update.number}"
    words = PROGRESS_NAMES[Progress(update.progress)]
    return atom.Entry(id=link, title=f"{words}: {promise.text}", link=link, updated=update.at, summary=update.note)


HANDLERS = [department_list, department_list_json, department_page]
