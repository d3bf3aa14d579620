"""One line of revisions leads an empty database to exactly the tables that the code maps, on both kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine.interfaces import ReflectedColumn

from app.core import schema
from app.core.db import Base, Database
from tests import databases

VERSIONS = schema.MIGRATIONS / "versions"
FILES = sorted(f.stem for f in VERSIONS.glob("*.py") if f.stem != "__init__")
#: kept by triggers and jobs, and no tables of the code's
NOT_MAPPED = re.compile(r"(petitions_search|consultations_search|consultations_words|search_words).*|alembic_version")


def test_revisions_are_numbered_without_gaps() -> None:
    assert [f.partition("_")[0] for f in FILES] == [f"{n:04}" for n in range(1, len(FILES) + 1)]


def test_revisions_stand_in_one_line() -> None:
    script = ScriptDirectory.from_config(schema.config())
    walked = list(script.walk_revisions())[::-1]
    assert script.get_heads() == [FILES[-1]] == [schema.newest_revision()]
    assert [r.revision for r in walked] == FILES, "a revision is called what its file is called"
    assert [r.down_revision for r in walked] == [None, *FILES[:-1]]


def test_a_revision_fits_its_column() -> None:
    """PostgreSQL refuses a longer one, SQLite does not."""
    assert [f for f in FILES if len(f) > 32] == []


def wanted(name: str | None, kind: str) -> bool:
    return not (kind == "table" and name and NOT_MAPPED.fullmatch(name))


def test_the_migrated_database_is_what_the_code_maps(database: Database) -> None:
    with database.engine.connect() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_object": lambda _thing, name, kind, *_other: wanted(name, kind),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


@contextmanager
def mapped(database: Database, folder: Path) -> Iterator[Engine]:
    """The tables as the code would make them, beside those that were migrated."""
    if database.is_sqlite:
        engine = create_engine(f"sqlite:///{folder / 'mapped.db'}")
    else:
        with database.engine.begin() as connection:
            connection.execute(text("CREATE SCHEMA mapped"))
        engine = create_engine(database.url, connect_args={"options": "-c search_path=mapped"})
    Base.metadata.create_all(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def described(engine: Engine) -> dict[str, dict[str, Any]]:
    """Everything a database says of its tables, checks included, which Alembic does not compare."""
    found = inspect(engine)
    return {
        name: {
            "columns": {c["name"]: _column(c) for c in found.get_columns(name)},
            "key": found.get_pk_constraint(name),
            "foreign keys": _by_name(found.get_foreign_keys(name)),
            "unique": _by_name(found.get_unique_constraints(name)),
            "checks": _by_name(found.get_check_constraints(name)),
            "indexes": _by_name(found.get_indexes(name)),
        }
        for name in found.get_table_names()
        if wanted(name, "table")
    }


def _column(column: ReflectedColumn) -> dict[str, Any]:
    said = {k: column.get(k) for k in ("nullable", "default", "identity")}
    default = str(said["default"] or "")
    return said | {"type": repr(column["type"]), "default": default.replace("mapped.", "")}


def _by_name(things: Any) -> dict[str, Any]:
    return {t["name"]: _plain(t) for t in things}


def _plain(thing: dict[str, Any]) -> dict[str, Any]:
    """White space and the schema's name are nothing; options that say nothing either."""
    return {
        k: " ".join(str(v).split())
        if k == "sqltext"
        else {a: str(b) for a, b in v.items()}
        if isinstance(v, dict)
        else v
        for k, v in thing.items()
        if k != "referred_schema"
    }


def test_nothing_about_any_table_differs(database: Database, tmp_path: Path) -> None:
    databases.load_tables()
    with mapped(database, tmp_path) as engine:
        migrated, made = described(database.engine), described(engine)
    assert sorted(migrated) == sorted(made)
    assert len(migrated) > 15
    assert sum(len(t["checks"]) for t in migrated.values()) > 10
    for name in made:
        assert migrated[name] == made[name], name


def test_migrating_twice_changes_nothing(database: Database) -> None:
    before = described(database.engine)
    schema.migrate(database)
    assert schema.revision_of(database) == schema.newest_revision()
    assert described(database.engine) == before


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_migration_that_fails_leaves_nothing_behind(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "sqlite":
        empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    else:
        full: Database = request.getfixturevalue("postgres_database")
        with full.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        empty = Database(full.url)
    broken = tmp_path / "migrations"
    _copy_with_a_broken_end(broken)
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", broken)
        with pytest.raises(ZeroDivisionError):
            schema.migrate(empty)
    assert [t for t in inspect(empty.engine).get_table_names() if t != "alembic_version"] == []
    assert schema.revision_of(empty) == ""
    schema.migrate(empty)
    assert schema.revision_of(empty) == schema.newest_revision()
    empty.close()


def _copy_with_a_broken_end(folder: Path) -> None:
    (folder / "versions").mkdir(parents=True)
    for file in (schema.MIGRATIONS / "env.py", *VERSIONS.glob("*.py")):
        target = folder / file.relative_to(schema.MIGRATIONS)
        target.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    words = f'revision = "9999_broken"\ndown_revision = "{FILES[-1]}"\n\n\ndef upgrade():\n    1 / 0\n'
    (folder / "versions" / "9999_broken.py").write_text(words)
