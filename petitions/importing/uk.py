"""The command `townsquare import uk-petitions`: record by record, and a report of each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy import exc

from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database
from app.core.settings import Settings
from app.core.text.plain import tidy_line
from petitions.importing.facts import BadRecord
from petitions.importing.records import read_record, read_records
from petitions.importing.storing import store
from petitions.policy import PetitionPolicy

DEMO_DATABASE = "sqlite:///var/demo/townsquare.db"


def _silent(done: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Report:
    """What became of each record."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    #: what was left out of a record that was imported
    left_out: list[tuple[str, str]] = field(default_factory=list)


@click.command("uk-petitions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--demo", is_flag=True, help="Import into the demo's database.")
def uk_petitions(file: Path, demo: bool) -> None:
    """Import petitions in the shape of the UK's public JSON."""
    settings = Settings.from_environment(None, **(_demo_site() if demo else {}))
    database = Database(settings.database_url, pool=2)
    try:
        if database.is_sqlite:
            schema.migrate(database)
        policy = PetitionPolicy.from_settings(settings.section("petitions"))
        report = import_records(database, read_records(file), policy, SystemClock().now(), say=_progress)
    finally:
        database.close()
    for name, reason in report.refused:
        click.echo(f"refused {name}: {reason}", err=True)
    for name, reason in report.left_out:
        click.echo(f"left out of {name}: {reason}", err=True)
    click.echo(
        f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, "
        f"{len(report.refused)} refused."
    )
    if report.refused:
        sys.exit(1)


def _demo_site() -> dict[str, object]:
    """Where the demo keeps its data, unless the environment says otherwise."""
    given = Settings.from_environment()
    own = given.database_url != Settings.database_url
    return {"mode": "demo"} if own else {"mode": "demo", "database_url": DEMO_DATABASE}


def import_records(
    database: Database,
    records: Iterable[Any],
    policy: PetitionPolicy,
    now: datetime,
    say: Callable[[int], None] = _silent,
) -> Report:
    """Each record in a short transaction of its own, so that a running site is not held up."""
    report = Report()
    for place, record in enumerate(records, start=1):
        try:
            facts = read_record(record)
            outcome = database.retrying(partial(store, facts=facts, policy=policy, now=now))
            setattr(report, outcome, getattr(report, outcome) + 1)
            report.left_out += [(_name(record, place), reason) for reason in facts.left_out]
        except BadRecord as wrong:
            report.refused.append((_name(record, place), str(wrong)))
        except (exc.IntegrityError, exc.DataError):
            report.refused.append((_name(record, place), "its figures contradict each other"))
        say(place)
    return report


def _name(record: Any, place: int) -> str:
    source_id = record.get("id") if isinstance(record, dict) else None
    return f"record {place}" + (f" (id {tidy_line(str(source_id))[:60]})" if source_id is not None else "")


def _progress(done: int) -> None:
    if sys.stderr.isatty() and done % 20 == 0:
        print(f"\r{done} petitions", end="", file=sys.stderr)
