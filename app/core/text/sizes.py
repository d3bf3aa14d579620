"""Sizes of files in words."""

from __future__ import annotations


def in_words(size: int) -> str:
    """ "1 KB", "312 KB", "1.4 MB", "12 MB": in thousands, as systems show them to people, and never nothing."""
    if (kilobytes := max(1, round(size / 1_000))) < 1_000:
        return f"{kilobytes} KB"
    tenths = round(size / 100_000)
    return f"{tenths // 10}.{tenths % 10} MB" if tenths < 100 and tenths % 10 else f"{round(size / 1_000_000):,} MB"
