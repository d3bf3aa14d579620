"""Who writes at a draft, and how its pages meet one another."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from app.core.errors import Conflict
from app.core.i18n import _
from app.core.text.figures import is_whole

#: the page about the respondent; those of questionnaires have numbers from 1
ABOUT = 0
MOST_BY = 80


class Hand(StrEnum):
    """By which link a draft was opened. ``browser``: the address of the page where it was begun, which proves nothing."""

    BROWSER = "browser"
    LEAD = "lead"
    COLLEAGUE = "colleague"


HAND_NAMES = {
    Hand.BROWSER: _("The lead"),
    Hand.LEAD: _("The lead"),
    Hand.COLLEAGUE: _("A colleague"),
}


class Stored(NamedTuple):
    """One page as it stands: how often it was written, what is typed there, and by whom last."""

    revision: int
    typed: dict[str, Any]
    by: str
    at: Any


class PageChanged(Conflict):
    """Somebody else wrote at this page since it was opened. ``stored`` holds what stands there, by page."""

    code = "page-changed"
    title = _("Somebody else changed this page")
    message = _("Both texts are below. Nothing was overwritten: choose what to keep.")

    def __init__(self, stored: dict[int, Stored]) -> None:
        self.stored = stored
        super().__init__()


def read_seen(text: str) -> dict[int, int]:
    """``"1:2 4:0"``: which revision of each page somebody had before them; what makes no sense is left out."""
    pairs = (part.partition(":") for part in text[:2000].split())
    return {
        int(page): int(revision)
        for page, _colon, revision in pairs
        if is_whole(page, figures=9) and is_whole(revision, figures=9)
    }


def say_seen(revisions: dict[int, int]) -> str:
    return " ".join(f"{page}:{revision}" for page, revision in sorted(revisions.items()))
