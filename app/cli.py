"""The ``townsquare`` command. Errors are one line on standard error, never a traceback."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import exc

from app import __version__
from app.accounts import service as accounts
from app.accounts.model import Account
from app.accounts.rules.roles import STAFF_ROLES, Role
from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database
from app.core.errors import Invalid, Refusal
from app.core.freshness import touch
from app.core.log import configure
from app.core.security.keys import Keys
from app.core.settings import PREFIX, BadSettings, Settings
from app.core.text.sizes import in_words
from app.core.watch import Watch
from app.departments import queries as departments
from app.departments import service as founding
from app.files.cabinet import Cabinet
from app.files.store import Store
from app.floors import load_rooms
from app.mail import bouncing
from app.main import House, start_workers
from app.opendata.jobs import KEY as DUMPS
from app.opendata.offer import OpenData
from app.opendata.service.writing import write_now
from app.operation import rekeying
from app.operation.breach import turn_to_newest
from app.site import Site

T = TypeVar("T")
DEMO = {
    "MODE": "demo",
    "DATABASE_URL": "sqlite:///var/demo/townsquare.db",
    "MAIL_URL": "file:var/demo/mail",
    "FILES_FOLDER": "var/demo/files",
    "PETITIONS_RESPONSE_AT": "10",
    "PETITIONS_DEBATE_AT": "50",
}


class Failure(click.ClickException):
    """One line and an exit code: 1 something is wrong, 2 wrong use."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="townsquare")
