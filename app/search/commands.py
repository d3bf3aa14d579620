"""``townsquare search``: the index from the console."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from app.core.clock import Clock
from app.core.db import Database
from app.core.settings import Settings
from app.search.service.indexing import Indexing


def group(settings: Settings, indexing: Indexing, clock: Clock) -> click.Group:
    """The commands of one deployment."""

    @click.group("search")
    def search() -> None:
        """The search across rooms."""

    @search.command()
    def rebuild() -> None:
        """Index everything again, in short steps beside a running site; one that was broken off goes on."""
        database = Database(settings.database_url, pool=2)
        try:
            click.echo(f"{rebuild_all(database, indexing, clock):,} things were looked at.")
        finally:
            database.close()

    return search


def rebuild_all(database: Database, indexing: Indexing, clock: Clock) -> int:
    """Step by step; answers how many things these were."""
    with database.reading() as db:
        goes_on = not indexing.is_filled(db)
    if not goes_on:
        database.retrying(lambda db: indexing.begin_anew(db, clock.now()))
    gone_through = 0
    while (step := database.retrying(lambda db: indexing.first_round(db, clock.now()))) is not None:
        gone_through += step.things
        if sys.stderr.isatty():
            print(f"\r{step.kind}: {step.upto:,}\033[K", end="", file=sys.stderr)
    catch_up(database, indexing, clock.now())
    return gone_through


def catch_up(database: Database, indexing: Indexing, now: datetime) -> None:
    """What was marked meanwhile."""
    while database.retrying(lambda db: indexing.catch_up(db, now)):
        pass
