"""Facts of trails. Listeners run in the announcing transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.subject import SubjectRef


@dataclass(frozen=True)
class SubjectLedTo:
    """``before`` led to ``after``, and everybody can read both: told once a link, when that is first so."""

    link_id: int
    before: SubjectRef
    after: SubjectRef
    at: datetime
