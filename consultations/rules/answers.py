"""What an answer to one question is, and whether it will do.

Answers by kind of question, as JSON can say them:

========= ====================================================================
short     text
long      text
single    ``{"options": [4]}``, ``{"other": "text"}`` where "other" is offered
multiple  ``{"options": [4, 5], "other": "text"}``, either may be missing
scale     a whole number
matrix    ``{"11": 4}``: row number as text -> column number
ranking   option numbers, the first place first
number    text of a decimal number: ``"12.5"``
date      text: ``"2027-03-01"``
file      numbers of stored files
========= ====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.graphemes import grapheme_count
from app.core.text.plain import length, tidy, tidy_line
from consultations.policy import ConsultationPolicy
from consultations.rules.numbers import plain, read_number
from consultations.rules.questionnaire import Answers, Question, QuestionKind, Questionnaire, shown

MOST_OTHER = 500
_CHOICE = frozenset({"options", "other"})


class Problem(NamedTuple):
    """What is wrong with the answer to one question, in words for the person who gave it."""

    question: int
    message: str


class Checked(NamedTuple):
    """A whole response: what would be stored, and what stands in its way. With a problem nothing is stored."""

    answers: dict[int, Any]
    problems: list[Problem]


def check_all(questionnaire: Questionnaire, given: Answers, policy: ConsultationPolicy) -> Checked:
    """Read every answer. What is answered to a question that is not asked is left out, never a problem; neither is
    a required question that is not asked. A number that no question has is a problem."""
    read: dict[int, Any] = {}
    problems: list[Problem] = []
    for number, value in given.items():
        question = questionnaire.by_id.get(number)
        if question is None:
            problems.append(Problem(number, _("There is no such question in this consultation.")))
            continue
        try:
            answer = read_answer(question, value, policy)
        except BadField as wrong:
            problems.append(Problem(number, wrong.message))
            read[number] = value  # a condition on it is judged by what was given
            continue
        if answer is not None:
            read[number] = answer
    asked = shown(questionnaire, read)
    wrong_ones = [p for p in problems if p.question in asked or p.question not in questionnaire.by_id]
    missing = [Problem(q.id, _required(q)) for q in questionnaire.required if q.id in asked and q.id not in read]
    return Checked({n: a for n, a in read.items() if n in asked}, _in_order(questionnaire, wrong_ones + missing))


def _in_order(questionnaire: Questionnaire, problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: questionnaire.numbers.get(p.question, 0))


def _required(question: Question) -> str:
    match question.kind:
        case QuestionKind.SINGLE | QuestionKind.SCALE:
            return str(_("Choose one of the answers"))
        case QuestionKind.MULTIPLE:
            return str(_("Choose at least one of the answers"))
        case QuestionKind.MATRIX:
            return str(_("Choose an answer in each row"))
        case QuestionKind.RANKING:
            return str(_("Put the answers in order"))
        case QuestionKind.FILE:
            return str(_("Add a file"))
        case _:
            return str(_("Write an answer"))


def read_answer(question: Question, value: Any, policy: ConsultationPolicy) -> Any:
    """The answer as it is stored, None where there is none; raises :class:`BadField`."""
    if value is None:
        return None
    return _READERS[question.kind](question, value, policy)


def _text(question: Question, value: Any, policy: ConsultationPolicy) -> str | None:
    if not isinstance(value, str):
        raise BadField(_("The answer must be text"))
    short = question.kind is QuestionKind.SHORT
    said = tidy_line(value) if short else tidy(value)
    most = question.most or (policy.short_most if short else policy.long_most)
    count = grapheme_count(said)
    if count > most:
        raise BadField(
            _("Your answer has {count} characters; it must be {most} or fewer").format(count=count, most=most)
        )
    if said and question.least and count < question.least:
        raise BadField(_("Your answer must be {least} characters or more").format(least=question.least))
    if (size := len(said.encode())) > most * 8:
        raise BadField(
            _(
                "Your answer has {size} bytes; it must be {most} or fewer. Some of its characters have very many parts"
            ).format(size=size, most=most * 8)
        )
    return said or None


def _choice(question: Question, value: Any, policy: ConsultationPolicy) -> dict[str, Any] | None:
    if not isinstance(value, Mapping) or not value.keys() <= _CHOICE:
        raise BadField(_("Choose from the answers that are offered"))
    options = _numbers(value.get("options", ()), question.places)
    other = _other(question, value["other"]) if value.get("other") else ""
    count = len(options) + bool(other)
    if question.kind is QuestionKind.SINGLE and count > 1:
        raise BadField(_("Choose one answer only"))
    if question.kind is QuestionKind.MULTIPLE and question.most and count > question.most:
        raise BadField(_("You chose {count} answers; choose {most} or fewer").format(count=count, most=question.most))
    if question.kind is QuestionKind.MULTIPLE and question.least and 0 < count < question.least:
        raise BadField(_("Choose {least} answers or more").format(least=question.least))
    answer: dict[str, Any] = {}
    if options:
        answer["options"] = sorted(options, key=question.places.__getitem__)
    if other:
        answer["other"] = other
    return answer or None


def _other(question: Question, value: Any) -> str:
    """Somebody's own answer beside those that are offered."""
    if not isinstance(value, str) or (value.strip() and not question.other):
        raise BadField(_("Choose from the answers that are offered"))
    said = tidy_line(value)
    if length(said) > MOST_OTHER:
        raise BadField(_("Your own answer must be {most} characters or fewer").format(most=MOST_OTHER))
    return said


