"""What a condition may ask of an earlier answer, whether it can ever hold, and how it reads in words."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import excerpt, tidy_line
from consultations.rules.numbers import plain, read_number
from consultations.rules.questionnaire import Asks, Condition, Question, QuestionKind, Questionnaire, cycle

K = QuestionKind
_IN_WORDS = frozenset({K.SHORT, K.LONG})
MOST_CONDITIONS = 10
MOST_VALUE = 200


def named(questionnaire: Questionnaire, number: int) -> str:
    """A question as people know it: question 3 (“Why not?”)."""
    question = questionnaire.by_id[number]
    return _("question {number} (“{text}”)").format(
        number=questionnaire.numbers[number], text=excerpt(question.text, 60)
    )


def listed(names: list[str]) -> str:
    """One, two and three, in words."""
    if len(names) < 2:
        return "".join(names)
    return _("{first} and {last}").format(first=", ".join(names[:-1]), last=names[-1])


def can_ask(on: Question) -> tuple[Asks, ...]:
    """What may be asked of the answer to this question."""
    match on.kind:
        case K.SINGLE | K.SCALE | K.NUMBER:
            return (Asks.EQUALS, Asks.ANSWERED)
        case K.MULTIPLE | K.SHORT | K.LONG:
            return (Asks.CONTAINS, Asks.EQUALS, Asks.ANSWERED)
        case K.MATRIX | K.RANKING:
            return (Asks.CONTAINS, Asks.ANSWERED)
        case _:
            return (Asks.ANSWERED,)


def values_of(on: Question) -> list[tuple[str, str]]:
    """The values that a condition on it chooses from, with their words; none where it is answered in words."""
    if on.kind is K.SCALE:
        return [(str(point), str(point)) for point in on.scale]
    return [(str(o.id), o.text) for o in on.options]


def read_condition(on: Question, asks: str, value: str) -> Condition:
    """A condition as a form gives it; raises :class:`BadField`."""
    if asks not in can_ask(on):
        raise BadField(_("Choose what the earlier answer must be"))
    if asks == Asks.ANSWERED:
        return Condition(on.id, Asks.ANSWERED)
    value = tidy_line(value)
    if known := values_of(on):
        if value not in dict(known):
            raise BadField(_("Choose one of the answers of the earlier question"))
    elif not value:
        raise BadField(_("Write what the earlier answer must be"))
    elif on.kind is K.NUMBER:
        value = plain(read_number(value))
    elif len(value) > MOST_VALUE:
        raise BadField(_("Write {most} characters or fewer").format(most=MOST_VALUE))
    return Condition(on.id, Asks(asks), value)


def in_words(questionnaire: Questionnaire, condition: Condition) -> str:
    """The answer to question 2 (“Should crossing cost something?”) is “No”."""
    on = questionnaire.by_id.get(condition.question)
    if on is None:
        return str(_("a question that was removed was answered"))
    name, wanted = named(questionnaire, on.id), dict(values_of(on)).get(condition.value, condition.value)
    return _pattern(on, condition.asks).format(name=name, wanted=excerpt(wanted, 60))


def _pattern(on: Question, asks: Asks) -> str:
    if asks is Asks.ANSWERED:
        return _("{name} was answered")
    if asks is Asks.EQUALS:
        return (
            _("the only answer to {name} is “{wanted}”")
            if on.kind is K.MULTIPLE
            else _("the answer to {name} is “{wanted}”")
        )
    if on.kind in _IN_WORDS:
        return _("the answer to {name} contains “{wanted}”")
    if on.kind is K.MATRIX:
        return _("any row of {name} is “{wanted}”")
    return _("“{wanted}” is among the answers to {name}")


def shown_when(questionnaire: Questionnaire, question: Question) -> str:
    """When a question is shown, as one sentence; empty where it always is."""
    parts = [in_words(questionnaire, c) for c in question.conditions]
    if not parts:
        return ""
    joined = (_(" or ") if question.any_of else _(" and ")).join(parts)
    return _("Shown if {conditions}.").format(conditions=joined)


def dependents(questionnaire: Questionnaire, numbers: set[int]) -> list[Question]:
    """The questions outside of these that are shown because of an answer to one of these."""
    return [
        q for q in questionnaire.questions() if q.id not in numbers and any(c.question in numbers for c in q.conditions)
    ]


def check_conditions(questionnaire: Questionnaire) -> None:
    """Raises :class:`BadField`, in words, for the first condition that goes round in a circle, looks at its own or a
    later answer, or at one that cannot be given."""
    if circle := cycle(questionnaire):
        raise BadField(_circle_in_words(questionnaire, circle))
    for question, condition in _all(questionnaire):
        on = questionnaire.by_id.get(condition.question)
        if on is None:
            raise BadField(
                _("{name} depends on a question that is not there").format(
                    name=capital(named(questionnaire, question.id))
                )
            )
        if questionnaire.numbers[on.id] > questionnaire.numbers[question.id]:
            raise BadField(_too_early(questionnaire, question, on))
        if not _can_hold(on, condition):
            raise BadField(_no_such_answer(questionnaire, question, on))


def _all(questionnaire: Questionnaire) -> Iterator[tuple[Question, Condition]]:
    for question in questionnaire.questions():
        for condition in question.conditions:
            yield question, condition


def _can_hold(on: Question, condition: Condition) -> bool:
    if condition.asks not in can_ask(on):
        return False
    known = values_of(on)
    return condition.asks is Asks.ANSWERED or not known or condition.value in dict(known)


def _circle_in_words(questionnaire: Questionnaire, circle: list[int]) -> str:
    if len(circle) == 1:
        return _("A question cannot depend on its own answer: {name}.").format(name=named(questionnaire, circle[0]))
    names = [named(questionnaire, n) for n in circle]
    chain = _(", which depends on ").join([*names[1:], names[0]])
    return _("These questions would depend on one another in a circle: {first} depends on {chain}.").format(
        first=names[0], chain=chain
    )


def _too_early(questionnaire: Questionnaire, question: Question, on: Question) -> str:
    return _(
        "The question “{text}” is shown because of the answer to “{on}”, so it has to come after it. "
        "Move the other one first, or change when it is shown."
    ).format(text=excerpt(question.text, 60), on=excerpt(on.text, 60))


def _no_such_answer(questionnaire: Questionnaire, question: Question, on: Question) -> str:
    return _(
        "{name} is shown because of an answer to “{on}” that nobody could give any more. Change when it is shown first."
    ).format(name=capital(named(questionnaire, question.id)), on=excerpt(on.text, 60))


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
