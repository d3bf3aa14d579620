"""The questionnaire's forms: what was posted, as it was typed, and what that answers.

Names of fields: ``q4`` (text, number, scale, one option; of a multiple choice several times), ``q4_other``, ``q4_11``
(row 11 of a grid: a column's number; option 11 of a ranking: its place), ``q4_day``, ``q4_month``, ``q4_year``,
``q4_file``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import FieldError
from app.core.web.forms import Sent
from consultations.rules.answers import Problem
from consultations.rules.questionnaire import Question, QuestionKind, Questionnaire
from consultations.rules.typed import OTHER, Typed, anchor, check, field_names, given_in, shown_with, typed_of

__all__ = [
    "MOST_FIELDS",
    "OTHER",
    "QuestionForm",
    "Typed",
    "anchor",
    "check",
    "field_names",
    "given_in",
    "shown_with",
    "typed_in",
    "typed_of",
]

K = QuestionKind
#: more than any questionnaire has, and far less than what hurts
MOST_FIELDS = 5_000


def typed_in(questions: Iterable[Question], sent: Sent) -> dict[str, str | list[str]]:
    """What was posted for these questions, exactly; files are not among it."""
    typed: dict[str, str | list[str]] = {}
    for question in questions:
        if question.kind is K.FILE:
            continue
        for name in field_names(question):
            if question.kind is K.MULTIPLE and not name.endswith("_other"):
                if values := [value for value in sent.all(name) if value]:
                    typed[name] = values
            elif sent.get(name):
                typed[name] = sent[name]
    return typed


@dataclass
class QuestionForm:
    """What a page of questions shows: values as typed, one message by field, and the files that were kept."""

    values: Typed = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    #: question -> its files
    files: Mapping[int, Any] = field(default_factory=dict)

    @classmethod
    def with_problems(
        cls, questionnaire: Questionnaire, values: Typed, problems: Iterable[Problem], files: Mapping[int, Any]
    ) -> QuestionForm:
        errors: dict[str, str] = {}
        for problem in problems:
            question = questionnaire.by_id.get(problem.question)
            errors.setdefault(anchor(question) if question else "", str(problem.message))
        return cls(values, errors, files)

    def get(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else (value[-1] if value else "")

    def has(self, name: str, value: object) -> bool:
        """Whether this choice was made."""
        chosen = self.values.get(name, "")
        return str(value) in chosen if isinstance(chosen, list) else str(value) == chosen

    def anchor(self, question: Question) -> str:
        return anchor(question)

    def error(self, question: Question) -> str:
        return self.errors.get(anchor(question), "")

    @property
    def summary(self) -> list[FieldError]:
        return [FieldError(name, message) for name, message in self.errors.items()]
