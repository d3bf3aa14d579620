"""A poll's life and kinds. Results are nobody's to see before they are revealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.text.graphemes import grapheme_count
from app.core.text.plain import fold, is_blank, tidy_line


class PollState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    REVEALED = "revealed"


P = PollState
POLL_MOVES: dict[PollState, frozenset[PollState]] = {
    P.DRAFT: frozenset({P.OPEN}),
    P.OPEN: frozenset({P.CLOSED}),
    P.CLOSED: frozenset({P.OPEN, P.REVEALED}),
    P.REVEALED: frozenset(),
}
POLL_STATE_NAMES = {
    P.DRAFT: _("Draft"),
    P.OPEN: _("Open"),
    P.CLOSED: _("Closed"),
    P.REVEALED: _("Results shown"),
}


class PollKind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    RATING = "rating"
    RANKING = "ranking"
    CLOUD = "cloud"


POLL_KIND_NAMES = {
    PollKind.SINGLE: _("One answer"),
    PollKind.MULTIPLE: _("Several answers"),
    PollKind.RATING: _("Rating from 1 to 5"),
    PollKind.RANKING: _("Putting in order"),
    PollKind.CLOUD: _("Words"),
}
#: kinds with options to choose from
WITH_OPTIONS = frozenset({PollKind.SINGLE, PollKind.MULTIPLE, PollKind.RANKING})
#: characters as people count them
QUESTION_MOST, OPTION_MOST = 300, 120
OPTIONS_LEAST, OPTIONS_MOST = 2, 20
#: words one person may give to a cloud
CLOUD_MOST = 5


@dataclass(frozen=True)
class PollDraft:
    """A poll as it is written. ``most``: how many may be chosen, or how many words given; 1 where there is no choice."""

    kind: PollKind
    question: str
    options: tuple[str, ...] = ()
    most: int = 1

    @property
    def numbered(self) -> list[dict[str, Any]]:
        """As they are stored and shown: ``[{"id": 1, "text": …}, …]``."""
        return [{"id": number, "text": text} for number, text in enumerate(self.options, 1)]


def read_poll(form: Mapping[str, str]) -> PollDraft:
    """``kind``, ``question``, ``options`` (one a line) and ``most`` of a form; raises Invalid with all that is wrong."""
    errors: list[FieldError] = []
    kind = PollKind(form["kind"]) if form.get("kind") in set(PollKind) else None
    if kind is None:
        errors.append(FieldError("kind", _("Choose a kind of poll.")))
    question = _read_question(form.get("question", ""), errors)
    options = _read_options(form.get("options", ""), errors) if kind in WITH_OPTIONS else ()
    most = _read_most(kind, form.get("most", "").strip(), len(options), errors)
    if errors or kind is None:
        raise Invalid(errors)
    return PollDraft(kind, question, options, most)


def _read_question(text: str, errors: list[FieldError]) -> str:
    question = tidy_line(text)
    if is_blank(question):
        errors.append(FieldError("question", _("Write what the poll asks.")))
    elif grapheme_count(question) > QUESTION_MOST:
        errors.append(FieldError("question", _("Keep the question to 300 characters.")))
    return question


def _read_options(text: str, errors: list[FieldError]) -> tuple[str, ...]:
    options = tuple(line for raw in text.splitlines() if not is_blank(line := tidy_line(raw)))
    if not OPTIONS_LEAST <= len(options) <= OPTIONS_MOST:
        errors.append(FieldError("options", _("Give 2 to 20 options, one a line.")))
    elif any(grapheme_count(option) > OPTION_MOST for option in options):
        errors.append(FieldError("options", _("Keep each option to 120 characters.")))
    elif len({fold(option) for option in options}) < len(options):
        errors.append(FieldError("options", _("Two options are the same. Make each one different.")))
    return options


def _read_most(kind: PollKind | None, text: str, options: int, errors: list[FieldError]) -> int:
    """Of several answers as many as there are options, of words three, unless the form says otherwise."""
    if kind is PollKind.MULTIPLE:
        usual, top, wrong = max(options, 1), max(options, 1), _("Enter how many may be chosen: at most all of them.")
    elif kind is PollKind.CLOUD:
        usual, top, wrong = 3, CLOUD_MOST, _("Enter how many words one person may give: 1 to 5.")
    else:
        return 1
    if not text:
        return usual
    most = int(text) if is_whole(text, figures=3) else 0
    if not 1 <= most <= top:
        errors.append(FieldError("most", wrong))
    return most
