"""A response as a row of a table, and a row as a response: the same columns for exports and for paper.

========= ===========================================================================
text      ``q4``: the words
single    ``q4``: the option's text; ``q4_other``
multiple  ``q4_11``: ``yes`` for each option that was chosen; ``q4_other``
scale     ``q4``: the number
grid      ``q4_11``: the column's text, for each row
ranking   ``q4_11``: the option's place
number    ``q4``: the number
date      ``q4``: year-month-day
file      ``q4``: how many files (exports alone)
========= ===========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.core.i18n import _
from app.core.text.figures import is_whole
from consultations.rules.questionnaire import KIND_NAMES, WITH_OTHER, Option, Question, QuestionKind, Questionnaire

K = QuestionKind
Misread = list[tuple[str, str]]


class Column(NamedTuple):
    """``part``: the option, the grid's row, or 0; ``other``: own words beside options."""

    key: str
    question: int
    part: int
    other: bool
    title: str
    kind: QuestionKind


def columns(questionnaire: Questionnaire) -> tuple[Column, ...]:
    """In the order of the questions."""
    return tuple(column for question in questionnaire.questions() for column in _columns(question))


def _columns(question: Question) -> list[Column]:
    key, text, kind = f"q{question.id}", question.text, question.kind
    made: list[Column]
    match kind:
        case K.MULTIPLE | K.RANKING:
            made = [
                Column(f"{key}_{o.id}", question.id, o.id, False, f"{text}: {o.text}", kind) for o in question.options
            ]
        case K.MATRIX:
            made = [Column(f"{key}_{r.id}", question.id, r.id, False, f"{text}: {r.text}", kind) for r in question.rows]
        case _:
            made = [Column(key, question.id, 0, False, text, kind)]
    if question.other and kind in WITH_OTHER:
        made.append(Column(f"{key}_other", question.id, 0, True, f"{text}: {_('own words')}", kind))
    return made


def cells(questionnaire: Questionnaire, among: Sequence[Column], answers: Mapping[int, Any]) -> list[str]:
    """One text for each of these columns; empty where nothing was answered, or the questionnaire lacks the question."""
    by_id = questionnaire.by_id
    return [_cell(c, by_id[c.question], answers.get(c.question)) if c.question in by_id else "" for c in among]


def _cell(column: Column, question: Question, answer: Any) -> str:
    if answer is None:
        return ""
    if column.other:
        return str(answer.get("other", ""))
    match column.kind:
        case K.SINGLE:
            return " ".join(_text(question.options, n) for n in answer.get("options", ()))
        case K.MULTIPLE:
            return "yes" if column.part in answer.get("options", ()) else ""
        case K.MATRIX:
            chosen = answer.get(str(column.part))
            return "" if chosen is None else _text(question.options, chosen)
        case K.RANKING:
            return str(answer.index(column.part) + 1) if column.part in answer else ""
        case K.FILE:
            return str(len(answer))
        case _:
            return str(answer)


def _text(options: Sequence[Option], number: int) -> str:
    return next((o.text for o in options if o.id == number), str(number))


def answers_in(questionnaire: Questionnaire, row: Mapping[str, str]) -> tuple[dict[int, Any], Misread]:
    """Answers by question, as :mod:`consultations.rules.answers` reads them, and cells that name no option."""
    given: dict[int, Any] = {}
    wrong: Misread = []
    for question in questionnaire.questions():
        answer = _answer(question, row, wrong)
        if answer not in (None, "", [], {}):
            given[question.id] = answer
    return given, wrong


def _answer(question: Question, row: Mapping[str, str], wrong: Misread) -> Any:
    key = f"q{question.id}"
    said = row.get(key, "").strip()
    match question.kind:
        case K.FILE:
            return None
        case K.SINGLE:
            number = _option(question.options, key, said, wrong)
            return _choice([] if number is None else [number], row.get(f"{key}_other", ""))
        case K.MULTIPLE:
            chosen = [o.id for o in question.options if _ticked(f"{key}_{o.id}", row, wrong)]
            return _choice(chosen, row.get(f"{key}_other", ""))
        case K.MATRIX:
            found = {
                str(r.id): _option(question.options, f"{key}_{r.id}", row.get(f"{key}_{r.id}", "").strip(), wrong)
                for r in question.rows
            }
            return {r: n for r, n in found.items() if n is not None}
        case K.RANKING:
            return _ranked(question, row, wrong)
        case K.SCALE:
            return _whole(key, said, wrong)
        case _:
            return said


def _choice(options: list[int], other: str) -> dict[str, Any]:
    made: dict[str, Any] = {"options": options} if options else {}
    return made | {"other": other} if other.strip() else made


def _option(options: Sequence[Option], column: str, said: str, wrong: Misread) -> int | None:
    """By its text, whatever the case, or else by its number: answers may be figures themselves."""
    if not said:
        return None
    folded = " ".join(said.split()).casefold()
    by_text = {" ".join(option.text.split()).casefold(): option.id for option in reversed(options)}
    by_number = {str(option.id): option.id for option in options}
    if (found := by_text.get(folded, by_number.get(folded))) is not None:
        return found
    wrong.append((column, str(_('"{said}" is none of the answers').format(said=said[:60]))))
    return None


def _ticked(column: str, row: Mapping[str, str], wrong: Misread) -> bool:
    said = row.get(column, "").strip().casefold()
    if said in ("", "no", "0", "false"):
        return False
    if said not in ("yes", "1", "x", "true"):
        wrong.append((column, str(_("Write yes or nothing"))))
    return True


def _whole(column: str, said: str, wrong: Misread) -> int | None:
    if not said:
        return None
    said = said.removesuffix(".0")
    if not is_whole(said.removeprefix("-"), figures=10):
        wrong.append((column, str(_("Write a whole number"))))
        return None
    return int(said)


def _ranked(question: Question, row: Mapping[str, str], wrong: Misread) -> list[int]:
    """Options by their places; two in one place are refused by the rules of answers."""
    places = {
        o.id: _whole(f"q{question.id}_{o.id}", row.get(f"q{question.id}_{o.id}", "").strip(), wrong)
        for o in question.options
    }
    placed = sorted((place, option) for option, place in places.items() if place is not None)
    if [place for place, _option in placed] != list(range(1, len(placed) + 1)):
        wrong.append(
            (
                f"q{question.id}_{question.options[0].id}",
                str(_("Give each place to one answer, and each answer one place")),
            )
        )
        return []
    return [option for _place, option in placed]


def dictionary(questionnaire: Questionnaire) -> list[tuple[str, str, str, str]]:
    """Column, kind, question, and what may stand in it."""
    by_id = questionnaire.by_id
    return [(c.key, str(KIND_NAMES[c.kind]), c.title, _may_stand(c, by_id[c.question])) for c in columns(questionnaire)]


def _may_stand(column: Column, question: Question) -> str:
    if column.other:
        return str(_("own words"))
    match column.kind:
        case K.SINGLE | K.MATRIX:
            return " | ".join(o.text for o in question.options)
        case K.MULTIPLE:
            return str(_("yes, or nothing"))
        case K.SCALE:
            return f"{question.scale[0]}-{question.scale[-1]}"
        case K.RANKING:
            return f"1-{len(question.options)}"
        case K.DATE:
            return str(_("year-month-day"))
        case _:
            return ""
