"""Commands that run the site or its jobs, and the demo."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from app.commands.ground import Failure, database_of, house_of, prepare, read_settings
from app.core import schema
from app.core.log import configure
from app.core.settings import PREFIX, Settings
from app.main import House, start_workers
from app.operation import rekeying

DEMO = {
    "MODE": "demo",
    "DATABASE_URL": "sqlite:///var/demo/townsquare.db",
    "MAIL_URL": "file:var/demo/mail",
    "FILES_FOLDER": "var/demo/files",
    "PETITIONS_RESPONSE_AT": "10",
    "PETITIONS_DEBATE_AT": "50",
}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--no-jobs", is_flag=True, help="Leave letters, closing dates and reminders to `townsquare worker`.")
def serve(host: str, port: int, workers: int, no_jobs: bool) -> None:
    """Run the site."""
    settings = read_settings(port=port)
    if workers > 1 and settings.is_sqlite:
        raise Failure("More than one worker needs PostgreSQL: set TOWNSQUARE_DATABASE_URL=postgresql://…", 2)
    prepare(settings)
    refuse_half_rekeyed(settings)
    run_server(host, port, workers, jobs=not no_jobs)


@click.command()
def worker() -> None:
    """Run jobs only: letters, closing dates, reminders."""
    settings = read_settings()
    if settings.is_sqlite:
        raise Failure("On SQLite the site runs its own jobs; a worker needs PostgreSQL.", 2)
    prepare(settings)
    refuse_half_rekeyed(settings)
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


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    with database_of(read_settings()) as database:
        schema.migrate(database)
        click.echo(f"The database is at schema {schema.revision_of(database)}.")


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--reset", is_flag=True, help="Throw the demo's data away and fill it anew.")
@click.option("--fill-only", is_flag=True, help="Fill the demo and stop.")
def demo(port: int, reset: bool, fill_only: bool) -> None:
    """A filled site to walk through, with its letters at /dev/mail."""
    from app.demo import account_lines, fill, forget, is_half_filled

    for name, value in DEMO.items():
        os.environ.setdefault(PREFIX + name, value)
    settings = read_settings(port=port)
    if settings.mode != "demo":
        raise Failure("The demo runs with TOWNSQUARE_MODE=demo only.", 2)
    if reset or is_half_filled(settings):
        forget(settings)
    prepare(settings)
    with house_of(settings) as house:
        filled_now = fill(house.site, house.database, house.passwords, click.echo)
    for line in account_lines():
        click.echo(line)
    if fill_only:
        return
    click.echo(f"Open http://127.0.0.1:{port}   letters: http://127.0.0.1:{port}/dev/mail")
    sys.stdout.flush()
    if filled_now and os.name == "posix":  # serve from a fresh process: filling leaves its memory behind
        os.execv(sys.executable, [sys.executable, "-m", "app", "serve", "--port", str(port)])  # noqa: S606
    run_server("127.0.0.1", port, 1, jobs=True)


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


def run_server(host: str, port: int, workers: int, *, jobs: bool) -> None:
    import uvicorn

    os.environ[PREFIX + "SERVE_JOBS"] = "on" if jobs else "off"
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    uvicorn.run(
        "app.commands.serving:serve_app",
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


def refuse_half_rekeyed(settings: Settings) -> None:
    with database_of(settings) as database, database.reading() as db:
        if rekeying.is_unfinished(db):
            raise Failure("A change of the secret is half way: run `townsquare rekey` again before you start the site.")


COMMANDS = [serve, worker, migrate, demo]
