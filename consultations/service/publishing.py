"""Single responses on their way to the public: looked at, published in batches, taken down at once.

Callers hold the consultation's lock; responses are locked by their numbers after it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from consultations.events import ResponsesPublished
from consultations.model import Consultation, PublishedBatch, PublishedResponse, Response
from consultations.rules.lifecycle import Phase, phase_of
from consultations.rules.publishing import UNDO_WITHIN, has_words, may_be_published, public_answers
from consultations.rules.responses import Consent, Publishing, ResponseState
from consultations.service.redacting import ResponseChanged, answers_of, signatures, spans_of

A_BATCH, A_STEP = 500, 500


class StillOpen(Conflict):
    code = "still-open"
    title = _("Responses are published after closing")
    message = _("Until then people may change or withdraw what they sent.")
    way_on = ("/desk/consultations/{consultation}/publish", _("Back to the responses"))


class NothingReady(Conflict):
    code = "nothing-ready"
    title = _("Nothing is ready to be published")
    message = _("It was published, changed or withheld in the meantime.")
    way_on = ("/desk/consultations/{consultation}/publish", _("Back to the responses"))


class TooLateToUndo(Conflict):
    code = "too-late-to-undo"
    title = _("These responses have been public for more than ten minutes")
    message = _("They stay published. You can still take down a single one, with a reason.")
    way_on = ("/desk/consultations/{consultation}/publish", _("Back to the responses"))


class StillSigned(Conflict):
    code = "still-signed"
    title = _("The text still says who wrote it")
    message = _("Its writer wants no name published. Take the name out, or say that it may stay.")
    way_on = ("/desk/consultations/{consultation}/publish/{response}", _("Back to the response"))


def queued(consultation_id: int, publishing: Publishing) -> Select[Any]:
    """Responses whose writers agreed that they may be published; others never are in any queue."""
    return select(Response).where(
        Response.consultation_id == consultation_id,
        Response.state == ResponseState.SUBMITTED,
        Response.consent != Consent.NONE,
        Response.publishing == publishing,
    )


def figures(db: Session, consultation_id: int) -> dict[str, int]:
    """How many wait, are ready, published and withheld; ``none``: those that are never published."""
    counted = (
        select(Response.publishing, Response.consent, func.count())
        .where(Response.consultation_id == consultation_id, Response.state == ResponseState.SUBMITTED)
        .group_by(Response.publishing, Response.consent)
    )
    found = {str(p): 0 for p in Publishing} | {"none": 0}
    for publishing, consent, count in db.execute(counted):
        found["none" if consent == Consent.NONE else publishing] += count
    return found


def publishable(db: Session, consultation_id: int, response_id: int, *, lock: bool = False) -> Response:
    """One that may be published; anything else is not found. ``lock``: to be changed."""
    wanted = select(Response).where(Response.id == response_id, Response.consultation_id == consultation_id)
    wanted = wanted.with_for_update().execution_options(populate_existing=True) if lock else wanted
    found = db.scalar(wanted)
    if found is None or not may_be_published(found.state, found.consent):
        raise NotFound
    return found


@dataclass(frozen=True)
class Step:
    """``last``: the number it came to, None where there is no more."""

    done: int
    last: int | None


def pass_numbers(db: Session, consultation_id: int, *, after: int, by: int, now: datetime) -> Step:
    """The next of those that wait: whoever wrote no words needs no reader."""
    wanted = queued(consultation_id, Publishing.WAITING).where(Response.id > after).order_by(Response.id).limit(A_STEP)
    some = db.scalars(wanted.with_for_update()).all()
    passed = [response for response in some if _has_no_words(db, response)]
    for response in passed:
        response.publishing, response.approved_version = Publishing.READY, response.version
    db.flush()
    if passed:
        _record(db, "consultations.pass-numbers", consultation_id, by, now, {"responses": len(passed)})
    return Step(len(passed), some[-1].id if len(some) == A_STEP else None)


def _has_no_words(db: Session, response: Response) -> bool:
    asked, answers, _version = answers_of(db, response)
    return not has_words(asked, answers)


def approve(
    db: Session, keys: Keys, response: Response, *, version: int, may_stay: bool, by: int, now: datetime
) -> None:
    """An officer has read this version: it may be published. ``may_stay``: a name in it, though none is to be shown."""
    if response.version != version or response.publishing == Publishing.PUBLISHED:
        raise ResponseChanged(consultation=response.consultation_id, response=response.id)
    if not may_stay and signatures(db, keys, response):
        raise StillSigned(consultation=response.consultation_id, response=response.id)
    response.publishing, response.approved_version, response.withheld_reason = Publishing.READY, version, ""
    db.flush()
    facts = {"response": response.id, "signed": may_stay}
    _record(db, "consultations.approve-response", response.consultation_id, by, now, facts)


def publish_ready(
    db: Session, consultation: Consultation, *, by: int, now: datetime, only: int | None = None
) -> PublishedBatch:
    """Up to 500 that are ready become public together; with ``only`` that one alone."""
    if phase_of(consultation, now) not in (Phase.CLOSED, Phase.OUTCOME):
        raise StillOpen(consultation=consultation.id)
    wanted = queued(consultation.id, Publishing.READY).where(Response.approved_version == Response.version)
    if only is not None:
        wanted = wanted.where(Response.id == only)
    ready = db.scalars(wanted.order_by(Response.id).limit(A_BATCH).with_for_update()).all()
    if not ready:
        raise NothingReady(consultation=consultation.id)
    batch = PublishedBatch(consultation_id=consultation.id, count=len(ready), at=now, by_id=by)
    db.add(batch)
    db.flush()
    _publish(db, batch, ready, now)
    _record(db, "consultations.publish-responses", consultation.id, by, now, {"batch": batch.id, "count": len(ready)})
    announce(db, ResponsesPublished(consultation.id, len(ready), now))
    touch(db, f"consultation:{consultation.id}")
    return batch


def _publish(db: Session, batch: PublishedBatch, ready: Sequence[Response], now: datetime) -> None:
    newest = select(func.max(PublishedResponse.number)).where(
        PublishedResponse.consultation_id == batch.consultation_id
    )
    last = db.scalar(newest) or 0
    known = _rows(db, [r.id for r in ready])
    for response in ready:
        row = known.get(response.id)
        if row is None:
            last += 1
            row = PublishedResponse(response_id=response.id, consultation_id=batch.consultation_id, number=last)
        _fill(db, row, response)
        row.batch_id, row.at, row.ended_at = batch.id, now, None
        db.add(row)
        response.publishing, response.published_at = Publishing.PUBLISHED, now
    db.flush()


def _fill(db: Session, row: PublishedResponse, response: Response) -> None:
    asked, answers, version = answers_of(db, response)
    public = public_answers(asked, answers, spans_of(db, response.id, response.version))
    row.answers = msgspec.json.encode({str(n): a for n, a in public.items()}).decode()
    row.version, row.questionnaire_version, row.consent = response.version, version, response.consent


def undo(db: Session, consultation_id: int, batch_id: int, *, by: int, now: datetime) -> int:
    """Within ten minutes: all of a batch that is still public is ready again; answers how many."""
    batch = db.get(PublishedBatch, batch_id, with_for_update=True)
    if batch is None or batch.consultation_id != consultation_id:
        raise NotFound
    if batch.undone_at is not None or now >= batch.at + UNDO_WITHIN:
        raise TooLateToUndo(consultation=consultation_id)
    batch.undone_at, batch.undone_by_id = now, by
    mine = select(PublishedResponse).where(PublishedResponse.batch_id == batch.id, PublishedResponse.ended_at.is_(None))
    ids = [row.response_id for row in db.scalars(mine)]
    _take_down(db, _responses(db, ids), Publishing.READY, now)
    _record(db, "consultations.undo-publishing", consultation_id, by, now, {"batch": batch.id, "count": len(ids)})
    touch(db, f"consultation:{consultation_id}")
    return len(ids)


def withhold(db: Session, response: Response, reason: str, *, by: int, now: datetime) -> None:
    """It is not published, or no longer, though its writer agreed; it counts and is read all the same."""
    was_public = response.publishing == Publishing.PUBLISHED
    _take_down(db, [response], Publishing.WITHHELD, now)
    response.withheld_reason = reason
    db.flush()
    _record(db, "consultations.withhold", response.consultation_id, by, now, {"response": response.id})
    if was_public:
        touch(db, f"consultation:{response.consultation_id}")


def look_again(db: Session, response: Response, *, by: int, now: datetime) -> None:
    """What was ready or withheld waits to be looked at once more."""
    if response.publishing in (Publishing.READY, Publishing.WITHHELD):
        response.publishing, response.withheld_reason, response.approved_version = Publishing.WAITING, "", None
        db.flush()
        _record(db, "consultations.look-again", response.consultation_id, by, now, {"response": response.id})


def note_changed(db: Session, response_ids: Collection[int], now: datetime) -> None:
    """These were amended, withdrawn, rejected, or may be published less: nobody reads what was public any more.

    For whoever changes a response, in the same transaction, before pages are touched.
    """
    public = {row.response_id for row in _rows(db, list(response_ids)).values() if row.ended_at is None}
    stands = (Publishing.PUBLISHED, Publishing.READY)
    changed = [r for r in _responses(db, response_ids) if r.publishing in stands or r.id in public]
    _take_down(db, changed, Publishing.WAITING, now)
    if changed:
        touch(db, *(f"consultation:{r.consultation_id}" for r in changed))


def take_down_changed(db: Session, now: datetime) -> int:
    """A job: whatever is stored as published while its response says otherwise. Pages have left it out already."""
    P = PublishedResponse
    differs = (P.version != Response.version) | (P.consent != Response.consent)
    differs |= (Response.state != ResponseState.SUBMITTED) | (Response.publishing != Publishing.PUBLISHED)
    wanted = select(P.response_id).join(Response, Response.id == P.response_id).where(P.ended_at.is_(None), differs)
    found = db.scalars(wanted.order_by(P.response_id).limit(A_STEP)).all()
    note_changed(db, found, now)
    return len(found)


def _take_down(db: Session, responses: Sequence[Response], state: Publishing, now: datetime) -> None:
    rows = _rows(db, [r.id for r in responses])
    for response in responses:
        if (row := rows.get(response.id)) is not None and row.ended_at is None:
            row.answers, row.ended_at = "{}", now
        response.publishing, response.published_at = state, None
        if state != Publishing.READY:
            response.approved_version = None
    db.flush()


def _rows(db: Session, response_ids: Sequence[int]) -> dict[int, PublishedResponse]:
    wanted = select(PublishedResponse).where(PublishedResponse.response_id.in_(response_ids))
    return {row.response_id: row for row in db.scalars(wanted)}


def _responses(db: Session, response_ids: Collection[int]) -> Sequence[Response]:
    wanted = select(Response).where(Response.id.in_(response_ids)).order_by(Response.id)
    return db.scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()


def batches(db: Session, consultation_id: int, most: int = 20) -> Sequence[PublishedBatch]:
    """The newest first."""
    wanted = select(PublishedBatch).where(PublishedBatch.consultation_id == consultation_id)
    return db.scalars(wanted.order_by(PublishedBatch.id.desc()).limit(most)).all()


def _record(db: Session, act: str, consultation_id: int, by: int, now: datetime, facts: dict[str, Any]) -> None:
    audit.record(db, act, SubjectRef("consultation", consultation_id), by=by, now=now, facts=facts)
