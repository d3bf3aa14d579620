"""A department's program notes how far a promise has come."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, RawBody
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.i18n import _
from app.core.idempotency import KeyReused, StillRunning
from app.core.web.forms import Form
from app.core.web.problems import OF_A_BODY, answers, problems, wrong
from app.core.web.repeats import Done, once
from app.outcomes.api import examples, told
from app.outcomes.api.calls import Key, claim_of, needs, refusals
from app.outcomes.api.refusals import ProgressedMeanwhile
from app.outcomes.api.schema import ProgressIn, ProgressStored
from app.outcomes.model import Commitment
from app.outcomes.queries import promises
from app.outcomes.rules.commitments import Progress, Update, read_links, read_update_note
from app.outcomes.service.committing import ProgressChanged, report_progress
from app.outcomes.web.lookup import lock, read_due
from app.tokens.guard import by_program, program_of
from app.tokens.rules.scopes import Scope
from app.tokens.service.using import Program

_PROBLEMS = problems(
    *OF_A_BODY,
    *refusals(
        Scope.PROGRESS,
        ProgressedMeanwhile(commitment=8, promise=examples.WHOLE.commitments[0]),
        StillRunning(),
        KeyReused(),
        wrong("note", _("Say in a sentence or two what has happened. Everyone can read it.")),
    ),
)


@post(
    "/api/v1/commitments/{commitment_id:int}/progress",
    name="outcomes.api.progress",
    include_in_schema=True,
    guards=[by_program("outcomes.progress")],
    security=needs(Scope.PROGRESS),
    sync_to_thread=True,
    status_code=201,
    summary="Note progress of a promise",
    responses={201: answers(ProgressStored, "Public", examples.NOTED), **_PROBLEMS},
)
def progress(
    request: Request[Any, Any, Any],
    commitment_id: FromPath[int],
    data: Annotated[ProgressIn, BodyKwarg(media_type=RequestEncodingType.JSON, examples=examples.PROGRESS)],
    body: RawBody,
    idempotency_key: Key = "",
) -> Response[ProgressStored]:
    """A dated note that everyone reads: how far it has come, evidence, a later day."""
    state, program = request.app.state, program_of(request)

    def act(db: Session) -> Done:
        standing = _owned(db, program, commitment_id)
        said = read(state, db, data, standing)
        lock(state, db, standing.subject_kind, standing.subject_id)
        noted = report_progress(
            db,
            commitment_id,
            program.department_id,
            said,
            after=data.seen_updates,
            by=None,
            now=state.clock.now(),
            token=program.id,
        )
        page = f"{state.settings.base_url}/commitments/{commitment_id}#step-{noted.number}"
        stored = ProgressStored(commitment_id, noted.number, data.progress, page)
        return Done(201, msgspec.json.encode(stored))

    try:
        return once(state, claim_of(request, idempotency_key, body), act)  # type: ignore[return-value]
    except ProgressChanged as changed:
        with state.database.reading() as db:
            promise = told.commitment(_owned(db, program, commitment_id), state.settings.base_url)
        raise ProgressedMeanwhile(commitment=commitment_id, promise=promise) from changed


def read(state: Any, db: Session, data: ProgressIn, standing: Commitment) -> Update:
    """Checked as the desk's form is."""
    form = Form({"note": data.note, "links": "\n".join(data.links), "due": data.due.isoformat() if data.due else ""})
    note = form.read("note", lambda text: read_update_note(text, data.progress))
    links = form.read("links", read_links)
    due: date | None = None
    if data.due is not None:
        due = form.read("due", lambda text: read_due(state, db, text, after=standing.due_on))
    form.check()
    return Update(Progress(data.progress), note or "", links or (), due)


def _owned(db: Session, program: Program, commitment_id: int) -> Commitment:
    """A promise of another department is as good as none."""
    standing = promises.one(db, commitment_id, program.department_id)
    if standing is None:
        raise NotFound
    return standing


HANDLERS = [progress]
