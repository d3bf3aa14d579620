"""Cells of tables and values of JSON: both say the same, and no cell computes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text.plain import starts_like_formula
from app.opendata.rules.cells import csv_value, guarded, json_value, unguarded

NOON = datetime(2026, 3, 2, 12, 0, 7, 8_900, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "cell", "json"),
    [
        (None, None, None),
        ("", "", None),
        ("words", "words", "words"),
        ("=1+1", "'=1+1", "=1+1"),
        ("'=1+1", "''=1+1", "'=1+1"),
        ("'tis", "'tis", "'tis"),
        ("@home", "'@home", "@home"),
        (-3, -3, -3),
        (True, "true", True),
        (False, "false", False),
        (Decimal("12.5"), "12.5", 12.5),
        (date(2026, 3, 2), "2026-03-02", "2026-03-02"),
        (NOON, "2026-03-02T12:00:07Z", "2026-03-02T12:00:07Z"),
        (NOON.astimezone(ZoneInfo("Asia/Tokyo")), "2026-03-02T12:00:07Z", "2026-03-02T12:00:07Z"),
    ],
)
def test_a_value_is_the_same_in_a_table_and_in_json(value: object, cell: object, json: object):
    assert (csv_value(value), json_value(value)) == (cell, json)


@given(st.text(alphabet=st.sampled_from("'=+-@＝\t\n a\u200b1"), max_size=12) | st.text(max_size=30))
def test_whoever_takes_the_apostrophe_away_has_what_was_written(text: str):
    assert unguarded(guarded(text)) == text
    assert not starts_like_formula(guarded(text))
