"""Facts about petitions that others may hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from petitions.rules.debates import DebateState
from petitions.rules.thresholds import Threshold


@dataclass(frozen=True)
class PetitionPublished:
    petition_id: int
    at: datetime


@dataclass(frozen=True)
class ThresholdReached:
    petition_id: int
    threshold: Threshold
    episode: int
    at: datetime


@dataclass(frozen=True)
class ThresholdUndone:
    """The count fell clearly below it before anything answered; ``count`` is what is left."""

    petition_id: int
    threshold: Threshold
    count: int
    at: datetime


@dataclass(frozen=True)
class PetitionClosed:
    """Its time is over, and that was recorded."""

    petition_id: int
    at: datetime


@dataclass(frozen=True)
class PetitionWithdrawn:
    """Its creator took back what had been published."""

    petition_id: int
    at: datetime


@dataclass(frozen=True)
class PetitionRemoved:
    """What had been published was taken down: the public may not read it any more."""

    petition_id: int
    at: datetime


@dataclass(frozen=True)
class PetitionRestored:
    """What had been taken down is public again."""

    petition_id: int
    at: datetime


@dataclass(frozen=True)
class TextCorrected:
    """``version`` is the public text from now on."""

    petition_id: int
    version: int
    at: datetime


@dataclass(frozen=True)
class DebateTold:
    """A department released this version of what is known of a debate."""

    petition_id: int
    version: int
    state: DebateState
    at: datetime