def _numbers(value: Any, known: Collection[int]) -> list[int]:
    """Distinct numbers of options that are offered."""
    if not isinstance(value, list | tuple):
        raise BadField(_("Choose from the answers that are offered"))
    numbers = [n for n in value if type(n) is int and n in known]  # True is an int, too
    if len(numbers) != len(value) or len(set(numbers)) != len(numbers):
        raise BadField(_("Choose from the answers that are offered"))
    return numbers


def _scale(question: Question, value: Any, policy: ConsultationPolicy) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in question.scale:
        raise BadField(_("Choose one of the answers"))
    return value


def _matrix(question: Question, value: Any, policy: ConsultationPolicy) -> dict[str, int] | None:
    rows, columns = question.row_names, question.places
    good = isinstance(value, Mapping) and all(
        row in rows and type(v) is int and v in columns for row, v in value.items()
    )
    if not good:
        raise BadField(_("Choose from the answers that are offered"))
    if value and question.required and len(value) < len(rows):
        raise BadField(_("Choose an answer in each row"))
    return {row: value[row] for row in rows if row in value} or None


def _ranking(question: Question, value: Any, policy: ConsultationPolicy) -> list[int] | None:
    if isinstance(value, list | tuple) and not value:
        return None
    try:
        order = _numbers(value, question.places)
    except BadField:
        raise BadField(_("Give each place to one answer, and each answer one place")) from None
    places = question.ranked or len(question.options)
    if len(order) != places:
        raise BadField(_("Fill {places} places; you filled {count}").format(places=places, count=len(order)))
    return order


def _number(question: Question, value: Any, policy: ConsultationPolicy) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{Decimal(value):f}"
    if not isinstance(value, str):
        raise BadField(_("Enter a number"))
    if not value.strip():
        return None
    number = read_number(value)
    if question.least is not None and number < question.least:
        raise BadField(_("Enter {least} or more").format(least=question.least))
    if question.most is not None and number > question.most:
        raise BadField(_("Enter {most} or less").format(most=question.most))
    return plain(number)


def _date(question: Question, value: Any, policy: ConsultationPolicy) -> str | None:
    if not isinstance(value, str):
        raise BadField(_("Enter a date"))
    if not value.strip():
        return None
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        raise BadField(_("Enter a real date, with day, month and year")) from None
    if question.since and day < date.fromisoformat(question.since):
        raise BadField(_("Enter a date that is not before {since}").format(since=question.since))
    if question.until and day > date.fromisoformat(question.until):
        raise BadField(_("Enter a date that is not after {until}").format(until=question.until))
    return day.isoformat()


def _file(question: Question, value: Any, policy: ConsultationPolicy) -> list[int] | None:
    """Which of them are really this respondent's own, the service asks."""
    if not isinstance(value, list | tuple) or not all(isinstance(n, int) and not isinstance(n, bool) for n in value):
        raise BadField(_("Add the file again"))
    if len(value) > policy.files_a_response:
        raise BadField(_("Add {most} files or fewer").format(most=policy.files_a_response))
    return list(dict.fromkeys(value)) or None


K = QuestionKind
_READERS: Mapping[QuestionKind, Callable[[Question, Any, ConsultationPolicy], Any]] = {
    K.SHORT: _text,
    K.LONG: _text,
    K.SINGLE: _choice,
    K.MULTIPLE: _choice,
    K.SCALE: _scale,
    K.MATRIX: _matrix,
    K.RANKING: _ranking,
    K.NUMBER: _number,
    K.DATE: _date,
    K.FILE: _file,
}
