"""When a webhook is tried again: after pauses that grow, for three days; and how long a receiver in trouble rests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_HOURS = (2, 5, 10, 14, 20, 24)
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in _HOURS),
)
#: the first try, and one after each pause
MOST_ATTEMPTS = len(PAUSES) + 1
LONGEST_WISH = timedelta(days=1)
_FIRST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)


def pause_after(attempts: int, draw: float, wish: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many attempts that failed; None: no more.

    ``draw`` in [0, 1) makes it longer by up to a tenth, so that what failed together does not come back together.
    ``wish``: what the receiver asked for (``Retry-After``), which makes it longer, up to a day.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    pause = PAUSES[max(0, attempts - 1)] * (1 + draw / 10)
    return max(pause, min(wish, LONGEST_WISH)) if wish is not None else pause


def rest_after(failures: int, wish: timedelta | None = None) -> timedelta:
    """How long nothing is sent to a receiver that failed so many times in a row: 5, 10, 20 … seconds, at most 5
    minutes, so that one that hangs seldom holds a place that others need."""
    rest = min(_LONGEST_REST, _FIRST_REST * 2 ** min(max(0, failures - 1), 10))
    return max(rest, min(wish, LONGEST_WISH)) if wish is not None else rest


def read_retry_after(text: str, now: datetime) -> timedelta | None:
    """Seconds or a date, as RFC 9110 10.2.3 has them; None for anything else and for what is over."""
    words = text.strip()
    if words.isascii() and words.isdigit():
        return timedelta(seconds=min(int(words[:9]), 10**8))
    try:
        until = parsedate_to_datetime(words)
    except (ValueError, TypeError, OverflowError):
        return None
    wish = (until if until.tzinfo is not None else until.replace(tzinfo=UTC)) - now
    return wish if wish > timedelta(0) else None
