"""Values as cells of a table and as JSON: both say the same.

A spreadsheet computes a cell that begins with =, +, - or @, so such a text gets an apostrophe before it. So does
one that begins with apostrophes before such a sign: whoever reads the table takes one apostrophe away from every text
of that kind, and has what was written. :func:`unguarded` is that reader.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.core.text.plain import starts_like_formula

GUARD = "'"


def instant(value: datetime) -> str:
    """To the second, in UTC."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def csv_value(value: Any) -> str | int | None:
    """A cell; None and the empty text are the empty cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int):
        return value
    return guarded(value) if isinstance(value, str) else plain(value)


def json_value(value: Any) -> str | int | float | bool | None:
    """The same for JSON: the empty text is null, a number is a number, and no text has an apostrophe of ours."""
    if value is None or value == "":
        return None
    if isinstance(value, (bool, int, str)):
        return value
    return float(value) if isinstance(value, Decimal) else plain(value)


def plain(value: datetime | date | Decimal) -> str:
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def guarded(text: str) -> str:
    return GUARD + text if starts_like_formula(text.lstrip(GUARD)) else text


def unguarded(cell: str) -> str:
    """What a cell's text was before :func:`guarded`."""
    return cell[1:] if cell.startswith(GUARD) and starts_like_formula(cell.lstrip(GUARD)) else cell
