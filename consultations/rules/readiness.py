"""Whether a questionnaire can be asked, and how long answering it takes."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.errors import BadField
from app.core.i18n import _
from consultations.policy import ConsultationPolicy
from consultations.rules.conditions import capital, check_conditions, named
from consultations.rules.questionnaire import Question, QuestionKind, Questionnaire

K = QuestionKind
#: words read in a minute, by people who think about them
READING = 150
#: seconds for giving one answer; of a grid for each row, of a ranking for each option
ANSWERING = {
    K.SHORT: 20,
    K.LONG: 120,
    K.SINGLE: 10,
    K.MULTIPLE: 15,
    K.SCALE: 8,
    K.MATRIX: 7,
    K.RANKING: 6,
    K.NUMBER: 12,
    K.DATE: 15,
    K.FILE: 60,
}


def faults(questionnaire: Questionnaire, policy: ConsultationPolicy) -> list[str]:
    """What stands in the way of asking it, a sentence each; empty where nothing does."""
    found = [fault for q in questionnaire.questions() for fault in _of(questionnaire, q, policy)]
    found += [
        _("The page “{title}” has no question and no text. Remove it or fill it.").format(title=page.title)
        for page in questionnaire.pages
        if not page.questions and not page.text
    ]
    if len(questionnaire.by_id) > policy.questions_most:
        found.append(_("There are more than {most} questions.").format(most=policy.questions_most))
    try:
        check_conditions(questionnaire)
    except BadField as wrong:
        found.append(wrong.message)
    return found


def _of(questionnaire: Questionnaire, question: Question, policy: ConsultationPolicy) -> Iterator[str]:
    name = capital(named(questionnaire, question.id))
    for fault in shape_faults(question, policy):
        yield f"{name}: {fault}"


def shape_faults(question: Question, policy: ConsultationPolicy) -> Iterator[str]:
    """What is wrong with one question by itself."""
    if question.kind in (K.SINGLE, K.MULTIPLE) and len(question.options) + question.other < 2:
        yield str(_("Give two answers or more to choose from"))
    if question.kind in (K.MATRIX, K.RANKING) and len(question.options) < 2:
        yield str(_("Give two answers or more to choose from"))
    if question.kind is K.MATRIX and not question.rows:
        yield str(_("Give one row or more"))
    if max(len(question.options), len(question.rows)) > policy.options_most:
        yield _("Give {most} answers or fewer").format(most=policy.options_most)
    yield from _limits(question)


def _limits(question: Question) -> Iterator[str]:
    least, most = question.least, question.most
    if least is not None and most is not None and least > most:
        yield str(_("The smallest must not be larger than the largest"))
    if question.kind is K.SCALE and not 2 <= len(question.scale) <= 11:
        yield str(_("A scale has between 2 and 11 points"))
    if question.kind is K.SCALE and question.scale.start < 0:
        yield str(_("A scale begins at 0 or above"))
    if question.kind is K.MULTIPLE and max(least or 0, most or 0) > len(question.options) + question.other:
        yield str(_("That is more than the answers there are to choose from"))
    if question.kind is K.RANKING and not 1 <= (question.ranked or 1) <= len(question.options):
        yield str(_("That is more places than answers"))
    if question.since and question.until and question.since > question.until:
        yield str(_("The first day must not be after the last"))


def minutes(questionnaire: Questionnaire) -> int:
    """How long most people need, at least 1; what is shown to some alone counts half. 0 where nothing is asked."""
    if not questionnaire.by_id:
        return 0
    seconds = sum(len(p.text.split()) * 60 / READING for p in questionnaire.pages)
    seconds += sum(_seconds(q) / (2 if q.conditions else 1) for q in questionnaire.questions())
    return max(1, round(seconds / 60))


def _seconds(question: Question) -> float:
    options = [o.text for o in (*question.options, *question.rows)]
    reading = sum(len(text.split()) for text in (question.text, question.help, *options)) * 60 / READING
    match question.kind:
        case K.MATRIX:
            times = len(question.rows)
        case K.RANKING:
            times = question.ranked or len(question.options)
        case _:
            times = 1
    return reading + ANSWERING[question.kind] * times
