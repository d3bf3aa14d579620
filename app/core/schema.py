"""Walking the schema history of ``app/migrations``: one line of revisions for both databases."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.core.db import Database

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return made


@cache
def newest_revision() -> str:
    head = ScriptDirectory.from_config(config()).get_current_head()
    return head or ""


def revision_of(database: Database) -> str:
    """The schema a database is at; empty for one that was never migrated."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def migrate(database: Database) -> None:
    """Bring a database to the newest schema: all of it or nothing."""
    made = config()
    with database.engine.begin() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, "head")
