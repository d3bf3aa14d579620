"""Files travel with the data: every byte of them, between both databases, and never more of them in memory than a piece."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.backup import BackupFailed, read_backup, write_backup
from app.core.db import Database, sqlite_module
from app.files.model import StoredFile
from app.files.store import Folder
from tests.app.test_backup import contents, quiet, stated

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
WORDS = b"Trees for Oak Street"
LONG = os.urandom(2_500_000)  # three pieces


def row(number: int, content: bytes, **other: object) -> StoredFile:
    given = {
        "subject_kind": "answer",
        "subject_id": 1,
        "digest": hashlib.sha256(content).digest(),
        "size": len(content),
        "media_type": "text/plain",
        "name": f"{number}.txt",
        "title": "Žluť \u202e",
        "state": "clean",
        "at": NOON,
        "checked_at": NOON,
    }
    return StoredFile(id=number, **given | other)


def settle(database: Database, store: Folder) -> None:
    """Two with the same bytes, a long one, one that waits, one that was removed, and one that was refused."""
    with database.writing() as db:
        db.add_all([row(1, WORDS), row(2, WORDS, subject_id=2), row(3, LONG)])
        db.add_all([row(4, b"waits", state="quarantined", checked_at=None), row(5, b"removed", removed_at=NOON)])
        db.add_all([row(6, b"refused", state="refused", reason="infected")])
    for content in (WORDS, LONG, b"waits", b"removed", b"nobody has it"):
        put(store, content)


def put(store: Folder, content: bytes) -> None:
    store.put(io.BytesIO(content), NOON)


def held(store: Folder) -> set[bytes]:
    return {p.read_bytes() for p in store.root.glob("content/??/??/*")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "town.backup"


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "files")


@pytest.fixture
def town(database: Database, store: Folder) -> Database:
    settle(database, store)
    return database


@pytest.fixture
def small_town(sqlite_database: Database, store: Folder) -> Database:
    settle(sqlite_database, store)
    return sqlite_database


def test_files_move_to_the_other_database_and_back(
    sqlite_database: Database, postgres_database: Database, store: Folder, tmp_path: Path
) -> None:
    settle(sqlite_database, store)
    before = contents(sqlite_database)
    said = write_backup(sqlite_database, store, tmp_path / "one", progress=quiet)
    assert f" and 4 files ({len(WORDS) + len(LONG) + 12:,} bytes) in " in said
    there = Folder(tmp_path / "there")
    read_backup(postgres_database, there, tmp_path / "one", replace=False, progress=quiet)
    assert contents(postgres_database) == before
    assert held(there) == {WORDS, LONG, b"waits", b"removed"}
    write_backup(postgres_database, there, tmp_path / "two", progress=quiet)
    assert stated(tmp_path / "one")["files"] == stated(tmp_path / "two")["files"]
    with closing(Database(f"sqlite:///{tmp_path}/third.db")) as third:
        back = Folder(tmp_path / "back")
        said = read_backup(third, back, tmp_path / "two", replace=False, progress=quiet)
        assert "and 4 files (" in said
        assert held(back) == held(there)


def test_an_earlier_day_comes_back_with_the_files_it_had(town: Database, store: Folder, file: Path) -> None:
    write_backup(town, store, file, progress=quiet)
    with town.writing() as db:
        db.delete(db.get_one(StoredFile, 3))
        db.add(row(9, b"newer"))
    put(store, b"newer")
    (path,) = [p for p in store.root.glob("content/??/??/*") if p.read_bytes() == LONG]
    path.unlink()
    read_backup(town, store, file, replace=True, progress=quiet)
    assert LONG in held(store)
    with town.reading() as db:
        assert db.get(StoredFile, 9) is None
        assert db.get_one(StoredFile, 3).size == len(LONG)


def test_progress_is_told(small_town: Database, store: Folder, file: Path) -> None:
    told: list[int] = []
    write_backup(small_town, store, file, progress=lambda what, n: told.append(n) if what == "files" else None)
    assert told == [0, 1, 2, 3, 4]


def test_a_town_with_lost_files_is_backed_up_all_the_same_and_says_so(
    small_town: Database, store: Folder, file: Path, tmp_path: Path
) -> None:
    for path in store.root.glob("content/??/??/*"):
        if path.read_bytes() == WORDS:
            path.unlink()
        elif path.read_bytes() == LONG:
            path.write_bytes(LONG[:-1] + b"?")
    said = write_backup(small_town, store, file, progress=quiet)
    assert said.endswith("The bytes of 2 were lost before: `townsquare verify` names those files.")
    assert sorted(stated(file)["files"]["missing"]) == sorted(hashlib.sha256(w).hexdigest() for w in (WORDS, LONG))
    with closing(Database(f"sqlite:///{tmp_path}/target.db")) as target:
        there = Folder(tmp_path / "there")
        said = read_backup(target, there, file, replace=False, progress=quiet)
        assert "The bytes of 2 were lost before" in said
        assert held(there) == {b"waits", b"removed"}


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE backup_piece SET bytes = zeroblob(length(bytes)) WHERE place = 1",
        "DELETE FROM backup_piece WHERE place = 2",
        "DELETE FROM backup_piece",
        "UPDATE backup_piece SET place = 9 - place",
        "DROP TABLE backup_piece",
    ],
)
def test_a_file_that_is_damaged_in_the_backup_is_noticed_and_nothing_changes(
    small_town: Database, store: Folder, file: Path, tmp_path: Path, harm: str
) -> None:
    write_backup(small_town, store, file, progress=quiet)
    with closing(sqlite_module().connect(str(file), isolation_level=None)) as made:
        made.execute(harm)
    before, there = contents(small_town), Folder(tmp_path / "there")
    with pytest.raises(BackupFailed, match="is damaged"):
        read_backup(small_town, there, file, replace=True, progress=quiet)
    assert contents(small_town) == before
    assert held(there) == set()


def test_one_damaged_byte_of_a_file_is_noticed(small_town: Database, store: Folder, file: Path) -> None:
    write_backup(small_town, store, file, progress=quiet)
    changed = bytes([WORDS[0] ^ 1]) + WORDS[1:]
    file.write_bytes(file.read_bytes().replace(WORDS, changed))  # SQLite leaves old copies where it moved one away
    with pytest.raises(BackupFailed, match="the files in it are not what was written"):
        read_backup(small_town, store, file, replace=True, progress=quiet)


def test_a_folder_that_cannot_be_written_changes_nothing(
    small_town: Database, store: Folder, file: Path, tmp_path: Path
) -> None:
    write_backup(small_town, store, file, progress=quiet)
    before = contents(small_town)
    (tmp_path / "no-folder").write_text("a file")
    with pytest.raises(BackupFailed, match="Nothing was restored and nothing changed"):
        read_backup(small_town, Folder(tmp_path / "no-folder"), file, replace=True, progress=quiet)
    assert contents(small_town) == before


def test_many_files_take_no_more_memory_than_a_few(small_town: Database, store: Folder, tmp_path: Path) -> None:
    with small_town.writing() as db:
        for number in range(100, 112):
            content = bytes([number]) * 4_000_000
            put(store, content)
            db.add(row(number, content))
    gc.collect()
    tracemalloc.start()
    try:
        write_backup(small_town, store, tmp_path / "many", progress=quiet)
        read_backup(small_town, Folder(tmp_path / "there"), tmp_path / "many", replace=True, progress=quiet)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16_000_000, "and there are 51 million bytes of them"
