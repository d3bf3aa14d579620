"""The value by which shared areas point at content without knowing the room it lives in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class SubjectRef:
    """``kind`` is a room's word ("petition"), ``id`` its row."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"
