"""What must be true of open data; one line of ``townsquare verify`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.opendata.shelf import Shelf

Broken = Callable[[Session, datetime], Iterable[str]]


def lines(shelf: Shelf) -> dict[str, Broken]:
    """Name -> what finds the faults."""

    def files_are_whole(db: Session, now: datetime) -> Iterable[str]:
        """Sizes of every dump, and each byte of the newest one."""
        return shelf.faults()

    return {"files of dumps are what their manifests say": files_are_whole}
