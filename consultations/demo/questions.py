"""The demo's questionnaires from its content, and answers that people might give to them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from consultations.policy import ConsultationPolicy
from consultations.rules.answers import check_all
from consultations.rules.building import add_page, add_question, set_conditions
from consultations.rules.easy import EasyText
from consultations.rules.questionnaire import Asks, Condition, Option, Question, QuestionKind, Questionnaire

K = QuestionKind
Entry = Mapping[str, Any]
_PLAIN = ("text", "help", "required", "other", "least", "most", "low", "high", "ranked", "confidential")


class Written:
    """One consultation's questionnaire: ``numbers`` are its questions' by their keys in the content."""

    def __init__(self, entry: Entry, policy: ConsultationPolicy) -> None:
        self.questionnaire, self.numbers, self.entries = Questionnaire(), {}, {}
        for page in entry["page"]:
            self.questionnaire, number = add_page(self.questionnaire, page["title"], page.get("text", ""))
            for question in page["question"]:
                self._add(number, question, policy)
        self.easy = {self.numbers[e["question"]]: EasyText(e["text"]) for e in entry.get("easy", ())}

    questionnaire: Questionnaire
    numbers: dict[str, int]
    entries: dict[int, Entry]

    def _add(self, page: int, entry: Entry, policy: ConsultationPolicy) -> None:
        given = {name: entry[name] for name in _PLAIN if name in entry}
        lists: dict[str, Any] = {
            name: tuple(Option(0, text) for text in entry.get(name, ())) for name in ("options", "rows")
        }
        question = Question(id=0, kind=K(entry["kind"]), **given, **lists)
        self.questionnaire, number = add_question(self.questionnaire, page, question, policy)
        self.numbers[entry["key"]], self.entries[number] = number, entry
        if "if" in entry:
            condition = self._condition(entry["if"])
            self.questionnaire = set_conditions(self.questionnaire, number, [condition], any_of=False)

    def _condition(self, entry: Entry) -> Condition:
        on = self.questionnaire.by_id[self.numbers[entry["question"]]]
        asks = Asks.CONTAINS if "contains" in entry else Asks.EQUALS
        words = entry[str(asks)]
        value = next((str(o.id) for o in on.options if o.text == words), words)
        return Condition(on.id, asks, value)


def answers_of(written: Written, chance: random.Random, policy: ConsultationPolicy) -> dict[int, Any]:
    """A whole response as somebody might give it: what is not asked of them is left out."""
    given: dict[int, Any] = {}
    for question in written.questionnaire.questions():
        answer = _answer(question, written.entries[question.id], chance)
        if answer is not None and (question.required or chance.random() < 0.85):
            given[question.id] = answer
    return check_all(written.questionnaire, given, policy).answers


def _answer(question: Question, entry: Entry, chance: random.Random) -> Any:
    numbers = [o.id for o in question.options]
    weights = entry.get("weights", [1] * len(numbers))
    match question.kind:
        case K.SINGLE:
            return {"options": chance.choices(numbers, weights)}
        case K.MULTIPLE:
            chosen = [n for n, w in zip(numbers, weights, strict=True) if chance.random() * 100 < w]
            return {"options": (chosen or [numbers[0]])[: question.most or len(numbers)]}
        case K.SCALE:
            return chance.choice(list(question.scale))
        case K.MATRIX:
            return {str(row.id): chance.choices(numbers, weights)[0] for row in question.rows}
        case K.RANKING:
            return chance.sample(numbers, question.ranked or len(numbers))
        case K.NUMBER:
            return str(chance.randint(question.least or 0, 30))
        case K.LONG | K.SHORT if entry.get("said"):
            return " ".join(chance.sample(entry["said"], chance.choice((1, 1, 1, 2))))
        case _:
            return None
