"""Training cards: one for each screen of the desk."""

from __future__ import annotations

from enum import StrEnum


class Card(StrEnum):
    """The screen that a card explains."""

    INBOX = "inbox"
    MATTER = "matter"
    ANSWER = "answer"
    RELEASE = "release"
    PROMISES = "promises"
    SEARCH = "search"
    FIGURES = "figures"
    TEMPLATES = "templates"
    PRACTICE = "practice"
