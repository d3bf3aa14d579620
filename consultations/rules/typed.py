"""What was typed into a questionnaire's fields, and what that answers; plain words in, answers out.

Typed is kept as it came, by name of the field (see :mod:`consultations.forms`), whether it will do or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from app.core.i18n import _
from app.core.text.figures import is_whole
from consultations.policy import ConsultationPolicy
from consultations.rules.answers import Checked, Problem, check_all
from consultations.rules.questionnaire import WITH_OTHER, Question, QuestionKind, Questionnaire, shown

K = QuestionKind
#: name of a field -> what was typed; of a multiple choice, and of files, every value
Typed: TypeAlias = Mapping[str, str | list[str]]
OTHER = "other"


def field_names(question: Question) -> list[str]:
    """The fields of one question; the first is where its error leads."""
    name = f"q{question.id}"
    match question.kind:
        case K.MATRIX:
            return [f"{name}_{row.id}" for row in question.rows]
        case K.RANKING:
            return [f"{name}_{option.id}" for option in question.options]
        case K.DATE:
            return [f"{name}_day", f"{name}_month", f"{name}_year"]
        case K.FILE:
            return [f"{name}_file"]
        case _:
            return [name, f"{name}_other"] if question.other and question.kind in WITH_OTHER else [name]


def anchor(question: Question) -> str:
    """The field that an error of this question leads to."""
    names = field_names(question)
    return names[0] if names else f"q{question.id}"


def given_in(questions: Iterable[Question], typed: Typed) -> dict[int, Any]:
    """Answers by number of the question, as :mod:`consultations.rules.answers` reads them; what cannot be one is
    passed on as it is, and refused there."""
    given = {question.id: _given(question, typed) for question in questions}
    return {number: value for number, value in given.items() if value not in (None, "", [], {})}


def check(questionnaire: Questionnaire, typed: Typed, policy: ConsultationPolicy) -> Checked:
    """Read a whole response as it was typed."""
    checked = check_all(questionnaire, given_in(questionnaire.questions(), typed), policy)
    asked = shown(questionnaire, checked.answers)
    known = {problem.question for problem in checked.problems}
    more = [
        Problem(q.id, _("Write your own answer, or choose another one"))
        for q in questionnaire.questions()
        if q.id in asked and q.id not in known and _lacks_own_words(q, typed)
    ]
    problems = sorted([*checked.problems, *more], key=lambda p: questionnaire.numbers.get(p.question, 0))
    return Checked(checked.answers, problems)


def shown_with(questionnaire: Questionnaire, typed: Typed, policy: ConsultationPolicy) -> frozenset[int]:
    """The questions that are asked of whoever has typed this so far."""
    return shown(questionnaire, check_all(questionnaire, given_in(questionnaire.questions(), typed), policy).answers)


def typed_of(questionnaire: Questionnaire, answers: Mapping[int, Any]) -> dict[str, str | list[str]]:
    """What one would have typed to give these answers: for whoever changes what was sent."""
    typed: dict[str, str | list[str]] = {}
    for number, answer in answers.items():
        if (question := questionnaire.by_id.get(number)) is not None:
            typed |= _typed_of(question, answer)
    return typed


def _given(question: Question, typed: Typed) -> Any:
    name = f"q{question.id}"
    match question.kind:
        case K.SINGLE:
            return _chosen_one(question, _word(typed, name), _word(typed, f"{name}_other"))
        case K.MULTIPLE:
            return _chosen_many(question, _words(typed, name), _word(typed, f"{name}_other"))
        case K.SCALE:
            return _number(_word(typed, name))
        case K.MATRIX:
            rows = {str(row.id): _number(_word(typed, f"{name}_{row.id}")) for row in question.rows}
            return {row: column for row, column in rows.items() if column is not None}
        case K.RANKING:
            return _order(question, {o.id: _word(typed, f"{name}_{o.id}") for o in question.options})
        case K.DATE:
            return _day(*(_word(typed, f"{name}_{part}").strip() for part in ("year", "month", "day")))
        case K.FILE:
            return [_number(value) for value in _words(typed, f"{name}_file")]
        case _:
            return _word(typed, name)


def _word(typed: Typed, name: str) -> str:
    value = typed.get(name, "")
    return value if isinstance(value, str) else (value[-1] if value else "")


def _words(typed: Typed, name: str) -> list[str]:
    value = typed.get(name, [])
    return [value] if isinstance(value, str) else list(value)


def _number(text: str) -> int | str | None:
    """A whole number where it is one; else the text, for the rules to refuse."""
    if not text.strip():
        return None
    plain = text.strip()
    return int(plain) if is_whole(plain) else text


def _chosen_one(question: Question, chosen: str, other: str) -> dict[str, Any] | None:
    """Words of one's own count where "other" was chosen, or nothing else was: without scripts they can be written
    without choosing."""
    if question.other and chosen in ("", OTHER):
        return {"other": other} if other.strip() else None
    return {"options": [_number(chosen)]} if chosen else None


def _chosen_many(question: Question, chosen: list[str], other: str) -> dict[str, Any] | None:
    answer: dict[str, Any] = {}
    options = [_number(value) for value in chosen if not (question.other and value == OTHER)]
    if options:
        answer["options"] = options
    if other.strip() and question.other and (OTHER in chosen or not chosen):
        answer["other"] = other
    return answer or None


def _lacks_own_words(question: Question, typed: Typed) -> bool:
    name = f"q{question.id}"
    return (
        question.other
        and question.kind in WITH_OTHER
        and OTHER in _words(typed, name)
        and not _word(typed, f"{name}_other").strip()
    )


def _order(question: Question, places: Mapping[int, str]) -> list[int | None]:
    """Options by place. A place that two have, that none has, or that is no number spoils the order: then a place in
    the list is empty, which the rules refuse."""
    filled = {option: place.strip() for option, place in places.items() if place.strip()}
    if not filled:
        return []
    by_place = {place: option for option, place in filled.items()}
    order = [by_place.get(str(place)) for place in range(1, len(filled) + 1)]
    return [None] if None in order else order


def _day(year: str, month: str, day: str) -> str:
    if not (year or month or day):
        return ""
    if not all(part.isascii() and part.isdigit() for part in (year, month, day)) or len(year) != 4:
        return f"{day} {month} {year}"  # no date: refused, and never taken for another
    return f"{year}-{month:0>2}-{day:0>2}"


def _typed_of(question: Question, answer: Any) -> dict[str, str | list[str]]:
    name = f"q{question.id}"
    match question.kind:
        case K.SINGLE | K.MULTIPLE:
            return _typed_choice(question, answer)
        case K.MATRIX:
            return {f"{name}_{row}": str(column) for row, column in answer.items()}
        case K.RANKING:
            return {f"{name}_{option}": str(place) for place, option in enumerate(answer, start=1)}
        case K.DATE:
            year, month, day = str(answer).split("-")
            return {f"{name}_day": str(int(day)), f"{name}_month": str(int(month)), f"{name}_year": year}
        case K.FILE:
            return {f"{name}_file": [str(number) for number in answer]}
        case _:
            return {name: str(answer)}


def _typed_choice(question: Question, answer: Mapping[str, Any]) -> dict[str, str | list[str]]:
    name, other = f"q{question.id}", str(answer.get("other", ""))
    chosen = [str(number) for number in answer.get("options", ())] + ([OTHER] if other else [])
    typed: dict[str, str | list[str]] = {name: chosen[0] if question.kind is K.SINGLE else chosen}
    return typed | ({f"{name}_other": other} if other else {})
