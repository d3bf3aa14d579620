"""Minutes: what a draft says of a hall, and what is read of them. Words of people stand in a draft as they typed them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.graphemes import grapheme_count
from app.core.text.plain import is_blank, tidy, tidy_line

MOST_BODY, MOST_NOTE = 60_000, 300
#: words of a question that is not public any more are kept out from this length on; shorter ones are anybody's
LEAST_KEPT_OUT = 8
_SIGNS = re.compile(r"([\\`*_\[\]<>#])")


@dataclass(frozen=True)
class Part:
    """A part of the agenda. ``began``, ``ended``: as a clock says them; empty where it did not take place."""

    title: str
    minutes: int
    began: str = ""
    ended: str = ""


@dataclass(frozen=True)
class Asked:
    """A public question. ``at``: its moment in the hall; empty where it was not on stage. ``answers`` are sentences."""

    text: str
    name: str
    votes: int
    at: str = ""
    answers: Sequence[str] = ()


@dataclass(frozen=True)
class Polled:
    """``rows`` are lines such as "Repair it: 12 (60 %)"."""

    question: str
    answers: int
    rows: Sequence[str]


@dataclass(frozen=True)
class Held:
    """Everything that a draft says of a hall. ``facts``: when, where, who. ``promises`` are sentences."""

    facts: Sequence[str]
    agenda: Sequence[Part] = ()
    staged: Sequence[Asked] = ()
    written: Sequence[Asked] = ()
    polls: Sequence[Polled] = ()
    promises: Sequence[str] = ()
    left: Sequence[Asked] = ()


def draft(held: Held) -> str:
    """Formatted text: sections without anything to say are left out."""
    parts = ["\n".join(f"- {plain(fact)}" for fact in held.facts)]
    parts += _section(_("Agenda"), [_of_part(part) for part in held.agenda], "\n")
    parts += _section(_("Questions in the hall"), [_of_question(one) for one in held.staged])
    parts += _section(_("Answered in writing"), [_of_question(one) for one in held.written])
    parts += _section(_("Polls"), [_of_poll(poll) for poll in held.polls])
    parts += _section(_("What was promised"), [f"- {plain(text)}" for text in held.promises], "\n")
    parts += _section(_("Not reached"), [_of_question(one) for one in held.left])
    return "\n\n".join(part for part in parts if part)


def plain(text: str) -> str:
    """Words on one line, in which nothing formats."""
    return _SIGNS.sub(r"\\\1", tidy_line(text))


def without(body: str, words: Sequence[str]) -> str:
    """The text with a note where it has words of a question that the public may not read any more."""
    gone = str(_("[This question is not public any more.]"))
    for text in sorted({w for one in words for w in (plain(one), tidy_line(one))}, key=len, reverse=True):
        if len(text) >= LEAST_KEPT_OUT:
            body = re.sub(re.escape(text), lambda _found: gone, body, flags=re.IGNORECASE)
    return body


def read_body(text: str) -> str:
    """Formatted text; raises BadField."""
    body = tidy(text)
    if is_blank(body):
        raise BadField(_("Write the minutes."))
    if grapheme_count(body) > MOST_BODY:
        raise BadField(str(_("Keep the minutes to {most} characters.")).format(most=MOST_BODY))
    return body


def read_note(text: str) -> str:
    """What a correction changes, in a sentence that everyone reads; raises BadField."""
    note = tidy_line(text)
    if is_blank(note):
        raise BadField(_("Say what you correct: everyone reads it."))
    if grapheme_count(note) > MOST_NOTE:
        raise BadField(str(_("Keep it to {most} characters.")).format(most=MOST_NOTE))
    return note


def _section(title: str, lines: Sequence[str], between: str = "\n\n") -> list[str]:
    return [f"# {title}", between.join(lines)] if lines else []


def _of_part(part: Part) -> str:
    planned = str(_("planned: {minutes} min")).format(minutes=part.minutes)
    took = f"{part.began}–{part.ended}" if part.began else str(_("did not take place"))
    return f"- {plain(part.title)}: {took} ({planned})"


def _of_question(one: Asked) -> str:
    wanted = str(_("wanted by {n}")).format(n=one.votes)
    who = ", ".join(word for word in (plain(one.name), wanted) if word)
    head = f"{f'**{one.at}** ' if one.at else ''}{plain(one.text)} ({who})"
    return "\n".join([head, *(plain(answer) for answer in one.answers)])


def _of_poll(poll: Polled) -> str:
    given = str(_("answers: {n}")).format(n=poll.answers)
    return "\n".join([f"**{plain(poll.question)}** ({given})", "", *(f"- {plain(row)}" for row in poll.rows)])
