"""What an answer says, in words: lines for a page, a letter, a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.i18n import _
from consultations.rules.questionnaire import Question, QuestionKind

K = QuestionKind


def said(question: Question, answer: Any, files: Mapping[int, str] | None = None) -> list[str]:
    """Lines, none where nothing was answered. An option that is gone is called by its number. ``files``: titles."""
    if answer is None:
        return []
    match question.kind:
        case K.SINGLE | K.MULTIPLE:
            other = answer.get("other")
            chosen = [_option(question, n) for n in answer.get("options", ())]
            return chosen + ([_("Something else: {words}").format(words=other)] if other else [])
        case K.RANKING:
            return [f"{place}. {_option(question, n)}" for place, n in enumerate(answer, start=1)]
        case K.MATRIX:
            return [
                f"{row.text}: {_option(question, answer[str(row.id)])}"
                for row in question.rows
                if str(row.id) in answer
            ]
        case K.SCALE:
            return [_point(question, answer)]
        case K.DATE:
            year, month, day = str(answer).split("-")
            return [f"{int(day)}.{int(month)}.{year}"]
        case K.FILE:
            return [(files or {}).get(n) or _("File {number}").format(number=n) for n in answer]
        case _:
            return [str(answer)]


def _option(question: Question, number: int) -> str:
    found = question.option(number)
    return found.text if found else _("Answer {number}").format(number=number)


def _point(question: Question, answer: int) -> str:
    ends = {question.scale[0]: question.low, question.scale[-1]: question.high}
    meaning = ends.get(answer)
    return f"{answer} – {meaning}" if meaning else str(answer)
