"""Walking the schema history of ``app/migrations``: one line of revisions for both databases.

Alembic is loaded by those who walk alone: a site that only looks where its database stands runs for
weeks without the nine megabytes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from app.core.db import Database

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def config() -> Any:
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return made


@cache
def newest_revision() -> str:
    """A revision is called what its file is called, and their numbers say their order."""
    return max((file.stem for file in (MIGRATIONS / "versions").glob("[0-9]*.py")), default="")


def revision_of(database: Database) -> str:
    """The schema a database is at; empty for one that was never migrated."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def migrate(database: Database) -> None:
    """Bring a database to the newest schema: all of it or nothing."""
    from alembic import command

    made = config()
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # a large table takes longer than any page may
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        made.attributes["connection"] = connection
        command.upgrade(made, "head")
