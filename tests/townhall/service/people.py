"""Participants of a hall by the dozen."""

from __future__ import annotations

from typing import Any

from tests.townhall.meeting import Meeting
from townhall.model import Participant


def browsers(meeting: Meeting, hall: int, many: int) -> list[int]:
    """Known by a browser alone: quick to make."""
    now = meeting.town.now

    def store(db: Any) -> list[int]:
        ids = [hall * 10_000 + n for n in range(1, many + 1)]
        db.add_all(Participant(id=n, hall_id=hall, place="browser", created_at=now, asked_at=now) for n in ids)
        return ids

    return meeting.do(store)
