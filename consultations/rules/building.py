"""Building a questionnaire, one change at a time. Every function answers a new questionnaire in which no number is used
twice and every condition can hold; it raises :class:`BadField` with a sentence where that cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from app.core.errors import BadField
from app.core.i18n import _
from consultations.policy import ConsultationPolicy
from consultations.rules.conditions import MOST_CONDITIONS, capital, check_conditions, dependents, listed, named
from consultations.rules.questionnaire import Condition, Option, Page, Question, Questionnaire

T = TypeVar("T")
UP, DOWN = -1, 1
MOST_PAGES = 60


class Built(NamedTuple):
    """``number``: what was added or changed."""

    questionnaire: Questionnaire
    number: int


def add_page(questionnaire: Questionnaire, title: str, text: str = "") -> Built:
    if len(questionnaire.pages) >= MOST_PAGES:
        raise BadField(_("A questionnaire has {most} pages or fewer").format(most=MOST_PAGES))
    page = Page(questionnaire.next_id, title, text)
    pages = (*questionnaire.pages, page)
    return Built(Questionnaire(pages, questionnaire.next_id + 1), page.id)


def change_page(questionnaire: Questionnaire, number: int, title: str, text: str) -> Questionnaire:
    return _with_page(questionnaire, number, lambda page: replace(page, title=title, text=text))


def move_page(questionnaire: Questionnaire, number: int, by: int) -> Questionnaire:
    """One place up or down; at the end of the row it stays."""
    pages = list(questionnaire.pages)
    return _checked(replace(questionnaire, pages=tuple(_swapped(pages, _place(pages, number), by))))


def remove_page(questionnaire: Questionnaire, number: int) -> Questionnaire:
    """With its questions; refused while questions of other pages depend on them."""
    page = page_of(questionnaire, number)
    _check_nobody_depends(questionnaire, {q.id for q in page.questions})
    return replace(questionnaire, pages=tuple(p for p in questionnaire.pages if p.id != number))


def add_question(
    questionnaire: Questionnaire, page: int, question: Question, policy: ConsultationPolicy, after: int = 0
) -> Built:
    """At the end of a page, or after another question of it. Its own number and its options' are given here."""
    if len(questionnaire.by_id) >= policy.questions_most:
        raise BadField(_("A questionnaire has {most} questions or fewer").format(most=policy.questions_most))
    number = questionnaire.next_id
    question, next_id = _numbered(replace(question, id=number), number + 1)

    def put(into: Page) -> Page:
        place = next((i + 1 for i, q in enumerate(into.questions) if q.id == after), len(into.questions))
        return replace(into, questions=(*into.questions[:place], question, *into.questions[place:]))

    return Built(_checked(replace(_with_page(questionnaire, page, put), next_id=next_id)), number)


def change_question(questionnaire: Questionnaire, question: Question) -> Questionnaire:
    """Everything but its place and its conditions. Options without a number get a new one."""
    old = question_of(questionnaire, question.id)
    kept = replace(question, conditions=old.conditions, any_of=old.any_of, version=old.version, wording=old.wording)
    numbered, next_id = _numbered(kept, questionnaire.next_id)
    return _checked(replace(_with_question(questionnaire, numbered), next_id=next_id))


def duplicate(questionnaire: Questionnaire, number: int, policy: ConsultationPolicy) -> Built:
    """The same question once more, right after it, with numbers of its own."""
    old, page = question_of(questionnaire, number), questionnaire.page_of(number)
    assert page is not None  # question_of found it
    fresh = replace(old, version=1, wording=1, options=_without_numbers(old.options), rows=_without_numbers(old.rows))
    return add_question(questionnaire, page.id, fresh, policy, after=number)


def move_question(questionnaire: Questionnaire, number: int, by: int) -> Questionnaire:
    """One place up or down; from the edge of a page onto the next one."""
    page = questionnaire.page_of(number)
    if page is None:
        raise BadField(_gone())
    at = [q.id for q in page.questions].index(number)
    if 0 <= at + by < len(page.questions):
        moved = replace(page, questions=tuple(_swapped(list(page.questions), at, by)))
        return _checked(_with_page(questionnaire, page.id, lambda _old: moved))
    pages = [p.id for p in questionnaire.pages]
    onto = pages.index(page.id) + by
    if not 0 <= onto < len(pages):
        return questionnaire
    neighbour = questionnaire.pages[onto]
    return place_question(questionnaire, number, neighbour.id, after=0 if by > 0 else _last(neighbour))


