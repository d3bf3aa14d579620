"""The command `townsquare import decidim`: everything is read, then each row is stored, and a report says how it went."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from app.comments.contribution import Discussed
from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database
from app.core.settings import Settings
from app.core.text.plain import csv_cell
from petitions.importing.decidim.bringing import LEFT_OUT, OUTCOMES, REFUSED, Line, Place, Report, bring
from petitions.importing.decidim.files import BrokenFile, Contents, read_files
from petitions.importing.decidim.initiatives import How
from petitions.policy import PetitionPolicy
from petitions.service.discussing import PetitionDiscussed

COLUMNS = ("file", "row", "kind", "id", "outcome", "reason")
#: more of them stand in the report alone
MOST_SHOWN = 50


@click.command("decidim")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", default="en", help="Which language of each text is taken, such as en or ca; else any.")
@click.option("--names", is_flag=True, help="Keep the names of authors; without it they are withheld.")
@click.option("--instance", default="", help="A short name, where several Decidims are imported into one site.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write a CSV row for each row.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and store nothing.")
def decidim(
    files: tuple[Path, ...], language: str, names: bool, instance: str, report: Path | None, dry_run: bool
) -> None:
    """Import initiatives and their comments from Decidim's open data: the zip, or CSV files of it."""
    settings = Settings.from_environment()
    how = How(_languages(language), settings.zone, _instance(instance), names)
    contents = _read(files)
    made = _bring(settings, contents, how, dry=dry_run)
    if report is not None:
        write_report(report, made.lines)
    _say(contents, made, dry=dry_run)
    if made.count(REFUSED):
        sys.exit(1)


def _read(files: Sequence[Path]) -> Contents:
    try:
        contents = read_files(files)
    except BrokenFile as wrong:
        raise click.ClickException(f"{wrong}; nothing was imported") from wrong
    if not contents.initiatives and not contents.comments:
        raise click.ClickException("None of this holds initiatives or comments; nothing was imported")
    return contents


def _bring(settings: Settings, contents: Contents, how: How, *, dry: bool) -> Report:
    database = Database(settings.database_url, pool=2)
    try:
        if database.is_sqlite:
            schema.migrate(database)
        policy = PetitionPolicy.from_settings(settings.section("petitions"))
        discussed: Mapping[str, Discussed] = {"petition": PetitionDiscussed(policy)}
        place = Place(database, policy, discussed, SystemClock().now(), dry)
        return bring(place, contents, how, _progress)
    finally:
        database.close()


def _languages(text: str) -> list[str]:
    """The one asked for, then English."""
    asked = text.strip()
    if not (asked.isascii() and 2 <= len(asked) <= 12 and asked.replace("-", "").isalnum()):
        raise click.BadParameter("such as en, ca or pt-BR", param_hint="--language")
    return list(dict.fromkeys((asked, asked.partition("-")[0], "en")))


def _instance(text: str) -> str:
    if text and not (text.isascii() and text.replace("-", "").isalnum() and len(text) <= 20):
        raise click.BadParameter("letters, digits and dashes, at most 20", param_hint="--instance")
    return text


def write_report(path: Path, lines: Sequence[Line]) -> None:
    """As :data:`COLUMNS`; a spreadsheet computes none of it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for line in lines:
            words = (line.kind, line.identity, line.outcome, line.reason)
            writer.writerow([csv_cell(line.file), line.row, *map(csv_cell, words)])


def _say(contents: Contents, made: Report, *, dry: bool) -> None:
    for name in contents.left_out:
        click.echo(f"left out {name}: it holds neither initiatives nor comments", err=True)
    refused = [line for line in made.lines if line.outcome == REFUSED]
    for line in refused[:MOST_SHOWN]:
        click.echo(f"refused {line.file} row {line.row} ({line.kind} {line.identity}): {line.reason}", err=True)
    if len(refused) > MOST_SHOWN:
        click.echo(f"… and {len(refused) - MOST_SHOWN} more: --report FILE.csv names each", err=True)
    words = [f"{made.count(outcome)} {outcome}" for outcome in OUTCOMES if outcome != LEFT_OUT or made.count(LEFT_OUT)]
    click.echo(("Nothing was stored. It would be: " if dry else "") + ", ".join(words) + ".")


def _progress(done: int) -> None:
    if sys.stderr.isatty() and done % 20 == 0:
        print(f"\r{done} rows", end="", file=sys.stderr)
