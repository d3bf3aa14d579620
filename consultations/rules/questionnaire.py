"""A questionnaire: pages of questions, with conditions that bind to questions by their numbers.

Numbers (of pages, questions, options and rows alike) are given once in a questionnaire and never again, so moving
something redirects nothing, and a response made with an older version can still be read. Answers by question number
are as :mod:`consultations.rules.answers` makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

import msgspec

from app.core.errors import BadField
from app.core.i18n import _
from consultations.rules.numbers import read_number

#: question number -> its answer; what was not answered is not there
Answers: TypeAlias = Mapping[int, Any]


class QuestionKind(StrEnum):
    SHORT = "short"
    LONG = "long"
    SINGLE = "single"
    MULTIPLE = "multiple"
    SCALE = "scale"
    MATRIX = "matrix"
    RANKING = "ranking"
    NUMBER = "number"
    DATE = "date"
    FILE = "file"


K = QuestionKind
KIND_NAMES = {
    K.SHORT: _("Short text"),
    K.LONG: _("Long text"),
    K.SINGLE: _("Choose one"),
    K.MULTIPLE: _("Choose several"),
    K.SCALE: _("Scale"),
    K.MATRIX: _("Grid: one choice in each row"),
    K.RANKING: _("Put in order"),
    K.NUMBER: _("Number"),
    K.DATE: _("Date"),
    K.FILE: _("File"),
}
#: answered in words, which people read and code
FREE_TEXT = frozenset({K.SHORT, K.LONG})
#: answered by options, which are counted
CLOSED = frozenset({K.SINGLE, K.MULTIPLE, K.SCALE, K.MATRIX, K.RANKING})
WITH_OPTIONS = frozenset({K.SINGLE, K.MULTIPLE, K.MATRIX, K.RANKING})
WITH_OTHER = frozenset({K.SINGLE, K.MULTIPLE})


class Asks(StrEnum):
    """What a condition asks of an earlier answer."""

    EQUALS = "equals"
    CONTAINS = "contains"
    ANSWERED = "answered"


class Option(msgspec.Struct, frozen=True):
    id: int
    text: str


class Condition(msgspec.Struct, frozen=True):
    """``value``: an option's number as text, or for words and numbers the text itself; none for ``answered``."""

    question: int
    asks: Asks
    value: str = ""


