"""Facts about petitions that others may hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
