"""Taking pages of another questionnaire over: with numbers of their own, conditions carried where they still point."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from msgspec.structs import replace

from app.core.errors import BadField
from app.core.i18n import _
from consultations.policy import ConsultationPolicy
from consultations.rules.building import MOST_PAGES
from consultations.rules.conditions import in_words, named
from consultations.rules.questionnaire import Asks, Condition, Option, Page, Question, Questionnaire


class Copied(NamedTuple):
    """``numbers``: old to new. ``dropped``: conditions whose question did not come along, in words."""

    questionnaire: Questionnaire
    numbers: dict[int, int]
    dropped: list[str]


def copy_pages(
    into: Questionnaire, source: Questionnaire, pages: Collection[int], policy: ConsultationPolicy
) -> Copied:
    """The chosen pages of ``source`` behind those that are there; raises :class:`BadField`."""
    chosen = [p for p in source.pages if p.id in pages]
    if not chosen:
        raise BadField(_("Choose the pages to copy"))
    _check_room(into, chosen, policy)
    numbers, next_id = _numbers(chosen, into.next_id)
    dropped: list[str] = []
    copied = tuple(_page(p, source, numbers, dropped) for p in chosen)
    return Copied(Questionnaire((*into.pages, *copied), next_id), numbers, dropped)


def _check_room(into: Questionnaire, chosen: list[Page], policy: ConsultationPolicy) -> None:
    if len(into.by_id) + sum(len(p.questions) for p in chosen) > policy.questions_most:
        raise BadField(_("A questionnaire has {most} questions or fewer").format(most=policy.questions_most))
    if len(into.pages) + len(chosen) > MOST_PAGES:
        raise BadField(_("A questionnaire has {most} pages or fewer").format(most=MOST_PAGES))


def _numbers(chosen: list[Page], start: int) -> tuple[dict[int, int], int]:
    old: list[int] = []
    for page in chosen:
        old.append(page.id)
        for question in page.questions:
            old += [question.id, *(o.id for o in (*question.options, *question.rows))]
    return {number: start + place for place, number in enumerate(old)}, start + len(old)


def _page(page: Page, source: Questionnaire, numbers: dict[int, int], dropped: list[str]) -> Page:
    questions = tuple(_question(q, source, numbers, dropped) for q in page.questions)
    return replace(page, id=numbers[page.id], questions=questions)


def _question(question: Question, source: Questionnaire, numbers: dict[int, int], dropped: list[str]) -> Question:
    carried: list[Condition] = []
    for condition in question.conditions:
        if condition.question in numbers:
            carried.append(_condition(condition, source, numbers))
        else:
            dropped.append(
                _("{name} was shown only if {condition}; it is always shown now.").format(
                    name=named(source, question.id), condition=in_words(source, condition)
                )
            )
    return replace(
        question,
        id=numbers[question.id],
        version=1,
        wording=1,
        options=tuple(Option(numbers[o.id], o.text) for o in question.options),
        rows=tuple(Option(numbers[o.id], o.text) for o in question.rows),
        conditions=tuple(carried),
        any_of=question.any_of and len(carried) > 1,
    )


def _condition(condition: Condition, source: Questionnaire, numbers: dict[int, int]) -> Condition:
    """A value that is an option's number gets that option's new one."""
    on = source.by_id[condition.question]
    is_option = condition.asks is not Asks.ANSWERED and any(str(o.id) == condition.value for o in on.options)
    value = str(numbers[int(condition.value)]) if is_option else condition.value
    return Condition(numbers[condition.question], condition.asks, value)
