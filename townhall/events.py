"""What happened in this room, for whoever wants to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class HallScheduled:
    """Public from now on."""

    hall_id: int
    at: datetime


@dataclass(frozen=True)
class HallMoved:
    """Another time, place or link: those who registered are told once."""

    hall_id: int
    at: datetime


@dataclass(frozen=True)
class PlacesChanged:
    """Another number of places, or nobody has to register any more: the waiting list may move up."""

    hall_id: int
    at: datetime


@dataclass(frozen=True)
class HallCancelled:
    hall_id: int
    at: datetime


@dataclass(frozen=True)
class HallStarted:
    hall_id: int
    at: datetime


@dataclass(frozen=True)
class HallEnded:
    hall_id: int
    at: datetime


@dataclass(frozen=True)
class QuestionPublished:
    hall_id: int
    question_id: int
    at: datetime


@dataclass(frozen=True)
class QuestionSettled:
    """What a moderator decided about a question, for its asker: published, rejected, hidden, merged."""

    hall_id: int
    question_id: int
    verdict: str
    at: datetime


@dataclass(frozen=True)
class CommitmentRecorded:
    hall_id: int
    commitment_id: int
    question_id: int | None
    at: datetime


@dataclass(frozen=True)
class MinutesPublished:
    hall_id: int
    version: int
    at: datetime
