"""The public page of a consultation, in each of its phases; officials see the same before it is public."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.web.edge import shows
from app.core.web.page import Pages, public
from app.departments.model import Department
from app.files.model import StoredFile
from app.files.queries import files_of_many
from app.outcomes.model import Referral
from app.outcomes.queries import is_overdue
from app.outcomes.rules.deadlines import next_midnight
from app.outcomes.rules.referrals import OWED
from app.outcomes.trail import Duties, Step, is_waited_for, read_duties
from consultations import queries
from consultations.model import Consultation, DateChange
from consultations.rules.lifecycle import KIND_NAMES, Phase, next_turn, phase_of, takes_responses
from consultations.service import attaching
from consultations.service.closing import CAUSE
from consultations.service.locking import subject_of
from consultations.web.addressed import ConsultationUnpublished, consultation_id_of, readable_id
from consultations.web.hosting import seen
from consultations.web.trail import trail

#: what another area puts on the page: values for its template ``consultations/parts/NAME.html``; of them ``keys`` are
#: further keys of the page, and ``until`` is when its part changes by the clock alone
Part = Callable[[Request[Any, Any, Any], Session, Consultation, datetime], Mapping[str, Any] | None]


@dataclass(frozen=True)
class View:
    """Everything the page shows beside its texts. ``duty``: the outcome that is owed, if it is."""

    phase: Phase | None
    answerable: bool
    lead: Department | None
    supporting: Sequence[Department]
    easy_files: Sequence[StoredFile]
    files: Sequence[StoredFile]
    changes: Sequence[DateChange]
    steps: Sequence[Step]
    duty: Referral | None
    overdue: bool
    kind: str
    shows_count: bool


@shows("/consultations/{ref:str}", name="consultations.show")
def show(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    number = consultation_id_of(request.path_params["ref"])
    try:
        consultation = readable_id(db, number)
    except ConsultationUnpublished:
        return _gone(request, db, number)
    state, now = request.app.state, request.app.state.clock.now()
    view, duties = _view(db, consultation, state.pages, now)
    more = _parts(request, db, consultation, now)
    midnight = next_midnight(now, state.settings.zone) if is_waited_for(duties) else None
    turns = [t for t in (next_turn(consultation, now), midnight, *more.pop("untils")) if t is not None]
    response: Response[bytes] = state.pages.public(
        "consultations/page.html",
        keys=(f"consultation:{consultation.id}", *more.pop("more_keys")),
        good_until=min(turns, default=None),
        fresh_for=600,
        **_shown(state, consultation, view, now),
        **more,
    )
    return response


@get(
    "/hosting/consultations/{consultation_id:int}/preview",
    name="consultations.preview",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
)
def preview(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """As everyone will see it, with a line on top that says that nobody does yet."""
    state, consultation = request.app.state, seen(db, consultation_id)
    now = state.clock.now()
    view, _duties = _view(db, consultation, state.pages, now)
    more = _parts(request, db, consultation, now)
    del more["untils"], more["more_keys"]
    response: Response[bytes] = state.pages.personal(
        "consultations/page.html", **_shown(state, consultation, view, now), **more, preview=True
    )
    return response


def _shown(state: Any, consultation: Consultation, view: View, now: datetime) -> dict[str, Any]:
    link = f"{state.settings.base_url}/consultations/{consultation.id}"
    return {"consultation": consultation, "view": view, "now": now, "page_link": link, "canonical_url": link}


def _gone(request: Request[Any, Any, Any], db: Session, number: int) -> Response[bytes]:
    """It leads to the one in whose place it was made, or says why it is gone."""
    consultation = db.get_one(Consultation, number)
    keys = (f"consultation:{number}",)
    target = queries.public_consultation(db, consultation.merged_into_id) if consultation.merged_into_id else None
    if target is not None:
        location = {"location": f"/consultations/{target.id}"}
        return public(b"", "text/html", keys=(*keys, f"consultation:{target.id}"), status=301, headers=location)
    response: Response[bytes] = request.app.state.pages.public(
        "consultations/unpublished.html", keys=keys, status=410, consultation=consultation
    )
    return response


def _parts(request: Request[Any, Any, Any], db: Session, consultation: Consultation, now: datetime) -> dict[str, Any]:
    """What other areas show, as values of the one template."""
    values: dict[str, Any] = {"untils": [], "more_keys": []}
    for part in request.app.state.site.dependencies["consultation_parts"]:
        found = dict(part(request, db, consultation, now) or {})
        values["untils"].append(found.pop("until", None))
        values["more_keys"] += found.pop("keys", ())
        values |= found
    return values


def _view(db: Session, consultation: Consultation, pages: Pages, now: datetime) -> tuple[View, Duties]:
    phase, helping = phase_of(consultation, now), queries.supporting(db, consultation.id)
    duties = read_duties(db, subject_of(consultation.id), [consultation.department_id, *helping])
    duty = next((r for r, _a in duties.answers if r.cause == CAUSE and r.state in OWED), None)
    changes = queries.date_changes(db, consultation.id)
    easy, plain = attaching.owners(consultation.id)
    files = files_of_many(db, [easy, plain])
    view = View(
        phase=phase,
        answerable=takes_responses(consultation, now) and consultation.questionnaire_version > 0,
        lead=duties.departments.get(consultation.department_id),
        supporting=[duties.departments[d] for d in helping if d in duties.departments],
        easy_files=files[easy],
        files=files[plain],
        changes=changes,
        steps=trail(consultation, changes, duties, pages, now),
        duty=duty,
        overdue=duty is not None and is_overdue(duty, now),
        kind=str(KIND_NAMES.get(consultation.kind, "")),  # type: ignore[call-overload]
        shows_count=not consultation.hides_results or phase in (Phase.CLOSED, Phase.OUTCOME),
    )
    return view, duties


HANDLERS = [show, preview]
