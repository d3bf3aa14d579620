"""The seam to the letters that everyone gets who responded or saved a draft: one announcement, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consultations.model import Announcement


def tell_respondents(db: Session, consultation_id: int, kind: str, about: int, now: datetime) -> None:
    """News of one thing, worked off in steps by a job; the same thing again tells nobody twice."""
    same = select(Announcement.id).where(
        Announcement.consultation_id == consultation_id, Announcement.kind == kind, Announcement.about == about
    )
    if db.scalar(same) is None:
        db.add(Announcement(consultation_id=consultation_id, kind=kind, about=about, at=now, leaves_at=now))
        db.flush()
