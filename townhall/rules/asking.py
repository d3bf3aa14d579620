"""What may stand in a question, and when the next one may be asked."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from app.accounts.rules.names import read_shown_name
from app.core.errors import BadField, Conflict, FieldError, Forbidden, Invalid
from app.core.i18n import _
from app.core.text.graphemes import grapheme_count
from app.core.text.plain import is_blank, tidy
from townhall.rules.questions import QuestionState

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")


class NoAnonymousQuestions(Conflict):
    code = "no-anonymous"
    title = _("Questions here are asked under a name")
    message = _("Nothing was stored, and your text is still here. Give a name and send it again.")


class OwnQuestion(Forbidden):
    code = "own-question"
    title = _("This question is your own")
    message = _("You cannot upvote what you asked yourself. Nothing was changed.")


class NotYourQuestion(Forbidden):
    code = "forbidden"
    title = _("This question is not yours")
    message = _("Only who asked it can do this. Nothing was changed.")


class CannotUpvote(Conflict):
    code = "cannot-upvote"
    title = _("This question cannot be upvoted")
    message = _("Only open questions can. Nothing was changed.")


class QuestionElsewhere(Conflict):
    """``state``: where it stands, as the protocol names it."""

    code = "question-elsewhere"
    title = _("This question does not stand where you think")
    message = _("Nothing was changed: it is {state} at the moment.")


def read_question(text: str, most: int) -> str:
    """As it is stored; raises Invalid, and says the count where it is too long. Nothing is ever cut."""
    words = tidy(text)
    if is_blank(words):
        raise _wrong("text", str(_("Write your question.")))
    if (count := grapheme_count(words)) > most:
        too_long = str(_("Keep your question to {most} characters: it has {count}."))
        raise _wrong("text", too_long.format(most=f"{most:,}", count=f"{count:,}"))
    return words


def read_public_name(text: str) -> str:
    """What stands beside a question; raises Invalid."""
    try:
        return read_shown_name(text)
    except BadField as wrong:
        raise _wrong("name", str(wrong.message)) from None


def read_language(text: str) -> str:
    """A language as pages name it, such as ``cy``; empty where it is none."""
    return text if _LANGUAGE.fullmatch(text) else ""


def digest_of(text: str, name: str) -> bytes:
    """32 bytes that name one text and the name beside it: what is judged."""
    return hashlib.sha256(name.encode() + b"\0" + text.encode()).digest()


def wait_ms(asked_last_at: datetime | None, slow_seconds: int, now: datetime) -> int:
    """Milliseconds until slow mode lets the same person ask again; 0 for now."""
    if not slow_seconds or asked_last_at is None:
        return 0
    left = asked_last_at + timedelta(seconds=slow_seconds) - now
    return max(0, -(-left // timedelta(milliseconds=1)))


def first_state(*, screening: bool, held: bool) -> QuestionState:
    """Screened by a person first where the hall says so, or where a check noticed something."""
    return QuestionState.WAITING if screening or held else QuestionState.OPEN


def _wrong(field: str, message: str) -> Invalid:
    return Invalid([FieldError(field, message)])
