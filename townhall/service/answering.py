"""A department's written answer to a question: the answer of a referral, as everywhere, made where there is none yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import FieldError
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy, tidy_line
from app.departments.model import Department
from app.departments.queries import of_officer
from app.outcomes.events import AnswerWithdrawn, ReferralAnswered
from app.outcomes.model import Answer, Referral
from app.outcomes.rules.answers import MOST_DETAILS, MOST_SUMMARY, QUESTION_CAUSE, AnswerText, Grade
from app.outcomes.rules.referrals import UNANSWERED
from app.outcomes.service import answering
from app.outcomes.service.referring import Referring, hand_over, refer
from townhall.model import HallDepartment, Question
from townhall.rules.commands import BadCommand, NotAllowed
from townhall.rules.operations import AnswerQuestion
from townhall.rules.questions import PUBLIC
from townhall.service import locking, log, moving
from townhall.service.commanding import Work
from townhall.service.log import Happening

CAUSE = QUESTION_CAUSE


def subject_of(question_id: int) -> SubjectRef:
    return SubjectRef(locking.QUESTION, question_id)


class NotYourHall(NotAllowed):
    title = _("Your department has no part in this hall")
    message = _("Nothing was changed. Officers of the departments that take part in a hall answer its questions.")


def answer(work: Work, d: AnswerQuestion) -> Mapping[str, Any]:
    """``question.answer``: public at once, and again where it corrects what the department said before."""
    question = moving.found(work.db, work.hall, d.question)
    if question.state not in PUBLIC:
        raise BadCommand([FieldError("question", str(_("That question is not public.")))])
    department = _answering(work)
    text = read(d.text, d.grade)
    referral = ticket(work.db, work.means.referring, question, department.id, work.now)
    if referral.department_id != department.id and referral.state in UNANSWERED:
        # whoever of the hall's departments answers takes it over from the one that was to
        hand_over(
            work.db,
            subject_of(question.id),
            from_department=referral.department_id,
            to_department=department.id,
            now=work.now,
        )
    newest = work.db.scalar(
        select(Answer.version).where(Answer.referral_id == referral.id).order_by(Answer.version.desc()).limit(1)
    )
    given = answering.answer(
        work.db,
        referral.id,
        department.id,
        text,
        after_version=newest or 0,
        by=work.account_id,
        now=work.now,
    )
    work.db.flush()
    return {"answer": given.id, "version": given.version, "referral": referral.id}


def ticket(db: Session, referring: Referring, question: Question, department_id: int, now: Any) -> Referral:
    """What a department owes this question, made where there is nothing yet."""
    return refer(
        db,
        subject_of(question.id),
        cause=CAUSE,
        department_id=department_id,
        due_at=referring.calendar.due_at(db, CAUSE, now),
        now=now,
    )


def read(text: str, grade: str = "") -> AnswerText:
    """Its first line, or the beginning of it, is the summary; raises :class:`BadCommand`."""
    details = tidy(text)
    if is_blank(details):
        raise BadCommand([FieldError("text", str(_("Enter the answer.")))])
    if length(details) > MOST_DETAILS:
        words = str(_("The answer must be {most} characters or fewer.")).format(most=MOST_DETAILS)
        raise BadCommand([FieldError("text", words)])
    if grade and grade not in set(Grade):
        raise BadCommand([FieldError("grade", ", ".join(Grade))])
    summary = tidy_line(details.partition("\n")[0])
    if length(summary) > MOST_SUMMARY:
        summary = summary[: MOST_SUMMARY - 1].rsplit(" ", 1)[0] + "…"
    return AnswerText(Grade(grade) if grade else Grade.EXPLAINED, summary, details)


def note_answer(db: Session, event: ReferralAnswered | AnswerWithdrawn) -> None:
    """Whichever way a department answers, or takes it back: whoever follows the hall sees it, and so does its page."""
    if event.subject.kind != locking.QUESTION:
        return
    question = db.get(Question, event.subject.id)
    if question is None:
        return
    touch(db, f"townhall:{question.hall_id}")
    log.note(db, question.hall_id, Happening("question.answer", question.id, by_id=event.by), event.at)


def _answering(work: Work) -> Department:
    """The department of whoever answers: it leads the hall, or takes part beside."""
    department = of_officer(work.db, work.account_id)
    beside = select(HallDepartment.department_id).where(HallDepartment.hall_id == work.hall.id)
    if department is None or department.id not in {work.hall.department_id, *work.db.scalars(beside)}:
        raise NotYourHall
    return department
