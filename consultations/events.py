"""What happened in this room, for whoever wants to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ConsultationPublished:
    consultation_id: int
    at: datetime


@dataclass(frozen=True)
class ConsultationOpened:
    """Recorded by a job a little after the instant; whoever asks the phase knows at once."""

    consultation_id: int
    at: datetime


@dataclass(frozen=True)
class ConsultationExtended:
    consultation_id: int
    closes_before: datetime
    closes_after: datetime
    at: datetime


@dataclass(frozen=True)
class ConsultationWithdrawn:
    consultation_id: int
    at: datetime


@dataclass(frozen=True)
class ConsultationUnpublished:
    """Its text is public no more."""

    consultation_id: int
    at: datetime


@dataclass(frozen=True)
class ConsultationClosed:
    """Recorded by a job a little after the instant; whoever asks the phase knows at once."""

    consultation_id: int
    at: datetime


@dataclass(frozen=True)
class FeedbackPublished:
    """ "You said" is public, in this version."""

    consultation_id: int
    version: int
    at: datetime


@dataclass(frozen=True)
class OutcomePublished:
    consultation_id: int
    at: datetime


@dataclass(frozen=True)
class ResponsesPublished:
    """A batch of responses became public."""

    consultation_id: int
    count: int
    at: datetime


@dataclass(frozen=True)
class TextChanged:
    """A new version of a draft text is public."""

    consultation_id: int
    version: int
    at: datetime
