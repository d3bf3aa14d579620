"""From one published questionnaire to the next: what changed, and whether answers still mean the same.

A question that keeps its meaning keeps its ``version`` and gets another ``wording``; one whose meaning changes gets
another ``version``, and the answers to the earlier one stay with that.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from msgspec.structs import replace

from app.core.i18n import _
from app.core.text.changes import Part, word_changes
from consultations.rules.conditions import shown_when
from consultations.rules.questionnaire import KIND_NAMES, Option, Question, QuestionKind, Questionnaire


class How(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Line(NamedTuple):
    """One difference within a question: what it is about, and its words before and after."""

    about: str
    parts: list[Part]


class Change(NamedTuple):
    """What became of one question. ``lines`` are empty for one that was added or removed."""

    how: How
    number: int
    before: Question | None
    after: Question | None
    lines: list[Line]

    @property
    def question(self) -> Question:
        found = self.after or self.before
        assert found is not None  # one of them is there
        return found

    @property
    def is_new_meaning(self) -> bool:
        """Whether published answers to it stay with an earlier question."""
        return self.before is not None and self.after is not None and self.before.version != self.after.version

    @property
    def must_be_new_meaning(self) -> bool:
        """Whether other answers can be given than before, which no reader could add up."""
        return self.before is not None and self.after is not None and _answers(self.before) != _answers(self.after)


def _answers(question: Question) -> object:
    """What can be answered to it, whatever its words."""
    numbers = {o.id for o in question.options}, {o.id for o in question.rows}
    scale = question.scale if question.kind is QuestionKind.SCALE else None
    return question.kind, numbers, question.other, scale, question.ranked


def changes(before: Questionnaire, after: Questionnaire) -> list[Change]:
    """Question by question: those that are there in their order, then those that are gone."""
    found: list[Change] = []
    for question in after.questions():
        old = before.by_id.get(question.id)
        if old is None:
            found.append(Change(How.ADDED, question.id, None, question, []))
        elif lines := _lines(before, old, after, question):
            found.append(Change(How.CHANGED, question.id, old, question, lines))
    gone = (q for q in before.questions() if q.id not in after.by_id)
    return found + [Change(How.REMOVED, q.id, q, None, []) for q in gone]


def page_changes(before: Questionnaire, after: Questionnaire) -> list[Line]:
    """What changed about pages: their titles and texts, and those that came and went."""
    old, new = {p.id: p for p in before.pages}, {p.id: p for p in after.pages}
    lines: list[Line] = []
    for number in [*new, *(n for n in old if n not in new)]:
        was, now = old.get(number), new.get(number)
        lines += _line(_("Title of a page"), was.title if was else "", now.title if now else "")
        lines += _line(_("Text of a page"), was.text if was else "", now.text if now else "")
    return lines


def is_moved(before: Questionnaire, after: Questionnaire) -> bool:
    """Whether what is in both stands in another order, or on another page."""
    return _order(before, after) != _order(after, before)


def _order(one: Questionnaire, other: Questionnaire) -> list[tuple[int, int]]:
    pages = {p.id for p in other.pages}
    return [(p.id, q.id) for p in one.pages if p.id in pages for q in p.questions if q.id in other.by_id]


def settle(before: Questionnaire, after: Questionnaire, new_meanings: Collection[int]) -> Questionnaire:
    """``after`` as it is published: every changed question counts a wording, or, where it is in ``new_meanings`` or
    cannot be anything else, a version."""
    changed = {c.number: c for c in changes(before, after) if c.how is How.CHANGED}

    def settled(question: Question) -> Question:
        change = changed.get(question.id)
        if change is None:
            return question
        assert change.before is not None  # it was changed, not added
        if change.must_be_new_meaning or question.id in new_meanings:
            return replace(question, version=change.before.version + 1, wording=1)
        return replace(question, version=change.before.version, wording=change.before.wording + 1)

    pages = (replace(p, questions=tuple(settled(q) for q in p.questions)) for p in after.pages)
    return replace(after, pages=tuple(pages))


def _lines(before: Questionnaire, old: Question, after: Questionnaire, new: Question) -> list[Line]:
    facts = zip(_facts(old), _facts(new), strict=True)
    lines = [line for (about, was), (_about, now) in facts for line in _line(about, was, now)]
    if (old.conditions, old.any_of) != (new.conditions, new.any_of):
        lines += _line(_("When it is shown"), shown_when(before, old), shown_when(after, new))
    return lines + _option_lines(_("Answer"), old.options, new.options) + _option_lines(_("Row"), old.rows, new.rows)


def _facts(question: Question) -> list[tuple[str, str]]:
    return [
        (_("Question"), question.text),
        (_("Help"), question.help),
        (_("Kind"), str(KIND_NAMES[question.kind])),
        (_("Must be answered"), _yes_no(question.required)),
        (_("Own answer offered"), _yes_no(question.other)),
        (_("Limits"), limits(question)),
        (_("Ends of the scale"), " – ".join(end for end in (question.low, question.high) if end)),
        (_("Never published"), _yes_no(question.confidential)),
    ]


def _yes_no(value: bool) -> str:
    return str(_("Yes") if value else _("No"))


def limits(question: Question) -> str:
    """The limits of an answer in words; empty where it has none."""
    parts: list[str] = []
    if question.least is not None:
        parts.append(_("at least {least}").format(least=question.least))
    if question.most is not None:
        parts.append(_("at most {most}").format(most=question.most))
    if question.since:
        parts.append(_("from {since}").format(since=question.since))
    if question.until:
        parts.append(_("until {until}").format(until=question.until))
    if question.ranked is not None:
        parts.append(_("{places} places").format(places=question.ranked))
    return ", ".join(parts)


def _option_lines(about: str, old: tuple[Option, ...], new: tuple[Option, ...]) -> list[Line]:
    was, now = {o.id: o.text for o in old}, {o.id: o.text for o in new}
    numbers = [*now, *(n for n in was if n not in now)]
    lines = [line for n in numbers for line in _line(about, was.get(n, ""), now.get(n, ""))]
    kept_before, kept_after = [n for n in was if n in now], [n for n in now if n in was]
    if kept_before != kept_after:
        lines += _line(
            _("Order of answers"), "; ".join(was[n] for n in kept_before), "; ".join(now[n] for n in kept_after)
        )
    return lines


def _line(about: str, was: str, now: str) -> list[Line]:
    return [Line(str(about), word_changes(was, now))] if was != now else []
