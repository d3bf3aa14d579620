"""Lively content of this room for a demo."""

from __future__ import annotations

from datetime import datetime

from app.core.db import Database
from app.site import Site


def fill(site: Site, database: Database, now: datetime) -> None:
    """Consultations in every phase, of our own writing."""
