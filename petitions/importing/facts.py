"""What any source has to say of one petition, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_COUNT = 2_000_000_000


class BadRecord(ValueError):
    """Why one record cannot be imported."""


@dataclass(frozen=True)
class RecordFacts:
    """A checked record: ``columns`` of the petition; ``response``: at, summary and details of an answer.

    ``source`` is the system it comes from, ``source_id`` its own there: the two name it for good.
    """

    source: str
    source_id: str
    columns: Mapping[str, Any]
    countries: Mapping[str, int]
    areas: list[dict[str, Any]]
    response: tuple[datetime, str, str] | None
    department: str
    topics: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
