"""What an answer must say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.core.errors import BadField, FieldError, Invalid
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy, tidy_line
from app.outcomes.rules.commitments import Promise
from app.outcomes.rules.deadlines import WorkingDays, check_due_day, read_day

MOST_SUMMARY = 200
MOST_DETAILS = 6_000


class Grade(StrEnum):
    """In one word, what the department will do."""

    WILL_DO = "will-do"
    IN_PART = "in-part"
    EXAMINE = "examine"
    ALREADY_DONE = "already-done"
    NO = "no"
    NOT_OURS = "not-ours"
    #: of a question that asked to know, not that something be done
    EXPLAINED = "explained"


GRADE_NAMES = {
    Grade.WILL_DO: _("Will do"),
    Grade.IN_PART: _("Will do in part"),
    Grade.EXAMINE: _("Will examine"),
    Grade.ALREADY_DONE: _("Already done"),
    Grade.NO: _("No"),
    Grade.NOT_OURS: _("Not ours to decide"),
    Grade.EXPLAINED: _("Explained"),
}
#: whose cause is a question that somebody asked: it may be answered by an explanation alone
QUESTION_CAUSE = "question"


def grades_for(cause: str) -> dict[Grade, str]:
    """What a department may say that it does: who asked for something gets no mere explanation."""
    return {g: name for g, name in GRADE_NAMES.items() if g != Grade.EXPLAINED or cause == QUESTION_CAUSE}


#: a promise goes with an answer that does something
WITH_PROMISES = frozenset({Grade.WILL_DO, Grade.IN_PART, Grade.EXAMINE})


class Addressed(StrEnum):
    """What somebody who asked says of an answer, once."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


ADDRESSED_NAMES = {
    Addressed.YES: _("Yes"),
    Addressed.PARTLY: _("Partly"),
    Addressed.NO: _("No"),
}


@dataclass(frozen=True)
class AnswerText:
    """A checked answer: grade, one-sentence summary, details with simple formatting.

    ``examine_by``: the day by which a department that examines says what came of it.
    """

    grade: Grade
    summary: str
    details: str
    examine_by: date | None = None
    promises: Sequence[Promise] = ()


def read_answer(
    grade: str,
    summary: str,
    details: str,
    examine_by: str = "",
    *,
    today: date | None = None,
    working: WorkingDays | None = None,
    promises: Sequence[Promise] = (),
) -> AnswerText:
    """Tidy and check; :class:`Invalid` names each field that is wrong.

    A day to examine by is asked for where ``today`` is given, and only of :attr:`Grade.EXAMINE`.
    """
    errors: list[FieldError] = []
    summary, details = tidy_line(summary), tidy(details)
    if grade not in set(Grade):
        errors.append(FieldError("grade", _("Choose what the department will do.")))
    elif promises and grade not in WITH_PROMISES:
        errors.append(
            FieldError(
                "grade", _("Promises go with an answer that does something. Take them out, or answer otherwise.")
            )
        )
    if is_blank(summary):
        errors.append(FieldError("summary", _("Enter the answer in one sentence.")))
    elif length(summary) > MOST_SUMMARY:
        errors.append(FieldError("summary", _("The summary must be 200 characters or fewer.")))
    if is_blank(details):
        errors.append(FieldError("details", _("Enter the answer's details: what, why and by when.")))
    elif length(details) > MOST_DETAILS:
        errors.append(FieldError("details", _("The details must be 6,000 characters or fewer.")))
    day: date | None = None
    if grade == Grade.EXAMINE and today is not None:
        try:
            day = check_due_day(read_day(examine_by), today=today, working=working or WorkingDays())
        except BadField as wrong:
            errors.append(FieldError("examine_by", str(wrong.message)))
    if errors:
        raise Invalid(errors)
    return AnswerText(Grade(grade), summary, details, day, tuple(promises))
