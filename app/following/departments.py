"""A department as something to follow."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.departments import queries as departments
from app.following.contribution import Followable, Titled

DEPARTMENT = "department"


class DepartmentFollowed(Followable):
    """By its short name, which stays when it is renamed."""

    def titled(self, db: Session, key: str) -> Titled | None:
        found = departments.by_slug(db, key)
        return Titled(found.name, f"/departments/{found.slug}") if found is not None else None
