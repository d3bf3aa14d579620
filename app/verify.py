"""``townsquare verify``: every invariant of the data, the house's and each room's."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.service import first_broken_link
from app.core.db import Database, sqlite_module
from app.mail import queries as mail
from app.moderation import verify as moderation
from app.site import Invariant, Site


def check(site: Site, database: Database, now: datetime) -> list[tuple[str, list[str]]]:
    """Each invariant's name and what breaks it, all in one snapshot of the data."""
    results = []
    with database.reading() as db:
        if not database.is_sqlite:
            db.execute(text("SET LOCAL statement_timeout = 0"))  # a large site takes longer than a page may
        for invariant in [*HOUSE, *site.invariants]:
            results.append((invariant.name, list(invariant.broken(db, now))))
    return results


def advice(site: Site, database: Database, now: datetime) -> list[str]:
    """What should be mended though nothing is broken, such as a setting that names what is not there."""
    with database.reading() as db:
        return [line for look in site.advice for line in look(db, now)]


def database_is_sound(db: Session, now: datetime) -> Iterable[str]:
    """SQLite checks its own pages and references; PostgreSQL keeps them itself."""
    engine = db.get_bind().engine
    if engine.dialect.name != "sqlite":
        return
    # Its full-text tables seem broken to a connection that has read an older state of them: a fresh one looks.
    with closing(sqlite_module().connect(engine.url.database or "")) as fresh:
        yield from (line for (line,) in fresh.execute("PRAGMA quick_check(5)") if line != "ok")
    for row in db.execute(text("PRAGMA foreign_key_check")).fetchmany(5):
        yield f"{row[0]} refers to a missing {row[2]}"


def audit_is_unbroken(db: Session, now: datetime) -> Iterable[str]:
    """The chain of staff acts, link by link."""
    broken = first_broken_link(db)
    if broken is not None:
        yield f"at entry {broken}" if broken else "its newest entries are missing"


def letters_move(db: Session, now: datetime) -> Iterable[str]:
    """Nothing due has waited for more than a day."""
    if mail.is_stuck(db, now, timedelta(days=1)):
        yield "letters have been due for more than a day"


HOUSE = [
    Invariant("database: pages and references are sound", database_is_sound),
    Invariant("audit: the chain is unbroken", audit_is_unbroken),
    Invariant("mail: letters move", letters_move),
    Invariant("moderation: decisions settle their cases", moderation.decisions_settle_their_cases),
    Invariant("moderation: the log is unbroken", moderation.log_is_unbroken),
    Invariant("moderation: the log says what was decided", moderation.log_says_what_was_decided),
    Invariant("moderation: published figures recompute", moderation.figures_recompute),
    Invariant("moderation: appeals are heard by others", moderation.appeals_are_heard_by_others),
]
