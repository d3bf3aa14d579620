"""The demo's stories: what of its content led to what. Each is found by its title."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.db import Database
from app.core.subject import SubjectRef
from app.trails.contribution import Storied
from app.trails.queries import members
from app.trails.service.linking import link
from app.trails.service.telling import Telling

HERE = Path(__file__).resolve().parent


def fill(stories: Mapping[str, Storied], database: Database, now: datetime) -> None:
    """Link what ``demo.toml`` names; what a demo lacks is left out."""
    for entry in tomllib.loads((HERE / "demo.toml").read_text(encoding="utf-8"))["link"]:
        database.retrying(lambda db, entry=entry: _link(stories, db, entry, now))  # type: ignore[misc]


def _link(stories: Mapping[str, Storied], db: Session, entry: Mapping[str, Any], now: datetime) -> None:
    by = db.scalar(select(Account.id).where(Account.role == Role.OFFICIAL).order_by(Account.id).limit(1))
    before, after = (_find(stories, db, entry[end], now) for end in ("from", "to"))
    if by is None or before is None or after is None:
        return
    link(db, before, after, entry["note"], by=by, now=now)
    Telling(stories).step(db, now)


def _find(stories: Mapping[str, Storied], db: Session, named: tuple[str, str], now: datetime) -> SubjectRef | None:
    kind, title = named
    if kind not in stories:
        return None
    found = stories[kind].found(db, title, 20, now, drafts=False)
    shown = members(stories, db, [SubjectRef(kind, number) for number in found], now)
    return next((one for one, member in shown.items() if member.title == title), None)
