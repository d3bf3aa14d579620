"""What of a consultation is shown to everyone, and what not yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def shows_count(consultation: Any, now: datetime) -> bool:
    """Whether anyone may learn how many responses there are: where results are hidden, nobody before it closes."""
    return not consultation.hides_results or (consultation.closes_at is not None and consultation.closes_at <= now)


def shown_count(consultation: Any, now: datetime) -> int | None:
    """How many responded, or None where that is nobody's business yet."""
    return int(consultation.response_count) if shows_count(consultation, now) else None