def cli() -> None:
    """Town Square: petitions, consultations and town halls, and what came of them."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--no-jobs", is_flag=True, help="Leave letters, closing dates and reminders to `townsquare worker`.")
def serve(host: str, port: int, workers: int, no_jobs: bool) -> None:
    """Run the site."""
    settings = _settings(port=port)
    if workers > 1 and settings.is_sqlite:
        raise Failure("More than one worker needs PostgreSQL: set TOWNSQUARE_DATABASE_URL=postgresql://…", 2)
    _prepare(settings)
    _refuse_half_rekeyed(settings)
    _run_server(host, port, workers, jobs=not no_jobs)


@cli.command()
def worker() -> None:
    """Run jobs only: letters, closing dates, reminders."""
    settings = _settings()
    if settings.is_sqlite:
        raise Failure("On SQLite the site runs its own jobs; a worker needs PostgreSQL.", 2)
    _prepare(settings)
    _refuse_half_rekeyed(settings)
    configure(settings.mode)
    house = House(settings, jobs=True)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    house.watch.look()
    threads = [house.start_watching(), *start_workers(house.postman, house.jobs, house.workers)]
    click.echo("Working. Stop with Ctrl-C.")
    stop.wait()
    house.watch.stop()
    house.postman.stop()
    house.jobs.stop()
    for one in house.workers:
        one.stop()
    for thread in threads:
        thread.join(15)


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    with _database(_settings()) as database:
        schema.migrate(database)
        click.echo(f"The database is at schema {schema.revision_of(database)}.")


@cli.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--reset", is_flag=True, help="Throw the demo's data away and fill it anew.")
@click.option("--fill-only", is_flag=True, help="Fill the demo and stop.")
def demo(port: int, reset: bool, fill_only: bool) -> None:
    """A filled site to walk through, with its letters at /dev/mail."""
    from app.demo import account_lines, fill, forget, is_half_filled

    for name, value in DEMO.items():
        os.environ.setdefault(PREFIX + name, value)
    settings = _settings(port=port)
    if settings.mode != "demo":
        raise Failure("The demo runs with TOWNSQUARE_MODE=demo only.", 2)
    if reset or is_half_filled(settings):
        forget(settings)
    _prepare(settings)
    with _house(settings) as house:
        filled_now = fill(house.site, house.database, house.passwords, click.echo)
    for line in account_lines():
        click.echo(line)
    if fill_only:
        return
    click.echo(f"Open http://127.0.0.1:{port}   letters: http://127.0.0.1:{port}/dev/mail")
    sys.stdout.flush()
    if filled_now and os.name == "posix":  # serve from a fresh process: filling leaves its memory behind
        os.execv(sys.executable, [sys.executable, "-m", "app", "serve", "--port", str(port)])  # noqa: S606
    _run_server("127.0.0.1", port, 1, jobs=True)


@cli.group()
def staff() -> None:
    """Staff accounts."""


@staff.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(sorted(role.value for role in STAFF_ROLES)))
@click.option("--department", default="", help="Slug of the department that an officer, or an official, acts for.")
@click.option("--name", default="")
@click.option("--password-stdin", is_flag=True, help="Take the password from standard input.")
def staff_add(email: str, role: str, department: str, name: str, password_stdin: bool) -> None:
    """Add somebody; prints a one-time link to set a password."""
    settings = _settings()
    if role == Role.OFFICER and not department:
        raise Failure("A department-officer needs --department.", 2)
    if department and role not in founding.ACT_FOR_ONE:
        raise Failure("--department is for a department-officer or an official: nobody else has one.", 2)
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    _prepare(settings)
    with _house(settings) as house:

        def add(db: Any) -> str:
            now = house.clock.now()
            account = accounts.add_staff(db, email, role, name, by=None, now=now)
            _appoint(db, account, department, now)
            if password_stdin:
                accounts.set_password(db, account, password, house.passwords, now=now)
                return ""
            return accounts.password_link(db, account, now)

        token = house.database.retrying(add)
        click.echo(f"{role} {email} added.")
        if token:
            click.echo(f"Set the password within three days: {settings.base_url}/set-password/{token}")


@staff.command("link")
@click.argument("email")
def staff_link(email: str) -> None:
    """Print a new one-time link to set a password."""
    settings = _settings()
    _prepare(settings)
    with _house(settings) as house:
        token = house.database.retrying(lambda db: accounts.new_password_link(db, email, house.clock.now()))
    if token is None:
        raise Failure(f"There is no staff account with the address {email}.", 2)
    click.echo(f"Set the password within three days: {settings.base_url}/set-password/{token}")


@cli.group()
def department() -> None:
    """Departments."""


@department.command("add")
@click.argument("slug")
@click.argument("name")
def department_add(slug: str, name: str) -> None:
    """Found a department."""
    settings = _settings()
    _prepare(settings)
    with _house(settings) as house:
        now = house.clock.now()
        house.database.retrying(lambda db: founding.found(db, slug, name, by=None, now=now))
    click.echo(f"Department {slug} added.")


@cli.command()
def verify() -> None:
    """Check every invariant of the data; exit 1 if one is broken."""
    from app.verify import advice, check

    settings = _settings()
    _prepare(settings)
    with _house(settings) as house:
        results = check(house.site, house.database, house.clock.now())
        advised = advice(house.site, house.database, house.clock.now())
    for name, faults in results:
        click.echo(f"{'broken' if faults else 'ok':7}{name}" + (f": {'; '.join(faults[:5])}" if faults else ""))
    for line in advised:
        click.echo(f"{'note':7}{line}")
    broken = sum(bool(faults) for _name, faults in results)
    if broken:
        raise Failure(f"{broken} of {len(results)} invariants are broken.")


@cli.command()
def rekey() -> None:
    """Move what is stored from TOWNSQUARE_OLD_SECRET_KEY to TOWNSQUARE_SECRET_KEY. Stop the site first."""
    settings = _settings()
    old = settings.environment.get(PREFIX + "OLD_SECRET_KEY", "")
    if not old or old == settings.secret_key:
        raise Failure(f"Set {PREFIX}SECRET_KEY to the new secret and {PREFIX}OLD_SECRET_KEY to the one before.", 2)
    _prepare(settings)
    with _house(settings) as house:
        found = rekeying.run(house.database, house.site.rekeyers, Keys(old), house.keys, house.clock, click.echo)
    for fault in found[:20]:
        click.echo(f"broken {fault}")
    if found:
        raise Failure(f"{len(found)} rows do not fit the new secret.")
    click.echo(f"Everything stored fits the new secret. Remove {PREFIX}OLD_SECRET_KEY and start the site.")


@cli.command()
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
    settings = _settings()
    _prepare(settings)
    keys, clock = Keys(settings.secret_key), SystemClock()
    site = Site(settings=settings, keys=keys, clock=clock)
    load_rooms(site)
    with _database(settings) as database:
        Watch(database, [partial(turn_to_newest, keys)]).look()
        said = database.retrying(lambda db: bouncing.settle(db, keys, site.recipients, report, clock.now()))
    for line in said:
        click.echo(line)


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything into FILE while the site runs, and check it."""
    from app.backup import BackupFailed, write_backup

    settings = _settings()
    _prepare(settings)
    with _database(settings) as database:
        try:
            summary = write_backup(database, _store(settings), file, progress=_progress("Writing"))
        except BackupFailed as wrong:
            raise Failure(str(wrong)) from wrong
    click.echo(summary)


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Restore over a database that is not empty.")
def restore(file: Path, replace: bool) -> None:
    """Fill the database and the folder of files from FILE, and check it."""
    from app.backup import BackupFailed, read_backup

    settings = _settings()
    with _database(settings) as database:
        try:
            summary = read_backup(database, _store(settings), file, replace=replace, progress=_progress("Reading"))
        except BackupFailed as wrong:
            raise Failure(str(wrong)) from wrong
    click.echo(summary)


@cli.command()
def dump() -> None:
    """Write a dump of the open data now, beside the night's own."""
    settings = _settings()
    _prepare(settings)
    with _house(settings) as house:
        found: OpenData = house.site.dependencies["open_data"]
        lock = found.shelf.try_lock()
        if lock is None:
            raise Failure("A dump is being written at the moment: wait until it is done.")
        try:
            found.shelf.clear()
            manifest = write_now(
                found.writing(house.clock.now()), house.database.reading, _progress("Writing"), house.clock.now
            )
            found.shelf.forget(found.policy.keeps_for, house.clock.now())
        finally:
            lock.release()
        house.database.retrying(lambda db: touch(db, DUMPS))
    rows, folder = sum(dataset.rows for dataset in manifest.datasets), found.policy.folder / manifest.name
    click.echo(f"{len(manifest.datasets)} datasets, {rows:,} rows, {in_words(manifest.size)} in {folder}")


