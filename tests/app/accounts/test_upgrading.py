"""A site of the first version is brought up to date: its accounts and links stay, everyone signs in again."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from app.core import schema
from app.core.db import Database


def migrate_to(database: Database, revision: str) -> None:
    made = schema.config()
    with database.engine.begin() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, revision)


def test_accounts_outlive_the_upgrade_and_an_address_may_be_gone(tmp_path: Path) -> None:
    """SQLite cannot drop a NOT NULL; making the table anew would throw away what refers to it."""
    database = Database(f"sqlite:///{tmp_path}/old.db", pool=1)
    migrate_to(database, "0012_petitions_finding")
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO accounts_account (id, email, name, role, created_at)"
                " VALUES (1, 'maureen@example.org', 'Maureen', 'moderator', '2026-03-02 12:00:00')"
            )
        )
        connection.execute(
            text("INSERT INTO accounts_password_link (id, account_id, ends_at) VALUES (x'00', 1, '2026-03-05')")
        )
        connection.execute(
            text(
                "INSERT INTO core_session (id, holder_id, created_at, last_seen_at, idle_seconds, ends_at)"
                " VALUES (x'01', 1, '2026-03-02', '2026-03-02', 1800, '2026-03-03')"
            )
        )
    migrate_to(database, "head")
    with database.engine.begin() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        assert connection.execute(text("SELECT count(*) FROM accounts_password_link")).scalar_one() == 1
        assert connection.execute(text("SELECT count(*) FROM core_session")).scalar_one() == 0
        connection.execute(text("UPDATE accounts_account SET email = NULL WHERE id = 1"))
        row = connection.execute(text("SELECT name, name_withheld, approved_texts FROM accounts_account")).one()
        assert tuple(row) == ("Maureen", 0, 0)
    database.close()
