"""A questionnaire's own questions in plain words, kept beside it by number and answered into the same record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from consultations.rules.questionnaire import Option, Page, Question, Questionnaire


class EasyText(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of a question: its words, its help, and its options' and rows' by number. Of a page: its title and its text."""

    text: str = ""
    help: str = ""
    options: dict[int, str] = {}


#: by the number of a question or a page
EasyTexts: TypeAlias = Mapping[int, EasyText]


def in_plain_words(questionnaire: Questionnaire, easy: EasyTexts) -> Questionnaire:
    """The same questionnaire, number by number, in plain words where somebody wrote them."""
    return replace(questionnaire, pages=tuple(_page(page, easy) for page in questionnaire.pages))


def _page(page: Page, easy: EasyTexts) -> Page:
    said = easy.get(page.id, EasyText())
    questions = tuple(_question(q, easy.get(q.id, EasyText())) for q in page.questions)
    return replace(page, title=said.text or page.title, text=said.help or page.text, questions=questions)


def _question(question: Question, said: EasyText) -> Question:
    return replace(
        question,
        text=said.text or question.text,
        help=said.help or question.help,
        options=_options(question.options, said),
        rows=_options(question.rows, said),
    )


def _options(options: tuple[Option, ...], said: EasyText) -> tuple[Option, ...]:
    return tuple(Option(o.id, said.options.get(o.id) or o.text) for o in options)
