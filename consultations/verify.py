"""What must hold of this room's data in every committed state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.site import Invariant
from consultations.model import (
    Clause,
    ClauseVersion,
    Consultation,
    DraftText,
    Figures,
    PublishedBatch,
    PublishedResponse,
    Response,
    ResponseVersion,
    Roll,
    TextVersion,
)
from consultations.queries.figures import questions_of
from consultations.rules.responses import ResponseState
from consultations.service import roll

#: how long the job that takes down what changed may need
PATIENCE = timedelta(minutes=2)
_COUNTS = Response.state == ResponseState.SUBMITTED


def counts_are_exact(db: Session, now: datetime) -> Iterable[str]:
    """Public count = responses that are submitted; of them the late ones = those with a pass."""
    mine = Response.consultation_id == Consultation.id
    true = select(func.count()).where(mine, _COUNTS).scalar_subquery()
    late = select(func.count()).where(mine, _COUNTS, Response.late_pass_id.is_not(None)).scalar_subquery()
    wrong = select(Consultation.id, Consultation.response_count, true, Consultation.late_count, late).where(
        (Consultation.response_count != true) | (Consultation.late_count != late)
    )
    for row, shown, counted, shown_late, counted_late in db.execute(wrong):
        yield f"consultation {row} shows {shown} ({shown_late} late), has {counted} ({counted_late})"


def versions_are_whole(db: Session, now: datetime) -> Iterable[str]:
    """Every response has all its versions, from the first to the newest."""
    stored = select(func.count()).where(ResponseVersion.response_id == Response.id).scalar_subquery()
    for row in db.scalars(select(Response.id).where(Response.version != stored).limit(5)):
        yield f"response {row} lacks a version"


def published_by_consent(db: Session, now: datetime) -> Iterable[str]:
    """What is public has a batch that was not undone, and is of a response that counts and whose writer still agrees to
    that much. Pages leave out at once what does not; its words must be gone from here some seconds later."""
    wrong = (
        select(PublishedResponse.response_id)
        .join(PublishedBatch, PublishedBatch.id == PublishedResponse.batch_id)
        .where(PublishedResponse.ended_at.is_(None), PublishedBatch.undone_at.is_not(None))
    )
    for row in db.scalars(wrong.limit(5)):
        yield f"response {row} is public though its batch was taken back"
    against = (Response.consent != PublishedResponse.consent) | (Response.state != ResponseState.SUBMITTED)
    kept = (
        select(PublishedResponse.response_id)
        .join(Response, Response.id == PublishedResponse.response_id)
        .where(PublishedResponse.ended_at.is_(None), against, Response.changed_at < now - PATIENCE)
    )
    for row in db.scalars(kept.limit(5)):
        yield f"response {row} is kept as published against its writer's wish"


def texts_are_whole(db: Session, now: datetime) -> Iterable[str]:
    """Every draft text has all its versions; every clause stands in each version from its first until it was removed."""
    stored = select(func.count()).where(TextVersion.text_id == DraftText.id).scalar_subquery()
    for row in db.scalars(select(DraftText.id).where(DraftText.version != stored).limit(5)):
        yield f"draft text {row} lacks a version"
    stood = select(func.count()).where(ClauseVersion.clause_id == Clause.id).scalar_subquery()
    until = func.coalesce(Clause.removed_in, DraftText.version + 1)
    wrong = (
        select(Clause.id).join(DraftText, DraftText.id == Clause.text_id).where(stood != until - Clause.first_version)
    )
    for row in db.scalars(wrong.limit(5)):
        yield f"clause {row} lacks a version"


def figures_hold_nothing_small(db: Session, now: datetime) -> Iterable[str]:
    """Published figures count no more people than the roll that they were made of, and tell of no few of them."""
    for row, total in db.execute(select(Figures, Roll.total).join(Roll, Roll.id == Figures.roll_id)):
        if row.responses + row.left_out > total:
            yield f"the figures of consultation {row.consultation_id} count more than its roll"
        shown = [table.smallest for question in questions_of(row) for table in question.tables]
        if any(n is not None and n < row.small for n in shown):
            yield f"the figures of consultation {row.consultation_id} tell of fewer than {row.small} people"


INVARIANTS = [
    Invariant("Published figures are of the roll and of no few people", figures_hold_nothing_small),
    Invariant("Draft texts have all their versions and clauses", texts_are_whole),
    Invariant("Responses to consultations are counted exactly", counts_are_exact),
    Invariant("Responses to consultations have all their versions", versions_are_whole),
    Invariant("Responses that count are those of the published rolls", roll.faults),
    Invariant("Nothing is published of a response without consent", published_by_consent),
]
