"""What an answer must say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.text.plain import length, tidy, tidy_line

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


GRADE_NAMES = {
    Grade.WILL_DO: _("Will do"),
    Grade.IN_PART: _("Will do in part"),
    Grade.EXAMINE: _("Will examine"),
    Grade.ALREADY_DONE: _("Already done"),
    Grade.NO: _("No"),
    Grade.NOT_OURS: _("Not ours to decide"),
}


@dataclass(frozen=True)
class AnswerText:
    """A checked answer: grade, one-sentence summary, details with simple formatting."""

    grade: Grade
    summary: str
    details: str


def read_answer(grade: str, summary: str, details: str) -> AnswerText:
    """Tidy and check; :class:`Invalid` names each field that is wrong."""
    errors: list[FieldError] = []
    summary, details = tidy_line(summary), tidy(details)
    if grade not in set(Grade):
        errors.append(FieldError("grade", _("Choose what the department will do.")))
    if not summary:
        errors.append(FieldError("summary", _("Enter the answer in one sentence.")))
    elif length(summary) > MOST_SUMMARY:
        errors.append(FieldError("summary", _("The summary must be 200 characters or fewer.")))
    if not details:
        errors.append(FieldError("details", _("Enter the answer's details: what, why and by when.")))
    elif length(details) > MOST_DETAILS:
        errors.append(FieldError("details", _("The details must be 6,000 characters or fewer.")))
    if errors:
        raise Invalid(errors)
    return AnswerText(Grade(grade), summary, details)
