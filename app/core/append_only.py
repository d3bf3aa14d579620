"""Tables whose rows are written once: triggers in the database refuse to change or delete them.

No service could do so anyway; the triggers hold against a mistake in one, and against a hand at the
database's own prompt. Only restoring a backup lifts them, for a table that it fills anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

#: every guarded table
GUARDED = ("moderation_log",)


def guard(table: str, dialect: str) -> list[str]:
    """The statements that make a table append-only."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for act in ("update", "delete")
        ]
    change = f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
    truncate = f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
    refuse = f"{table}_refuse()"
    return [
        f"CREATE FUNCTION {refuse} RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_raise(table)} END $$",
        f"CREATE TRIGGER {table}_no_change {change} EXECUTE FUNCTION {refuse}",
        f"CREATE TRIGGER {table}_no_truncate {truncate} EXECUTE FUNCTION {refuse}",
    ]


def _raise(table: str) -> str:
    return f"RAISE EXCEPTION '{table} is append-only';"


def lift(table: str, dialect: str) -> list[str]:
    """The statements that take the guard off again."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {table}_no_{act}" for act in ("update", "delete")]
    return [
        f"DROP TRIGGER {table}_no_change ON {table}",
        f"DROP TRIGGER {table}_no_truncate ON {table}",
        f"DROP FUNCTION {table}_refuse()",
    ]


@contextmanager
def lifted(db: Session) -> Iterator[None]:
    """Fill guarded tables anew, within one transaction: whatever happens, the guard is on again after it."""
    dialect = db.get_bind().dialect.name
    for table in GUARDED:
        _say(db, lift(table, dialect))
    yield
    for table in GUARDED:
        _say(db, guard(table, dialect))


def _say(db: Session, statements: list[str]) -> None:
    for statement in statements:
        db.execute(text(statement))
