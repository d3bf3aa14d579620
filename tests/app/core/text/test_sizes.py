"""Sizes as people read them."""

from __future__ import annotations

import pytest

from app.core.text.sizes import in_words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "1 KB"),
        (1, "1 KB"),
        (1_499, "1 KB"),
        (1_500, "2 KB"),
        (312_400, "312 KB"),
        (999_499, "999 KB"),
        (999_500, "1 MB"),
        (1_049_000, "1 MB"),
        (1_050_001, "1.1 MB"),
        (9_940_000, "9.9 MB"),
        (9_950_001, "10 MB"),
        (10_000_000, "10 MB"),
        (12_600_000, "13 MB"),
        (1_234_567_890, "1,235 MB"),
    ],
)
def test_a_size_in_words(size: int, words: str) -> None:
    assert in_words(size) == words
