"""The form of one question: what it asks of each kind, what stands in it, and the question that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.text.plain import fold, length, tidy, tidy_line
from app.core.web.forms import Form, Sent
from consultations.policy import ConsultationPolicy
from consultations.rules.questionnaire import Option, Question, QuestionKind
from consultations.rules.readiness import shape_faults

K = QuestionKind
MOST_TEXT, MOST_HELP, MOST_OPTION = 500, 1000, 300
MOST_TITLE, MOST_PAGE_TEXT = 200, 5000
#: which further fields a kind of question has
FURTHER: dict[QuestionKind, tuple[str, ...]] = {
    K.SHORT: ("least", "most"),
    K.LONG: ("least", "most"),
    K.SINGLE: ("options", "other"),
    K.MULTIPLE: ("options", "other", "least", "most"),
    K.SCALE: ("least", "most", "low", "high"),
    K.MATRIX: ("rows", "options"),
    K.RANKING: ("options", "ranked"),
    K.NUMBER: ("least", "most"),
    K.DATE: ("since", "until"),
    K.FILE: (),
}
#: lists of options: the field of one of them, and the field of further ones
LISTS = {"options": "option", "rows": "row"}


class Listed(NamedTuple):
    """One option as its form shows it: ``field`` is its input's name."""

    id: int
    field: str


class PageFields(NamedTuple):
    title: str
    text: str


def values_of(question: Question) -> dict[str, str]:
    """What stands in the form of a question."""
    values = {name: str(getattr(question, name)) for name in ("text", "help", "low", "high", "since", "until")}
    values |= {name: _said(getattr(question, name)) for name in ("least", "most", "ranked")}
    values |= {name: "true" for name in ("required", "other", "confidential") if getattr(question, name)}
    for name, one in LISTS.items():
        options: Sequence[Option] = getattr(question, name)
        values[name] = ",".join(str(o.id) for o in options)
        values |= {f"{one}-{o.id}": o.text for o in options}
    return values


def listed(form: Form, name: str, question: Question) -> list[Listed]:
    """The options of a list in the order that the form has them, those that this question really has."""
    known = {o.id for o in getattr(question, name)}
    numbers = dict.fromkeys(int(n) for n in form.get(name).split(",") if is_whole(n, figures=9))
    return [Listed(n, f"{LISTS[name]}-{n}") for n in numbers if n in known]


def reordered(form: Sent, move: str) -> dict[str, str]:
    """The form's values after one of its buttons, such as ``up:option-12``, moved an option."""
    values, (way, _colon, field) = dict(form), move.partition(":")
    one, _dash, number = field.partition("-")
    name = next((name for name, its in LISTS.items() if its == one), None)
    if name is None:
        return values
    order = values.get(name, "").split(",")
    if number in order:
        at = order.index(number)
        to = min(max(at + (-1 if way == "up" else 1), 0), len(order) - 1)
        order[at], order[to] = order[to], order[at]
    values[name] = ",".join(order)
    return values


def read_question(form: Form, question: Question, policy: ConsultationPolicy) -> Question | None:
    """The question as the form wants it; None where a field is wrong, which the form then says.

    ``question``: the one that stands, or for a new one an empty one of its kind.
    """
    further = FURTHER[question.kind]
    text = form.read("text", lambda t: _line(t, MOST_TEXT, _("Write the question")))
    help_ = form.read("help", lambda t: _several_lines(t, MOST_HELP))
    numbers: dict[str, Any] = {
        name: form.read(name, _number) for name in ("least", "most", "ranked") if name in further
    }
    words: dict[str, Any] = {
        name: form.read(name, lambda t: _line(t, MOST_OPTION)) for name in ("low", "high") if name in further
    }
    days: dict[str, Any] = {name: form.read(name, _day) for name in ("since", "until") if name in further}
    lists: dict[str, Any] = {name: _read_list(form, name, question, policy) for name in LISTS if name in further}
    if form.errors:
        return None
    further_words: dict[str, Any] = {name: value or "" for name, value in (words | days).items()}
    made = Question(
        id=question.id,
        kind=question.kind,
        text=text or "",
        help=help_ or "",
        required=bool(form.get("required")),
        confidential=bool(form.get("confidential")),
        other="other" in further and bool(form.get("other")),
        **numbers,
        **further_words,
        **lists,
    )
    return _shaped(form, made, policy)


def read_page(form: Form) -> PageFields | None:
    title = form.read("title", lambda t: _line(t, MOST_TITLE, _("Give the page a title")))
    text = form.read("text", lambda t: _several_lines(t, MOST_PAGE_TEXT))
    return None if title is None or text is None else PageFields(title, text)


def _shaped(form: Form, question: Question, policy: ConsultationPolicy) -> Question | None:
    """The question, unless its parts do not fit together."""
    for fault in shape_faults(question, policy):
        form.refuse(_field_of(question), fault)
        return None
    return question


def _field_of(question: Question) -> str:
    """The field beside which it is said that the parts do not fit together."""
    if question.kind is K.MATRIX and not question.rows:
        return "rows_new"
    if len(question.options) + question.other < 2 and question.kind in (K.SINGLE, K.MULTIPLE, K.MATRIX, K.RANKING):
        return "options_new"
    return next((name for name in ("most", "ranked", "until") if name in FURTHER[question.kind]), "text")


def _read_list(form: Form, name: str, question: Question, policy: ConsultationPolicy) -> tuple[Option, ...]:
    """Those that stand, with their numbers, where their field is not empty; then the new ones, without numbers."""
    kept: list[Option] = []
    for option in listed(form, name, question):
        text = form.read(option.field, lambda t: _line(t, MOST_OPTION))
        if text:
            kept.append(Option(option.id, text))
    lines = [tidy_line(line) for line in form.get(f"{name}_new").splitlines()]
    kept += [Option(0, line) for line in lines if line]
    _check_list(form, name, kept, policy)
    return tuple(kept)


def _check_list(form: Form, name: str, kept: list[Option], policy: ConsultationPolicy) -> None:
    field, seen = f"{name}_new", set()
    if len(kept) > policy.options_most:
        form.refuse(field, _("Give {most} answers or fewer").format(most=policy.options_most))
    for option in kept:
        beside = f"{LISTS[name]}-{option.id}" if option.id else field
        if length(option.text) > MOST_OPTION:
            form.refuse(beside, _("Write {most} characters or fewer in one line").format(most=MOST_OPTION))
        if fold(option.text) in seen:
            form.refuse(beside, _("“{text}” is there twice").format(text=option.text))
        seen.add(fold(option.text))


def _line(text: str, most: int, missing: str = "") -> str:
    text = tidy_line(text)
    if missing and not text:
        raise BadField(missing)
    if length(text) > most:
        raise BadField(_("Write {most} characters or fewer").format(most=most))
    return text


def _several_lines(text: str, most: int) -> str:
    text = tidy(text)
    if length(text) > most:
        raise BadField(_("Write {most} characters or fewer").format(most=most))
    return text


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    digits = text.removeprefix("-")
    if not is_whole(digits, figures=9):
        raise BadField(_("Enter a whole number, or leave it empty"))
    return int(text)


def _day(text: str) -> str:
    """An ISO date, or nothing."""
    text = text.strip()
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    day, month, year = (*text.split("/"), "", "")[:3]
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except (ValueError, OverflowError):  # of a year with too many figures the calendar says the one or the other
        raise BadField(_("Enter a day, such as 24/12/2026, or leave it empty")) from None


def _said(value: int | None) -> str:
    return "" if value is None else str(value)
