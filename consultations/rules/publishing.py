"""What of a response everybody may read: its answers without what was taken out, and without what is confidential."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import tidy_line
from consultations.rules.questionnaire import WITH_OTHER, Question, QuestionKind, Questionnaire
from consultations.rules.responses import Consent, Publishing, ResponseState

#: a batch can be undone for as long
UNDO_WITHIN = timedelta(minutes=10)
MOST_REASON = 500


class RedactionReason(StrEnum):
    SIGNATURE = "signature"
    PERSONAL = "personal"
    OTHERS = "others"
    UNLAWFUL = "unlawful"
    OFFENSIVE = "offensive"


R = RedactionReason
REDACTION_NAMES = {
    R.SIGNATURE: _("It says who wrote this"),
    R.PERSONAL: _("Personal details of the writer"),
    R.OTHERS: _("Personal details of somebody else"),
    R.UNLAWFUL: _("It may break the law"),
    R.OFFENSIVE: _("It breaks the standards"),
}


class Span(NamedTuple):
    """A passage of an answer's words that is taken out; ``end`` is just after its last character."""

    start: int
    end: int
    reason: RedactionReason


class Found(NamedTuple):
    """A place where a text may say who wrote it."""

    question: int
    start: int
    end: int
    words: str


def words_of(question: Question, answer: Any) -> str | None:
    """The words that somebody wrote in an answer, which people read before they are published; None without any."""
    if question.is_free_text and isinstance(answer, str):
        return answer
    if question.kind in WITH_OTHER and isinstance(answer, Mapping):
        return str(answer["other"]) if answer.get("other") else None
    return None


def public_answers(
    questionnaire: Questionnaire, answers: Mapping[int, Any], spans: Mapping[int, Sequence[Span]]
) -> dict[int, Any]:
    """Answers as they may be read by all: confidential ones and files are left out, and so is what was taken out of words."""
    shown: dict[int, Any] = {}
    for number, answer in answers.items():
        question = questionnaire.by_id.get(number)
        if question is None or question.confidential or question.kind is QuestionKind.FILE:
            continue
        words = words_of(question, answer)
        shown[number] = answer if words is None else _with_words(answer, without(words, spans.get(number, ())))
    return shown


def _with_words(answer: Any, words: str) -> Any:
    return words if isinstance(answer, str) else {**answer, "other": words}


def without(words: str, spans: Iterable[Span]) -> str:
    """The words with each passage replaced by why it is gone; passages that touch are one."""
    made, at = [], 0
    for span in merged(spans):
        made += [words[at : span.start], f"[{_('removed: {reason}').format(reason=REDACTION_NAMES[span.reason])}]"]
        at = span.end
    return "".join([*made, words[at:]])


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, without overlaps; the reason of the one that begins first stands."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start < found[-1].end:
            found[-1] = found[-1]._replace(end=max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def signed_places(texts: Mapping[int, str], names: Iterable[str]) -> list[Found]:
    """Where a name, an organisation or an address of the writer stands in the words; whole words, whatever their case."""
    wanted = {w.strip() for name in names for w in _parts(name) if len(w.strip()) > 1}
    found = [
        Found(number, start, end, words[start:end])
        for number, words in texts.items()
        for start, end in _places(words, wanted)
    ]
    return sorted(found)


def _parts(name: str) -> list[str]:
    """A name as a whole, and each of its words that is long enough to tell somebody; of an address the part before @, too."""
    parts = [name, *(word for word in name.split() if len(word) > 2)]
    return [*parts, name.partition("@")[0]] if "@" in name else parts


def _places(words: str, wanted: Iterable[str]) -> list[tuple[int, int]]:
    lower = _lower(words)
    places: list[tuple[int, int]] = []
    for word in sorted(wanted, key=len, reverse=True):
        sought, at = _lower(word), 0
        while (at := lower.find(sought, at)) >= 0:
            end = at + len(sought)
            if _stands_alone(lower, at, end) and not any(s < end and at < e for s, e in places):
                places.append((at, end))
            at = end
    return places


def _lower(words: str) -> str:
    """Letter by letter, so that every place stays where it is: one that would become two, such as İ, is left alone."""
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in words)


def _stands_alone(words: str, start: int, end: int) -> bool:
    before, after = words[start - 1 : start], words[end : end + 1]
    return not (before.isalnum() or after.isalnum())


def has_words(questionnaire: Questionnaire, answers: Mapping[int, Any]) -> bool:
    """Whether somebody has to read it before everybody may: numbers pass, words wait."""
    public = public_answers(questionnaire, answers, {})
    return any(words_of(questionnaire.by_id[n], a) for n, a in public.items())


def may_be_published(state: str, consent: str) -> bool:
    """Without consent it never even stands in the queue; it counts all the same."""
    return state == ResponseState.SUBMITTED and consent != Consent.NONE


def may_be_withheld(publishing: str) -> bool:
    return publishing != Publishing.WITHHELD


def read_reason(text: str) -> str:
    """Why something is not published, in words for the record; raises :class:`BadField`."""
    words = tidy_line(text)
    if not words:
        raise BadField(_("Write the reason"))
    if len(words) > MOST_REASON:
        raise BadField(_("The reason must be {most} characters or fewer").format(most=MOST_REASON))
    return words
