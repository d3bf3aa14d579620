"""A made-up matter to practise with: the real services, on a matter that no figure and no public page knows."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.ids import new_id
from app.core.subject import SubjectRef
from app.files import service as files
from app.outcomes.contribution import Referred
from app.outcomes.model import (
    Answer,
    AnswerDraft,
    Commitment,
    DeskNote,
    DueChange,
    Handing,
    ProgressUpdate,
    Referral,
    Support,
)
from app.outcomes.queries.inbox import MADE_UP
from app.outcomes.service.documents import owner
from app.outcomes.service.referring import Calendar, refer

KIND, CAUSE = MADE_UP, "response"


class Story(NamedTuple):
    title: str
    background: str
    details: str
    people: int


STORIES = (
    Story(
        _("Put a bench at every second bus stop on the hill"),
        _("People who cannot stand for long wait up to half an hour there, and the next seat is at the bottom."),
        _("There is room at six of the eleven stops. Neighbours would look after the benches."),
        1_204,
    ),
    Story(
        _("Let the swimming pool open an hour earlier on working days"),
        _("Many begin work at eight and have no other time to swim."),
        _("The boiler runs from five in any case. A trial from May to July would show how many come."),
        2_310,
    ),
    Story(
        _("Say on the website when a street light will be mended"),
        _("People report a light and never hear of it again, so they report it a second and a third time."),
        _("A number and a date would be enough."),
        860,
    ),
)


def begin(db: Session, calendar: Calendar, department_id: int, now: datetime) -> Referral:
    """A new one for this department; the one it had before is gone."""
    clear(db, department_id, now)
    number = new_id()
    due = calendar.due_at(db, CAUSE, now)
    subject = SubjectRef(KIND, number)
    return refer(db, subject, cause=CAUSE, department_id=department_id, due_at=due, now=now, sandbox=True)


def of(db: Session, department_id: int) -> Referral | None:
    """The one that this department practises with; it may have handed it on, as one does."""
    made_up = select(Referral).where(*_of(department_id))
    return db.scalar(made_up.order_by(Referral.id.desc()).limit(1))


def _of(department_id: int) -> tuple[ColumnElement[bool], ...]:
    """What this department began, wherever it was handed; by its kind, which an index begins with."""
    begun = exists().where(
        Handing.referral_id == Referral.id, Handing.from_id.is_(None), Handing.to_id == department_id
    )
    return (Referral.subject_kind == KIND, Referral.sandbox.is_(True), begun)


def shown(_db: Session, subject_id: int) -> Referred:
    """Its story, as any subject is shown."""
    story = STORIES[subject_id % len(STORIES)]
    return Referred(
        title=str(story.title),
        href="/desk/practice",
        people=story.people,
        paragraphs=[(str(_("Background")), str(story.background)), (str(_("More details")), str(story.details))],
        note=str(_("Made up, to practise with. Nobody is told, nothing is published, and no figure counts it.")),
        public=False,
    )


def clear(db: Session, department_id: int, now: datetime) -> None:
    """Nothing of it is left."""
    made_up = select(Referral.id).where(*_of(department_id))
    ids = list(db.scalars(made_up))
    if not ids:
        return
    for number in ids:
        files.remove_all(db, owner(number), now=now)
    promises = select(Commitment.id).where(Commitment.referral_id.in_(ids))
    db.execute(delete(ProgressUpdate).where(ProgressUpdate.commitment_id.in_(promises)))
    for table in (Commitment, AnswerDraft, Answer, DeskNote, DueChange, Handing, Support):
        db.execute(delete(table).where(table.referral_id.in_(ids)))
    db.execute(delete(Referral).where(Referral.id.in_(ids)))
    db.expire_all()
