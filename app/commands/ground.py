"""What every command stands on: the settings, a database of today's schema, a house that serves nobody."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from app.core import schema
from app.core.db import Database
from app.core.settings import PREFIX, Settings
from app.files.cabinet import Cabinet
from app.files.store import Store
from app.main import House


class Failure(click.ClickException):
    """One line and an exit code: 1 something is wrong, 2 wrong use."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code


def read_settings(*, port: int | None = None) -> Settings:
    if port is not None:
        os.environ.setdefault(PREFIX + "BASE_URL", f"http://127.0.0.1:{port}")
    return Settings.from_environment()


def prepare(settings: Settings) -> None:
    """SQLite is brought up to date by every command; PostgreSQL must have been, by `townsquare migrate`."""
    with database_of(settings) as database:
        if schema.revision_of(database) == schema.newest_revision():
            return
        if not database.is_sqlite:
            raise Failure("The database needs a newer schema: run `townsquare migrate` first.")
        schema.migrate(database)


@contextmanager
def database_of(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url, pool=4)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def house_of(settings: Settings) -> Iterator[House]:
    house = House(settings, jobs=False)
    house.watch.look()
    try:
        yield house
    finally:
        house.close()


def store_of(settings: Settings) -> Store:
    return Cabinet.from_settings(settings).store


def progress(verb: str) -> Callable[[str, int], None]:
    """Says which table is being worked on, on a terminal only."""

    def say(table: str, rows: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{verb} {table}: {rows:,} rows\033[K", end="", file=sys.stderr)

    return say