@cli.command("settings")
def show_settings() -> None:
    """The effective settings, secrets masked; exit 2 where some make no sense."""
    settings = _settings()
    for name, value in sorted(settings.shown().items()):
        click.echo(f"{name}={value}")
    load_rooms(Site(settings=settings, keys=Keys(settings.secret_key), clock=SystemClock()))  # they read their own


@cli.group("import")
def import_() -> None:
    """Bring data of other systems in."""


def main() -> None:
    """The console script: refusals and outages become one line."""
    try:
        _add_room_commands()
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(2)
    except click.UsageError as wrong:
        _fail(wrong.format_message() + _hint(wrong), 2)
    except click.ClickException as wrong:
        _fail(wrong.format_message(), wrong.code if isinstance(wrong, Failure) else wrong.exit_code)
    except BadSettings as wrong:
        _fail("; ".join(wrong.faults), 2)
    except Invalid as wrong:
        _fail("; ".join(f"{e.field}: {e.message}" for e in wrong.errors), 2)
    except Refusal as wrong:
        _fail(f"{wrong.heading}. {wrong.sentence}", 1)
    except exc.SQLAlchemyError as wrong:
        _fail(f"The database did not answer as expected ({type(wrong).__name__}).", 1)
    except (OSError, ValueError) as wrong:
        _fail(str(wrong), 1)
    except Exception as fault:
        if os.environ.get(PREFIX + "DEBUG"):
            raise
        _fail(f"A fault of ours: {type(fault).__name__}: {fault} (TOWNSQUARE_DEBUG=1 shows where)", 1)


def _fail(message: str, code: int) -> None:
    print(f"townsquare: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


def _hint(wrong: click.UsageError) -> str:
    return f" See `{wrong.ctx.command_path} --help`." if wrong.ctx else ""


def _add_room_commands() -> None:
    """Commands that rooms contribute, unless the settings are broken: then the command itself says so."""
    try:
        settings = Settings.from_environment()
    except BadSettings:
        return
    site = Site(settings=settings, keys=Keys(settings.secret_key), clock=SystemClock())
    try:
        load_rooms(site)
    except ValueError:  # a civic number is wrong: whichever command needs it says so
        return
    for command in site.commands:
        cli.add_command(command)
    for command in site.importers.values():
        import_.add_command(command)


def _settings(*, port: int | None = None) -> Settings:
    if port is not None:
        os.environ.setdefault(PREFIX + "BASE_URL", f"http://127.0.0.1:{port}")
    return Settings.from_environment()


def _prepare(settings: Settings) -> None:
    """SQLite is brought up to date by every command; PostgreSQL must have been, by `townsquare migrate`."""
    with _database(settings) as database:
        if schema.revision_of(database) == schema.newest_revision():
            return
        if not database.is_sqlite:
            raise Failure("The database needs a newer schema: run `townsquare migrate` first.")
        schema.migrate(database)


def _refuse_half_rekeyed(settings: Settings) -> None:
    with _database(settings) as database, database.reading() as db:
        if rekeying.is_unfinished(db):
            raise Failure("A change of the secret is half way: run `townsquare rekey` again before you start the site.")


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url, pool=4)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _house(settings: Settings) -> Iterator[House]:
    house = House(settings, jobs=False)
    house.watch.look()
    try:
        yield house
    finally:
        house.close()


def _store(settings: Settings) -> Store:
    return Cabinet.from_settings(settings).store


def _appoint(db: Any, account: Account, slug: str, now: Any) -> None:
    if slug:
        found = departments.by_slug(db, slug)
        if found is None:
            raise Failure(f"There is no department {slug!r}: add it with `townsquare department add`.", 2)
        founding.appoint(db, account.id, found, by=None, now=now)


def _progress(verb: str) -> Callable[[str, int], None]:
    """Says which table is being worked on, on a terminal only."""

    def say(table: str, rows: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{verb} {table}: {rows:,} rows\033[K", end="", file=sys.stderr)

    return say


def serve_app() -> Any:
    """What each server process builds; the command has put everything into the environment."""
    settings = Settings.from_environment()
    configure(settings.mode)
    jobs = os.environ.get(PREFIX + "SERVE_JOBS", "on") == "on"
    # uvicorn calls this inside its event loop, where Litestar's executor cannot be set: build it beside the loop
    with ThreadPoolExecutor(1) as beside:
        house = beside.submit(lambda: House(settings, jobs=jobs)).result()
    _calm_the_collector()
    return house.asgi


def _calm_the_collector() -> None:
    """What the start has made stays; requests leave hardly any cycles behind, so look for them less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(25_000, 20, 20)


def _run_server(host: str, port: int, workers: int, *, jobs: bool) -> None:
    import uvicorn

    os.environ[PREFIX + "SERVE_JOBS"] = "on" if jobs else "off"
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    uvicorn.run(
        "app.cli:serve_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,  # addresses would hold letters' tokens
        log_config=None,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=25,
        ws_max_size=16_384,
        ws_per_message_deflate=False,
    )
