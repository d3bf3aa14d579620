"""Whole numbers as people and programs write them into forms and addresses."""

from __future__ import annotations


def is_whole(text: str, *, figures: int = 18) -> bool:
    """Whether it can be read as a row's number: ``str.isdigit`` takes ``²`` for one, which ``int`` does not, and a
    database takes no more than 18 figures for certain."""
    return text.isascii() and text.isdigit() and len(text) <= figures
