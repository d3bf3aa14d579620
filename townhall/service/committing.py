"""A promise that was made in a hall becomes a commitment of a department, with the second at which it was made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.core.errors import BadField, FieldError
from app.core.events import announce
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy_line
from app.departments.model import Department
from app.departments.queries import by_slug
from app.outcomes.rules.commitments import MOST_OWNER, MOST_TEXT
from app.outcomes.rules.commitments import Promise as Promised
from app.outcomes.rules.deadlines import check_due_day
from app.outcomes.service import committing
from townhall.events import CommitmentRecorded
from townhall.model import Promise
from townhall.rules.commands import BadCommand
from townhall.rules.operations import AddCommitment
from townhall.rules.questions import PUBLIC
from townhall.service import locking, moving
from townhall.service.commanding import Work


def add(work: Work, d: AddCommitment) -> Mapping[str, Any]:
    """``commitment.add``: in the words of whoever records it; about a question of the hall, or about none."""
    department, promise = _read(work, d)
    question = moving.found(work.db, work.hall, d.question) if d.question is not None else None
    if question is not None and question.state not in PUBLIC:
        raise BadCommand([FieldError("question", str(_("That question is not public.")))])
    subject = locking.subject_of(work.hall.id)
    made = committing.make(work.db, subject, department.id, promise, by=work.account_id, now=work.now)
    second = _second(work)
    work.db.add(
        Promise(
            commitment_id=made.id,
            hall_id=work.hall.id,
            question_id=question.id if question else None,
            second=second,
            at=work.now,
            by_id=work.account_id,
        )
    )
    work.db.flush()
    announce(work.db, CommitmentRecorded(work.hall.id, made.id, question.id if question else None, work.now))
    about: dict[str, Any] = {"second": second} | ({"question": question.id} if question else {})
    work.happened("commitment.added", made.id, **about)
    return {"commitment": made.id, "second": second}


def _read(work: Work, d: AddCommitment) -> tuple[Department, Promised]:
    """Raises :class:`BadCommand` with each field that is wrong."""
    errors: list[FieldError] = []
    text, owner = tidy_line(d.text), tidy_line(d.owner)
    if is_blank(text):
        errors.append(FieldError("text", str(_("Enter what was promised, in one sentence."))))
    elif length(text) > MOST_TEXT:
        errors.append(
            FieldError("text", str(_("The promise must be {most} characters or fewer.")).format(most=MOST_TEXT))
        )
    if length(owner) > MOST_OWNER:
        errors.append(
            FieldError("owner", str(_("Who is responsible: use {most} characters or fewer.")).format(most=MOST_OWNER))
        )
    department = by_slug(work.db, d.department)
    if department is None or department.dissolved_at is not None:
        errors.append(FieldError("department", str(_("Choose a department."))))
    day = None
    try:
        today = work.now.astimezone(work.means.zone).date()
        day = check_due_day(
            date.fromisoformat(d.due_on), today=today, working=work.means.referring.calendar.working(work.db)
        )
    except BadField as wrong:
        errors.append(FieldError("due_on", str(wrong.message)))
    except ValueError:
        errors.append(FieldError("due_on", str(_("Enter a day, such as 2027-03-31."))))
    if errors or department is None or day is None:
        raise BadCommand(errors)
    return department, Promised(text, owner or department.name, day)


def _second(work: Work) -> int:
    """Of the hall, at most its whole length."""
    began = work.hall.started_at or work.now
    return max(0, int((min(work.now, work.hall.ended_at or work.now) - began).total_seconds()))
