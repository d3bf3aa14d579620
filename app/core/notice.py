"""A sentence on top of every page, and how loud it is."""

from __future__ import annotations


class Notice(str):
    """Words for everyone; ``level`` is ``information``, ``important`` or ``urgent``."""

    __slots__ = ("level",)
    level: str

    def __new__(cls, words: str, level: str = "important") -> Notice:
        made = super().__new__(cls, words)
        made.level = level
        return made
