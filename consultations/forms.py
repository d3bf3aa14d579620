"""The questionnaire's forms: what was posted, as it was typed, and what that answers.

Names of fields: ``q4`` (text, number, scale, one option; of a multiple choice several times), ``q4_other``, ``q4_11``
(row 11 of a grid: a column's number; option 11 of a ranking: its place), ``q4_day``, ``q4_month``, ``q4_year``,
``q4_file``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app.accounts.rules.names import check_organisation, read_shown_name
from app.core.errors import BadField, FieldError
from app.core.i18n import _
from app.core.people.addresses import Address, read_address
from app.core.text.plain import length, tidy_line
from app.core.web.forms import Form, Sent
from consultations.rules.answers import Problem
from consultations.rules.questionnaire import Question, QuestionKind, Questionnaire
from consultations.rules.responses import Consent
from consultations.rules.typed import OTHER, Typed, anchor, check, field_names, given_in, shown_with, typed_of

__all__ = [
    "MOST_FIELDS",
    "OTHER",
    "PRIVACY_VERSION",
    "About",
    "QuestionForm",
    "Typed",
    "anchor",
    "check",
    "encoded",
    "field_names",
    "given_in",
    "read_about",
    "shown_with",
    "typed_in",
    "typed_of",
]

K = QuestionKind
#: more than any questionnaire has, and far less than what hurts
MOST_FIELDS = 5_000
PRIVACY_VERSION = "1"
MOST_ORGANISATION = 200


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


@dataclass(frozen=True)
class About:
    """Who responds, checked."""

    name: str
    address: Address
    organisation: str
    consent: Consent
    news: bool


def read_about(form: Form, *, is_organisation: bool) -> About | None:
    """``name``, ``email``, ``organisation``, ``consent``, ``news``; None with every fault in the form."""
    name, address = form.read("name", read_shown_name), form.read("email", read_address)
    organisation = form.read("organisation", _read_organisation) if is_organisation else ""
    consent = form.read("consent", _read_consent)
    if form.get("news") not in ("yes", "no"):
        form.refuse("news", _("Say whether you want news of this consultation"))
    if form.get("privacy") != PRIVACY_VERSION:
        form.refuse("privacy", _("The privacy notice has changed. Load this page again and read it."))
    if form.errors or name is None or address is None or organisation is None or consent is None:
        return None
    return About(name, address, organisation, consent, form.get("news") == "yes")


def _read_organisation(text: str) -> str:
    name = tidy_line(text)
    if not name:
        raise BadField(_("Enter the name of the organisation"))
    if length(name) > MOST_ORGANISATION:
        raise BadField(_("The name must be {most} characters or fewer").format(most=MOST_ORGANISATION))
    return check_organisation(name)


def _read_consent(text: str) -> Consent:
    if text not in set(Consent):
        raise BadField(_("Choose whether we may publish your response"))
    return Consent(text)


def encoded(answers: dict[int, Any]) -> bytes:
    """As versions of responses store them."""
    return msgspec.json.encode({str(number): answer for number, answer in answers.items()})
