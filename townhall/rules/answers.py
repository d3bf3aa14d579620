"""What counts as an answer to a poll, by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from app.core.errors import Conflict, FieldError, Invalid
from app.core.i18n import _
from app.core.text.graphemes import grapheme_count
from app.core.text.plain import fold, is_blank, tidy_line
from townhall.rules.polls import PollKind

RATINGS = range(1, 6)
#: characters of one entry of a cloud
WORD_MOST = 30


class PollNotOpen(Conflict):
    """It is not asked yet, or not any more."""

    code = "poll-closed"
    title = _("This poll is not open")
    message = _("Your answer was not stored. Only open polls can be answered; what you answered before counts.")


class Asked(Protocol):
    """What of a poll its answers must fit. Options as they are stored."""

    kind: str
    options: list[dict[str, Any]]
    most: int


def read_answer(poll: Asked, choices: Sequence[int], words: Sequence[str]) -> Mapping[str, Any]:
    """``{"choices": […]}``, of several answers in the poll's own order, or ``{"words": […]}``; raises Invalid."""
    kind = PollKind(poll.kind)
    if kind is PollKind.CLOUD:
        if choices:
            raise _wrong("choices", _("Type words here: there is nothing to choose."))
        return {"words": _read_words(words, poll.most)}
    if words:
        raise _wrong("words", _("Choose an answer here instead of typing one."))
    known = list(RATINGS) if kind is PollKind.RATING else [int(option["id"]) for option in poll.options]
    if len(set(choices)) < len(choices) or not set(choices) <= set(known):
        raise _wrong("choices", _("Choose from what the poll offers, each once."))
    _check_number(kind, len(choices), len(known), poll.most)
    return {"choices": sorted(choices, key=known.index) if kind is PollKind.MULTIPLE else list(choices)}


def _check_number(kind: PollKind, given: int, offered: int, most: int) -> None:
    if not given:
        raise _wrong("choices", _("Choose an answer."))
    if kind is PollKind.RANKING:
        if given != offered:
            raise _wrong("choices", _("Put all of them in order."))
    elif given > (most if kind is PollKind.MULTIPLE else 1):
        raise _wrong("choices", _("You chose more than this poll allows."))


def _read_words(typed: Sequence[str], most: int) -> list[str]:
    """Each once, however it is written."""
    words = {fold(word): word for raw in reversed(typed) if not is_blank(word := tidy_line(raw))}
    given = list(reversed(words.values()))
    if not given:
        raise _wrong("words", _("Type a word."))
    if len(given) > most:
        raise _wrong("words", _("You gave more words than this poll allows."))
    if any(grapheme_count(word) > WORD_MOST for word in given):
        raise _wrong("words", _("Keep each word to 30 characters."))
    return given


def _wrong(field: str, message: str) -> Invalid:
    return Invalid([FieldError(field, message)])
