"""Commands that look after what is stored: checked, kept, given out, moved to a new secret."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from app.commands.ground import Failure, database_of, house_of, prepare, progress, read_settings, store_of
from app.core.clock import SystemClock
from app.core.freshness import touch
from app.core.security.keys import Keys
from app.core.settings import PREFIX
from app.core.text.sizes import in_words
from app.core.watch import Watch
from app.floors import load_rooms
from app.mail import bouncing
from app.opendata.jobs import KEY as DUMPS
from app.opendata.offer import OpenData
from app.opendata.service.writing import write_now
from app.operation import rekeying
from app.operation.breach import turn_to_newest
from app.site import Site


@click.command()
def verify() -> None:
    """Check every invariant of the data; exit 1 if one is broken."""
    from app.verify import advice, check

    settings = read_settings()
    prepare(settings)
    with house_of(settings) as house:
        results = check(house.site, house.database, house.clock.now())
        advised = advice(house.site, house.database, house.clock.now())
    for name, faults in results:
        click.echo(f"{'broken' if faults else 'ok':7}{name}" + (f": {'; '.join(faults[:5])}" if faults else ""))
    for line in advised:
        click.echo(f"{'note':7}{line}")
    broken = sum(bool(faults) for _name, faults in results)
    if broken:
        raise Failure(f"{broken} of {len(results)} invariants are broken.")


@click.command()
def rekey() -> None:
    """Move what is stored from TOWNSQUARE_OLD_SECRET_KEY to TOWNSQUARE_SECRET_KEY. Stop the site first."""
    settings = read_settings()
    old = settings.environment.get(PREFIX + "OLD_SECRET_KEY", "")
    if not old or old == settings.secret_key:
        raise Failure(f"Set {PREFIX}SECRET_KEY to the new secret and {PREFIX}OLD_SECRET_KEY to the one before.", 2)
    prepare(settings)
    with house_of(settings) as house:
        found = rekeying.run(house.database, house.site.rekeyers, Keys(old), house.keys, house.clock, click.echo)
    for fault in found[:20]:
        click.echo(f"broken {fault}")
    if found:
        raise Failure(f"{len(found)} rows do not fit the new secret.")
    click.echo(f"Everything stored fits the new secret. Remove {PREFIX}OLD_SECRET_KEY and start the site.")


@click.command()
def bounce() -> None:
    """Read one delivery report or complaint on standard input, as a mail server hands it over."""
    raw = sys.stdin.buffer.read(bouncing.MOST_BYTES + 1)
    if len(raw) > bouncing.MOST_BYTES:
        raise Failure(f"The message is longer than {bouncing.MOST_BYTES:,} bytes: nothing was read.", 2)
    try:
        report = bouncing.read_report(raw)
    except bouncing.NotUnderstood:
        click.echo("ignored: this is not a delivery report that can be understood")
        return
    settings = read_settings()
    prepare(settings)
    keys, clock = Keys(settings.secret_key), SystemClock()
    site = Site(settings=settings, keys=keys, clock=clock)
    load_rooms(site)
    with database_of(settings) as database:
        Watch(database, [partial(turn_to_newest, keys)]).look()
        said = database.retrying(lambda db: bouncing.settle(db, keys, site.recipients, report, clock.now()))
    for line in said:
        click.echo(line)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything into FILE while the site runs, and check it."""
    from app.backup import BackupFailed, write_backup

    settings = read_settings()
    prepare(settings)
    with database_of(settings) as database:
        try:
            summary = write_backup(database, store_of(settings), file, progress=progress("Writing"))
        except BackupFailed as wrong:
            raise Failure(str(wrong)) from wrong
    click.echo(summary)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Restore over a database that is not empty.")
def restore(file: Path, replace: bool) -> None:
    """Fill the database and the folder of files from FILE, and check it."""
    from app.backup import BackupFailed, read_backup

    settings = read_settings()
    with database_of(settings) as database:
        try:
            summary = read_backup(database, store_of(settings), file, replace=replace, progress=progress("Reading"))
        except BackupFailed as wrong:
            raise Failure(str(wrong)) from wrong
    click.echo(summary)


@click.command()
def dump() -> None:
    """Write a dump of the open data now, beside the night's own."""
    settings = read_settings()
    prepare(settings)
    with house_of(settings) as house:
        found: OpenData = house.site.dependencies["open_data"]
        lock = found.shelf.try_lock()
        if lock is None:
            raise Failure("A dump is being written at the moment: wait until it is done.")
        try:
            found.shelf.clear()
            manifest = write_now(
                found.writing(house.clock.now()), house.database.reading, progress("Writing"), house.clock.now
            )
            found.shelf.forget(found.policy.keeps_for, house.clock.now())
        finally:
            lock.release()
        house.database.retrying(lambda db: touch(db, DUMPS))
    rows, folder = sum(dataset.rows for dataset in manifest.datasets), found.policy.folder / manifest.name
    click.echo(f"{len(manifest.datasets)} datasets, {rows:,} rows, {in_words(manifest.size)} in {folder}")


@click.command("settings")
def show_settings() -> None:
    """The effective settings, secrets masked; exit 2 where some make no sense."""
    settings = read_settings()
    for name, value in sorted(settings.shown().items()):
        click.echo(f"{name}={value}")
    load_rooms(Site(settings=settings, keys=Keys(settings.secret_key), clock=SystemClock()))  # they read their own


COMMANDS = [verify, rekey, bounce, backup, restore, dump, show_settings]
