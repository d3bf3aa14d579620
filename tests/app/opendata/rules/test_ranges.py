"""Which part of a file is asked for."""

from __future__ import annotations

import pytest

from app.opendata.rules.ranges import OutOfRange, Part, read_range


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("", None),
        ("bytes=0-", Part(0, 10)),
        ("bytes=0-0", Part(0, 1)),
        ("bytes=3-5", Part(3, 3)),
        ("bytes=3-500", Part(3, 7)),
        ("bytes=-4", Part(6, 4)),
        ("bytes=-40", Part(0, 10)),
        ("bytes=5-3", None),
        ("bytes=0-1,4-5", None),
        ("bytes=-", None),
        ("lines=1-2", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_what_is_no_single_part_is_the_whole(asked: str, part: Part | None):
    assert read_range(asked, 10) == part


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_behind_the_end_there_is_nothing(asked: str):
    with pytest.raises(OutOfRange):
        read_range(asked, 10)