def place_question(questionnaire: Questionnaire, number: int, page: int, after: int) -> Questionnaire:
    """On another page, after one of its questions; 0: before all of them."""
    question = question_of(questionnaire, number)
    page_of(questionnaire, page)
    without = _with_each_page(questionnaire, lambda p: replace(p, questions=_but(p.questions, number)))

    def put(into: Page) -> Page:
        place = next((i + 1 for i, q in enumerate(into.questions) if q.id == after), 0)
        return replace(into, questions=(*into.questions[:place], question, *into.questions[place:]))

    return _checked(_with_page(without, page, put))


def remove_question(questionnaire: Questionnaire, number: int) -> Questionnaire:
    """Refused while others depend on it; they are named."""
    question_of(questionnaire, number)
    _check_nobody_depends(questionnaire, {number})
    return _with_each_page(questionnaire, lambda p: replace(p, questions=_but(p.questions, number)))


def set_conditions(
    questionnaire: Questionnaire, number: int, conditions: Iterable[Condition], *, any_of: bool
) -> Questionnaire:
    """When a question is shown; the same condition twice is kept once."""
    wanted = tuple(dict.fromkeys(conditions))
    if len(wanted) > MOST_CONDITIONS:
        raise BadField(_("A question has {most} conditions or fewer").format(most=MOST_CONDITIONS))
    question = replace(question_of(questionnaire, number), conditions=wanted, any_of=any_of and len(wanted) > 1)
    return _checked(_with_question(questionnaire, question))


def question_of(questionnaire: Questionnaire, number: int) -> Question:
    found = questionnaire.by_id.get(number)
    if found is None:
        raise BadField(_gone())
    return found


def page_of(questionnaire: Questionnaire, number: int) -> Page:
    found = next((p for p in questionnaire.pages if p.id == number), None)
    if found is None:
        raise BadField(_gone())
    return found


def earlier_than(questionnaire: Questionnaire, number: int) -> list[Question]:
    """The questions that come before one: those it may depend on."""
    place = questionnaire.numbers[number]
    return [q for q in questionnaire.questions() if questionnaire.numbers[q.id] < place]


def _checked(questionnaire: Questionnaire) -> Questionnaire:
    check_conditions(questionnaire)
    return questionnaire


def _check_nobody_depends(questionnaire: Questionnaire, numbers: set[int]) -> None:
    waiting = dependents(questionnaire, numbers)
    if waiting:
        names = capital(listed([named(questionnaire, q.id) for q in waiting]))
        one = _("{names} depends on it. Change when that is shown first.")
        many = _("{names} depend on it. Change when those are shown first.")
        raise BadField((one if len(waiting) == 1 else many).format(names=names))


def _numbered(question: Question, next_id: int) -> tuple[Question, int]:
    """Options and rows that have no number get one."""
    made: list[tuple[Option, ...]] = []
    for options in (question.options, question.rows):
        kept: list[Option] = []
        for option in options:
            kept.append(option if option.id else Option(next_id, option.text))
            next_id += not option.id
        made.append(tuple(kept))
    return replace(question, options=made[0], rows=made[1]), next_id


def _without_numbers(options: tuple[Option, ...]) -> tuple[Option, ...]:
    return tuple(Option(0, o.text) for o in options)


def _with_each_page(questionnaire: Questionnaire, change: Callable[[Page], Page]) -> Questionnaire:
    return replace(questionnaire, pages=tuple(change(p) for p in questionnaire.pages))


def _with_page(questionnaire: Questionnaire, number: int, change: Callable[[Page], Page]) -> Questionnaire:
    page_of(questionnaire, number)
    return _with_each_page(questionnaire, lambda p: change(p) if p.id == number else p)


def _with_question(questionnaire: Questionnaire, question: Question) -> Questionnaire:
    def change(page: Page) -> Page:
        return replace(page, questions=tuple(question if q.id == question.id else q for q in page.questions))

    return _with_each_page(questionnaire, change)


def _but(questions: tuple[Question, ...], number: int) -> tuple[Question, ...]:
    return tuple(q for q in questions if q.id != number)


def _last(page: Page) -> int:
    return page.questions[-1].id if page.questions else 0


def _place(pages: list[Page], number: int) -> int:
    found = next((i for i, p in enumerate(pages) if p.id == number), None)
    if found is None:
        raise BadField(_gone())
    return found


def _swapped(row: list[T], at: int, by: int) -> list[T]:
    if 0 <= at + by < len(row):
        row[at], row[at + by] = row[at + by], row[at]
    return row


def _gone() -> str:
    return str(_("It is not there any more: somebody may have removed it. Look at the questionnaire again."))
