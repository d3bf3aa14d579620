"""The commands `townsquare import areas`, `populations` and `postcodes`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from app.areas.rules.boundaries import Named
from app.areas.service import boundaries, populations, postcodes
from app.areas.service.recording import Report
from app.areas.service.tables import rows
from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database
from app.core.settings import Settings

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.command("areas")
@_FILE
@click.option("--code", default="", help="The property that holds each area's code.")
@click.option("--name", default="", help="The property that holds its name.")
@click.option("--region-code", default="", help="The property that holds the code of its region.")
@click.option("--region", default="", help="The property that holds the name of its region.")
@click.option("--called", default="area", show_default=True, help="What these areas are, such as ward.")
@click.option("--retire", is_flag=True, help="Areas that the file does not have are no more.")
def import_areas(file: Path, code: str, name: str, region_code: str, region: str, called: str, retire: bool) -> None:
    """Import the boundaries of all areas from GeoJSON in degrees (EPSG:4326)."""
    with _named(file), _site() as (_settings, database):
        found, named = boundaries.read_file(file.read_bytes(), Named(code, name, region_code, region))
        click.echo(f"Code is {named.code}, name is {named.name}{_regions(named)}; {len(found):,} areas.")
        store = partial(boundaries.store, layer=called[:60], retire=retire, file=file.name, by=None)
        report = database.retrying(lambda db: store(db, found, now=SystemClock().now()))
    _tell(report)


def _regions(named: Named) -> str:
    return f", region is {named.region or named.region_code}" if named.region or named.region_code else ""


@click.command("populations")
@_FILE
@click.option("--area", default="", help="The column that holds each area's code or name.")
@click.option("--population", default="", help="The column that holds how many people live there.")
def import_populations(file: Path, area: str, population: str) -> None:
    """Import how many people live in each area, from CSV by code or by name."""
    with _named(file), _site() as (_settings, database):
        read = populations.read_table(rows(file), populations.Columns(area, population))
        now = SystemClock().now()
        report = database.retrying(lambda db: populations.store(db, read, file=file.name, by=None, now=now))
    _tell(report)


@click.command("postcodes")
@_FILE
def import_postcodes(file: Path) -> None:
    """Import which area each postcode lies in: the whole table, as CSV with postcode and area code."""
    with _named(file), _site() as (settings, database):
        report = postcodes.import_table(
            database,
            rows(file),
            home_country=settings.home_country,
            file=file.name,
            by=None,
            now=SystemClock().now(),
            say=_progress("postcodes"),
        )
    _tell(report)


COMMANDS = (import_areas, import_populations, import_postcodes)


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """What is wrong with a file is said with its name, and that nothing of it is stored."""
    try:
        yield
    except ValueError as wrong:
        say = getattr(wrong, "say", "")
        fault = str(wrong).rstrip(".") + (f"; say {say}" if say else "")
        raise click.ClickException(f"{file.name}: {fault}. Nothing was changed.") from wrong


@contextmanager
def _site() -> Iterator[tuple[Settings, Database]]:
    settings = Settings.from_environment()
    database = Database(settings.database_url, pool=2)
    try:
        if database.is_sqlite:
            schema.migrate(database)
        yield settings, database
    finally:
        database.close()


def _tell(report: Report) -> None:
    for reason in report.reasons:
        click.echo(f"refused {reason}", err=True)
    if (untold := report.refused - len(report.reasons)) > 0:
        click.echo(f"… and {untold:,} more rows", err=True)
    click.echo(report.in_words())
    if report.refused:
        sys.exit(1)


def _progress(what: str) -> Callable[[int], Any]:
    def say(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done:,} {what}", end="", file=sys.stderr)

    return say
