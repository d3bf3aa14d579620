"""Facts about outcomes that rooms may hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.subject import SubjectRef


@dataclass(frozen=True)
class ReferralAnswered:
    """A department answered; ``version`` 1 is the first answer, higher ones correct it."""

    subject: SubjectRef
    cause: str
    referral_id: int
    answer_id: int
    version: int
    at: datetime
