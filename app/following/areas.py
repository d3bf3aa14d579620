"""An area as something to follow: news of what many people there want."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.model import Area
from app.following.contribution import Followable, Titled

AREA = "area"


class AreaFollowed(Followable):
    """By its code, which stays when it is renamed. One that is no more has no news."""

    def titled(self, db: Session, key: str) -> Titled | None:
        found = db.scalar(select(Area).where(Area.code == key, Area.retired_at.is_(None)))
        return Titled(found.name, f"/areas/{found.code}") if found is not None else None
