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


@dataclass(frozen=True)
class ReferralMade:
    """A subject became a department's duty."""

    subject: SubjectRef
    cause: str
    referral_id: int
    department_id: int
    at: datetime


@dataclass(frozen=True)
class ReferralHandedOn:
    """Another department owes the answer now."""

    subject: SubjectRef
    cause: str
    referral_id: int
    from_id: int | None
    to_id: int
    at: datetime


@dataclass(frozen=True)
class DueDayChanged:
    """The answer is due on a later day; ``returned``: because the committee sent one back."""

    subject: SubjectRef
    cause: str
    referral_id: int
    department_id: int | None
    due_at: datetime
    returned: bool
    at: datetime


@dataclass(frozen=True)
class CommitmentMade:
    """A department promised something."""

    subject: SubjectRef
    commitment_id: int
    department_id: int
    at: datetime


@dataclass(frozen=True)
class CommitmentProgressed:
    """A promise went a step on, was put off, done or dropped."""

    subject: SubjectRef
    commitment_id: int
    department_id: int
    progress: str
    update_id: int
    at: datetime


@dataclass(frozen=True)
class AnswerLate:
    """The day of an answer is over, and none was given."""

    subject: SubjectRef
    cause: str
    referral_id: int
    department_id: int | None
    at: datetime


@dataclass(frozen=True)
class PromiseLate:
    """The day of a promise is over, and it is neither done nor dropped."""

    subject: SubjectRef
    commitment_id: int
    department_id: int
    at: datetime