class Question(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """``version`` counts meanings, ``wording`` the texts of one meaning.

    ``least`` and ``most``: of a text its characters, of a multiple choice its choices, of a number and a scale the
    ends. ``since`` and ``until``: of a date its ends, as ISO dates. ``rows`` are those of a grid, ``options`` its
    columns. ``low`` and ``high`` are what a scale's ends are called. ``ranked``: how many places a ranking asks for;
    None: all. A question is shown where all its conditions hold, or where one does, if ``any_of``.
    ``confidential``: nobody but the department ever reads its answers, whatever its writer agreed to.
    """

    id: int
    kind: QuestionKind
    text: str
    help: str = ""
    required: bool = False
    version: int = 1
    wording: int = 1
    options: tuple[Option, ...] = ()
    rows: tuple[Option, ...] = ()
    other: bool = False
    least: int | None = None
    most: int | None = None
    since: str = ""
    until: str = ""
    low: str = ""
    high: str = ""
    ranked: int | None = None
    conditions: tuple[Condition, ...] = ()
    any_of: bool = False
    confidential: bool = False

    @property
    def is_free_text(self) -> bool:
        return self.kind in FREE_TEXT

    @property
    def is_closed(self) -> bool:
        return self.kind in CLOSED

    @property
    def scale(self) -> range:
        """The points of a scale, ends included; 1 to 5 where it names none."""
        return range(1 if self.least is None else self.least, (5 if self.most is None else self.most) + 1)

    @cached_property
    def places(self) -> Mapping[int, int]:
        """Options by number, each with its place."""
        return {o.id: place for place, o in enumerate(self.options)}

    @cached_property
    def row_names(self) -> Mapping[str, int]:
        """Rows by number as text, as answers name them, each with its place."""
        return {str(r.id): place for place, r in enumerate(self.rows)}

    def option(self, number: int) -> Option | None:
        return next((o for o in self.options if o.id == number), None)


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    id: int
    title: str
    text: str = ""
    questions: tuple[Question, ...] = ()


class Questionnaire(msgspec.Struct, frozen=True, dict=True):
    """``next_id``: the number that the next page, question, option or row gets."""

    pages: tuple[Page, ...] = ()
    next_id: int = 1

    @cached_property
    def by_id(self) -> Mapping[int, Question]:
        return {q.id: q for q in self.questions()}

    def questions(self) -> Iterator[Question]:
        """In the order in which they are asked."""
        for page in self.pages:
            yield from page.questions

    def page_of(self, question: int) -> Page | None:
        return next((p for p in self.pages for q in p.questions if q.id == question), None)

    @cached_property
    def required(self) -> tuple[Question, ...]:
        return tuple(q for q in self.questions() if q.required)

    @cached_property
    def asked_of_all(self) -> frozenset[int] | None:
        """Every question, where none has conditions; else None: it depends on the answers."""
        every = tuple(self.questions())
        return None if any(q.conditions for q in every) else frozenset(q.id for q in every)

    @cached_property
    def numbers(self) -> Mapping[int, int]:
        """What people call a question: 1 for the first, whatever its own number."""
        return {q.id: place for place, q in enumerate(self.questions(), start=1)}


def cycle(questionnaire: Questionnaire) -> list[int]:
    """Questions that depend on one another in a circle, in that order; empty where none do."""
    after: dict[int, list[int]] = {q.id: [c.question for c in q.conditions] for q in questionnaire.questions()}
    done: set[int] = set()
    for start in after:
        trail: list[int] = []
        found = _walk(start, after, done, trail)
        if found:
            return found
    return []


def _walk(at: int, after: Mapping[int, list[int]], done: set[int], trail: list[int]) -> list[int]:
    if at in trail:
        return trail[trail.index(at) :]
    if at in done:
        return []
    trail.append(at)
    for on in after.get(at, ()):
        if found := _walk(on, after, done, trail):
            return found
    trail.pop()
    done.add(at)
    return []


def shown(questionnaire: Questionnaire, answers: Answers) -> frozenset[int]:
    """The questions that this respondent is asked. The answer to a question that is not shown counts as none, so a
    chain of conditions falls with its first link. A condition on a question that is gone, or in a circle, never holds."""
    if questionnaire.asked_of_all is not None:
        return questionnaire.asked_of_all
    known: dict[int, bool] = {}

    def is_shown(number: int, above: tuple[int, ...]) -> bool:
        if number not in known:
            question = questionnaire.by_id.get(number)
            if question is None or number in above:
                return False
            known[number] = _is_asked(question, lambda on: is_shown(on, (*above, number)), questionnaire, answers)
        return known[number]

    return frozenset(q.id for q in questionnaire.questions() if is_shown(q.id, ()))


def _is_asked(question: Question, is_shown: Any, questionnaire: Questionnaire, answers: Answers) -> bool:
    if not question.conditions:
        return True
    met = (is_shown(c.question) and holds(c, questionnaire.by_id[c.question], answers) for c in question.conditions)
    return any(met) if question.any_of else all(met)


def holds(condition: Condition, on: Question, answers: Answers) -> bool:
    """Whether the answer to ``on`` is as the condition wants it; words are compared without case, never as patterns."""
    answer = answers.get(on.id)
    if answer is None:
        return False
    if condition.asks is Asks.ANSWERED:
        return True
    chosen = _chosen(on, answer)
    if chosen is not None:
        wanted = condition.value
        return chosen == [wanted] if condition.asks is Asks.EQUALS else wanted in chosen
    if on.kind is K.NUMBER:
        return _same_number(str(answer), condition.value)
    said, wanted = _words(answer).casefold(), condition.value.strip().casefold()
    return said == wanted if condition.asks is Asks.EQUALS else wanted in said


def _same_number(said: str, wanted: str) -> bool:
    """However either is written; what is no number is never the same."""
    try:
        return read_number(said) == read_number(wanted)
    except BadField:
        return False


def _chosen(on: Question, answer: Any) -> list[str] | None:
    """Numbers of options as text, and ``other`` for words of one's own; of a grid the columns that any row has; None
    for what is answered in words.
    An answer that will not do, of whatever shape, chooses nothing."""
    match on.kind:
        case K.SINGLE | K.MULTIPLE:
            return _options(answer) if isinstance(answer, Mapping) else []
        case K.RANKING:
            return [str(n) for n in answer] if isinstance(answer, list | tuple) else []
        case K.MATRIX:
            return sorted({str(n) for n in answer.values()}) if isinstance(answer, Mapping) else []
        case _:
            return None


def _options(answer: Mapping[str, Any]) -> list[str]:
    options, other = answer.get("options", ()), answer.get("other")
    chosen = [str(n) for n in options] if isinstance(options, list | tuple) else []
    return [*chosen, "other"] if other else chosen


def _words(answer: Any) -> str:
    return " ".join(str(answer).split())
