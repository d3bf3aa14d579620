"""Facts about outcomes that rooms may hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.subject import SubjectRef


@dataclass(frozen=True)
class ReferralAnswered:
    """A department answered; ``version`` 1 is the first answer, higher ones correct it.

    ``tell``: whether those who asked for news are to have a letter about it.
    """

    subject: SubjectRef
    cause: str
    referral_id: int
    answer_id: int
    version: int
    at: datetime
    tell: bool = True
    by: int | None = None


@dataclass(frozen=True)
class AnswerWithdrawn:
    """A department took its answer back: it is owed again. A room refuses where people were told."""

    subject: SubjectRef
    cause: str
    referral_id: int
    answer_id: int
    at: datetime
    by: int | None = None
