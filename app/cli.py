"""The ``townsquare`` command. Errors are one line on standard error, never a traceback."""

from __future__ import annotations

import os
import sys

import click
from sqlalchemy import exc

from app import __version__
from app.commands import keeping, serving, staffing
from app.commands.ground import Failure
from app.core.clock import SystemClock
from app.core.errors import Invalid, Refusal
from app.core.security.keys import Keys
from app.core.settings import PREFIX, BadSettings, Settings
from app.floors import load_rooms
from app.site import Site


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="townsquare")
def cli() -> None:
    """Town Square: petitions, consultations and town halls, and what came of them."""


@cli.group("import")
def import_() -> None:
    """Bring data of other systems in."""


for command in (*serving.COMMANDS, *staffing.COMMANDS, *keeping.COMMANDS):
    cli.add_command(command)


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
    for of_room in site.commands:
        cli.add_command(of_room)
    for importer in site.importers.values():
        import_.add_command(importer)
