"""A town's data leaves its database and comes back whole, on the same kind of database or the other, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Float, Integer, MetaData, String, Table, Text, cast, event, insert, select, text

from app.accounts.model import Account, PasswordLink
from app.audit import service as auditing
from app.audit.model import AuditEntry, AuditHead
from app.backup import BackupFailed, read_backup, write_backup
from app.backup.values import kind_of, rows_of, tables, tally
from app.comments.model import Comment, Thread
from app.core import schema
from app.core.db import SAFE_WAL, Base, Database, sqlite_module
from app.core.freshness import PageVersion
from app.core.jobs import JobLease
from app.core.subject import SubjectRef
from app.departments.model import Department, Officer
from app.files.store import Folder
from app.mail.model import Letter, MailboxDay
from app.search.model import Round, Stale
from petitions import queries
from petitions.model.petition import CountryCount, HourCount, Petition, TextVersion
from petitions.model.signature import Household, Signature, Signer
from tests import databases

#: this town has none; whoever puts one here fails
NO_FILES = Folder(Path("/dev/null"))
ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
INSTANT = datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=timezone(timedelta(hours=1)))  # an hour that summer time skips
BYTES = bytes(range(256))[::8]
WORDS = "Žluťoučký kůň 🐎 \u202eمرحبا\u202c \\N \t\r\n'\"; e\u0301"


def petition(number: int, **other: Any) -> Petition:
    values: dict[str, Any] = {
        "id": number,
        "state": "open",
        "action": f"Plant {number} trees",
        "background": WORDS,
        "sponsors_needed": 5,
        "sponsors_most": 20,
        "response_threshold": 10_000,
        "debate_threshold": 100_000,
        "created_at": NOON,
        "opened_at": INSTANT,
        "updated_at": NOON,
    }
    return Petition(**values | other)


def settle(database: Database) -> None:
    """A small town: a row of every kind of column, empty ones too, and rows that refer to later ones."""
    with database.writing() as db:
        db.add_all([Account(id=7, email="amina@example.org", name=WORDS, role="citizen", created_at=NOON)])
        db.add_all([Department(id=3, slug="trees", name="Trees", created_at=NOON, dissolved_at=INSTANT)])
        db.flush()
        db.add_all([Officer(account_id=7, department_id=3), PasswordLink(id=BYTES, account_id=7, ends_at=NOON)])
        db.add_all([petition(2, salt=b"\0" * 16, source_facts={"b": [1, 2.5, None], "a": {"ž": "\ud83c\udf33"}})])
        db.flush()
        db.add_all([petition(1, state="rejected", rejection_code="duplicate", duplicate_of_id=2, lead_department_id=3)])
        db.add_all([petition(9_007_199_254_740_993, source_facts=None, additional_details="", text_digest=BYTES)])
        db.flush()
        db.add_all([TextVersion(petition_id=2, version=v, action="", background=WORDS, additional_details="", digest=b"", at=INSTANT) for v in (1, 2, 10)])  # fmt: skip
        db.add_all([CountryCount(petition_id=2, country=c) for c in ("GB", "de", "FR", "Ωx")])
        db.add_all([HourCount(petition_id=2, hour=NOON + timedelta(hours=h), validated=h) for h in range(3)])
        db.add_all([Household(petition_id=2, address_key=BYTES[:16], postcode_key=BYTES[16:])])
        db.flush()
        _sign(db)
        db.add_all(
            [Thread(id=1, subject_kind="petition", subject_id=2, mode="before", asks_stance=False, opened_at=NOON)]
        )
        db.flush()
        db.add_all([_comment(1, 7), _comment(2**53 + 1, None, best=0.1 + 0.2)])
        db.add_all([MailboxDay(mailbox=BYTES, day=date(2024, 2, 29), letters=1)])
        db.add_all(
            [PageVersion(key=key, version=2**40) for key in ("site", "Petitions", "petition:2", "Ä", "ä", "a b")]
        )
        db.add_all([JobLease(name="close", until=None, last_run_at=INSTANT)])
        db.add_all([_letter(1, {}), _letter(2**62, {"z": 1, "a": WORDS}, fault=WORDS, claimed_until=INSTANT)])
        auditing.record(db, "petition.publish", SubjectRef("petition", 2), by=7, now=NOON, facts={"b": 1, "a": None})


def _sign(db: Any) -> None:
    mine: dict[str, Any] = {"petition_id": 2, "kind": "public", "address_key": BYTES[:16], "name_key": BYTES[:16]}
    mine |= {"postcode_key": BYTES[16:], "country": "GB", "privacy": "1", "requested_at": NOON, "asked_at": NOON}
    held = {"slot": 2, "household": BYTES[16:], "number": 1, "validated_at": INSTANT}
    db.add_all([Signature(id=2**60 + 1, state="validated", notify=True, **mine, **held)])
    db.add_all([Signature(id=5, state="pending", notify=False, **mine)])
    db.flush()
    db.add_all([Signer(signature_id=5, sealed=b"\x01" + os.urandom(90)), Signer(signature_id=2**60 + 1, sealed=b"")])


def _comment(number: int, author: int | None, **other: Any) -> Comment:
    values: dict[str, Any] = {
        "thread_id": 1,
        "author_id": author,
        "depth": 1,
        "state": "pending",
        "language": "en",
        "likeness": BYTES,
    }
    return Comment(id=number, created_at=NOON, settled_at=NOON, **values | other)


def _letter(number: int, facts: dict[str, Any], **other: Any) -> Letter:
    about = {"template": "t", "recipient_kind": "signature", "recipient_id": 5, "created_at": NOON, "due_at": INSTANT}
    return Letter(id=number, lane=0, facts=facts, **about, **other)


def quiet(_table: str, _rows: int) -> None:
    pass


def contents(database: Database) -> dict[str, list[str]]:
    """Everything, as the program reads it; JSON as it is stored."""
    with database.reading() as db:
        return {
            table.name: sorted(
                repr(tuple(row))
                for row in db.execute(
                    select(*(cast(c, Text) if isinstance(c.type, JSON) else c for c in table.columns)).select_from(
                        table
                    )
                )
            )
            for table in tables()
        }


def stated(file: Path) -> dict[str, Any]:
    """What a backup's manifest says."""
    with closing(sqlite_module().connect(str(file))) as made:
        found: dict[str, Any] = json.loads(made.execute("SELECT document FROM backup_manifest").fetchone()[0])
    return found


def restate(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Make a backup say something else, in good order."""
    manifest = stated(file)
    change(manifest)
    document = json.dumps(manifest)
    with closing(sqlite_module().connect(str(file), isolation_level=None)) as made:
        made.execute("UPDATE backup_manifest SET document = ?", (document,))
        made.execute("UPDATE backup_manifest SET sha256 = ?", (hashlib.sha256(document.encode()).hexdigest(),))


@pytest.fixture
def town(database: Database) -> Database:
    settle(database)
    return database


@pytest.fixture
def small_town(sqlite_database: Database) -> Database:
    settle(sqlite_database)
    return sqlite_database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "town.backup"


# --- there and back ----------------------------------------------------------------------------


def test_every_table_of_the_small_town_that_matters_here_has_a_row(small_town: Database) -> None:
    kinds = {kind_of(column)[0] for table in tables() for column in table.columns}
    held = contents(small_town)
    filled = [table for table in tables() if held[table.name]]
    assert {kind_of(column)[0] for table in filled for column in table.columns} == kinds
    assert len(filled) > 15


def test_a_town_moves_to_the_other_database_and_back(
    sqlite_database: Database, postgres_database: Database, tmp_path: Path
) -> None:
    settle(sqlite_database)
    before = contents(sqlite_database)
    write_backup(sqlite_database, NO_FILES, tmp_path / "one", progress=quiet)
    read_backup(postgres_database, NO_FILES, tmp_path / "one", replace=False, progress=quiet)
    assert contents(postgres_database) == before
    write_backup(postgres_database, NO_FILES, tmp_path / "two", progress=quiet)
    with closing(Database(f"sqlite:///{tmp_path}/never/seen/before.db")) as third:
        read_backup(third, NO_FILES, tmp_path / "two", replace=False, progress=quiet)
        assert contents(third) == before
        assert schema.revision_of(third) == schema.newest_revision()
    assert stated(tmp_path / "one")["parts"] == stated(tmp_path / "two")["parts"]


def test_a_town_goes_back_to_an_earlier_day(town: Database, file: Path) -> None:
    before = contents(town)
    write_backup(town, NO_FILES, file, progress=quiet)
    with town.writing() as db:
        db.execute(
            text("UPDATE petitions_petition SET action = 'Fell the trees', signature_count = 40, last_number = 40")
        )
        db.execute(text("DELETE FROM petitions_signer"))
        db.add(Account(email="charlie@example.org", name="Charlie", role="citizen", created_at=NOON))
    read_backup(town, NO_FILES, file, replace=True, progress=quiet)
    assert contents(town) == before
    assert _found(town, "plant") == [1, 2, 9_007_199_254_740_993]
    assert _found(town, "fell") == []


def test_the_search_finds_restored_petitions(small_town: Database, postgres_database: Database, file: Path) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    read_backup(postgres_database, NO_FILES, file, replace=False, progress=quiet)
    assert _found(postgres_database, "zlutoucky") == _found(small_town, "zlutoucky") == [1, 2, 9_007_199_254_740_993]


def test_an_index_that_fills_by_itself_is_left_out_and_begins_anew(town: Database, file: Path) -> None:
    with town.writing() as db:
        db.add(Round(kind="petition", upto=0, begun_at=NOON, filled_at=NOON))
    write_backup(town, NO_FILES, file, progress=quiet)
    assert not [part for part in stated(file)["parts"] if "search_" in str(part)]
    read_backup(town, NO_FILES, file, replace=True, progress=quiet)
    with town.reading() as db:
        assert db.scalars(select(Round)).all() == []
        assert db.scalars(select(Stale)).all() == []  # rows that came have marked themselves, and all is gone through


def _found(database: Database, *words: str) -> list[int]:
    with database.reading() as db:
        return sorted(db.scalars(select(Petition.id).where(Petition.id.in_(queries.matching(db, words)))))


def test_new_rows_are_numbered_after_the_restored_ones(town: Database, file: Path) -> None:
    write_backup(town, NO_FILES, file, progress=quiet)
    read_backup(town, NO_FILES, file, replace=True, progress=quiet)
    with town.writing() as db:
        db.add(charlie := Account(email="charlie@example.org", name="Charlie", role="citizen", created_at=NOON))
        db.add(parks := Department(slug="parks", name="Parks", created_at=NOON))
        db.flush()
    assert (charlie.id, parks.id) == (8, 4)


def test_nothing_and_the_json_null_stay_two_things(town: Database, file: Path) -> None:
    with town.writing() as db:
        db.execute(insert(Petition).values(_columns(petition(70))))
        db.execute(text("UPDATE petitions_petition SET source_facts = NULL WHERE id = 70"))
        db.execute(text("UPDATE petitions_petition SET source_facts = 'null' WHERE id = 1"))
    write_backup(town, NO_FILES, file, progress=quiet)
    read_backup(town, NO_FILES, file, replace=True, progress=quiet)
    with town.reading() as db:
        empty = db.scalars(text("SELECT id FROM petitions_petition WHERE source_facts IS NULL")).all()
        said = db.scalar(text("SELECT CAST(source_facts AS TEXT) FROM petitions_petition WHERE id = 1"))
    assert (70 in empty, 1 in empty, said) == (True, False, "null")


def _columns(row: Petition) -> dict[str, Any]:
    return {key: value for key, value in vars(row).items() if not key.startswith("_")}


def test_an_empty_town_is_a_backup_too(database: Database, file: Path) -> None:
    write_backup(database, NO_FILES, file, progress=quiet)
    before = contents(database)
    read_backup(database, NO_FILES, file, replace=False, progress=quiet)
    assert contents(database) == before


def test_more_rows_than_one_chunk_holds(database: Database, file: Path) -> None:
    rows = [{"key": f"petition:{number}", "version": number} for number in range(2_500)]
    with database.writing() as db:
        db.execute(insert(PageVersion), rows)
    told: list[tuple[str, int]] = []
    before = contents(database)
    write_backup(database, NO_FILES, file, progress=lambda table, count: told.append((table, count)))
    assert [count for table, count in told if table == "core_page_version"] == [0, 1_000, 2_000, 2_500]
    told.clear()
    summary = read_backup(
        database, NO_FILES, file, replace=True, progress=lambda table, count: told.append((table, count))
    )
    assert [count for table, count in told if table == "core_page_version"] == [0, 1_000, 2_000, 2_500]
    assert contents(database) == before
    assert re.fullmatch(
        r"Restored and checked 2,51\d rows in \d+ tables \(schema \w+\) and 0 files \(0 bytes\) from .*town\.backup\.",
        summary,
    )


# --- the digest --------------------------------------------------------------------------------


def test_every_mapped_column_is_of_a_kind_that_can_be_kept() -> None:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            assert kind_of(column)


def test_a_digest_is_the_same_on_both_databases(sqlite_database: Database, postgres_database: Database) -> None:
    table = Table(
        "scratch",
        MetaData(),
        Column("name", String, primary_key=True),
        Column("n", Integer, primary_key=True),
        Column("weight", Float),
        Column("facts", JSON),
    )
    rows: list[dict[str, Any]] = [
        {"name": name, "n": n, "weight": weight, "facts": {"b": n, "a": name}}
        for name in ("b", "B", "ä", "a ", "a", "Z", "é", "z-1", "z1", "")
        for n, weight in ((-1, -0.0), (2, 1 / 3), (10, 1e300), (3, 7))
    ]
    random.Random(4).shuffle(rows)
    parts = [_scratch(database, table, rows) for database in (sqlite_database, postgres_database)]
    assert parts[0] == parts[1]
    assert parts[0].rows == 40


def _scratch(database: Database, table: Table, rows: list[dict[str, Any]]) -> Any:
    table.metadata.create_all(database.engine)
    with database.writing() as db:
        db.execute(insert(table), rows)
    with database.reading() as db:
        return tally(table, rows_of(db, table))


# --- the file ----------------------------------------------------------------------------------


def test_only_its_owner_reads_the_file_and_nothing_else_is_left(small_town: Database, tmp_path: Path) -> None:
    file = tmp_path / "safe" / "town.backup"
    file.parent.mkdir()
    summary = write_backup(small_town, NO_FILES, file, progress=quiet)
    assert re.fullmatch(
        r"Wrote and checked \d+ rows in \d+ tables \(schema \w+\) and 0 files \(0 bytes\) in .*town\.backup\.", summary
    )
    assert [path.name for path in file.parent.iterdir()] == ["town.backup"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_existing_file_is_not_overwritten(small_town: Database, file: Path) -> None:
    file.write_text("last year's")
    with pytest.raises(BackupFailed, match="exists already"):
        write_backup(small_town, NO_FILES, file, progress=quiet)
    assert file.read_text() == "last year's"


def test_a_file_that_came_meanwhile_is_not_overwritten(small_town: Database, file: Path) -> None:
    def come_first(_table: str, _rows: int) -> None:
        file.write_text("another's")

    with pytest.raises(BackupFailed, match="exists already"):
        write_backup(small_town, NO_FILES, file, progress=come_first)
    assert file.read_text() == "another's"


def test_a_folder_that_is_not_there_is_one_sentence(small_town: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="No such file or directory"):
        write_backup(small_town, NO_FILES, tmp_path / "nowhere" / "town.backup", progress=quiet)


def test_a_backup_that_is_broken_off_leaves_nothing(small_town: Database, file: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())

    def break_off(table: str, _rows: int) -> None:
        if table == "petitions_signature":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_backup(small_town, NO_FILES, file, progress=break_off)
    assert sorted(tmp_path.iterdir()) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from app.backup import write_backup
from app.core.db import Database
from app.files.store import Folder
from tests.databases import load_tables

def die(table, rows):
    if table == "petitions_signature":
        os.kill(os.getpid(), signal.SIGKILL)

load_tables()
write_backup(Database(sys.argv[1]), Folder(Path('/dev/null')), Path(sys.argv[2]), progress=die)
"""


def test_a_backup_that_is_killed_half_way_is_not_taken_for_one(town: Database, tmp_path: Path) -> None:
    file = tmp_path / "safe" / "town.backup"
    file.parent.mkdir()
    killed = subprocess.run([sys.executable, "-c", KILLED, town.url, str(file)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    (draft,) = file.parent.iterdir()
    assert draft.name.startswith(".town.backup.")
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    with pytest.raises(BackupFailed):
        read_backup(town, NO_FILES, draft, replace=True, progress=quiet)
    write_backup(town, NO_FILES, file, progress=quiet)


@pytest.mark.skipif(
    sqlite_module().sqlite_version_info < SAFE_WAL, reason="with SQLite's rollback journal writers wait for a backup"
)
def test_a_backup_shows_one_instant_while_others_write(town: Database, file: Path) -> None:
    """The record of acts and its head are two tables: they agree only if both are of one instant."""
    over = threading.Event()
    written: list[int] = []

    def act_on_and_on() -> None:
        while not over.is_set():
            written.append(_act(town))

    writer = threading.Thread(target=act_on_and_on)

    def let_them_write(_table: str, _rows: int) -> None:
        if not writer.is_alive():
            writer.start()
        target = len(written) + 2
        while len(written) < target:
            over.wait(0.001)

    try:
        write_backup(town, NO_FILES, file, progress=let_them_write)
    finally:
        over.set()
        writer.join()
    read_backup(town, NO_FILES, file, replace=True, progress=quiet)
    with town.reading() as db:
        assert auditing.first_broken_link(db) is None
        assert db.get_one(AuditHead, 1).entries < 1 + len(written)


def _act(database: Database) -> int:
    with database.writing() as db:
        auditing.record(db, "petition.edit", SubjectRef("petition", 2), by=None, now=NOON)
        return db.get_one(AuditHead, 1).entries


def test_an_unmigrated_database_is_not_backed_up(tmp_path: Path, file: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/empty.db")) as empty, pytest.raises(BackupFailed, match="migrate"):
        write_backup(empty, NO_FILES, file, progress=quiet)


# --- what is not restored ----------------------------------------------------------------------


def test_one_damaged_byte_of_a_row_is_noticed(small_town: Database, file: Path) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    whole = file.read_bytes()
    for wanted in (b"amina@example.org", b"2024-02-29", BYTES, b'"a": {"'):
        place = whole.index(wanted) + len(wanted) // 2
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        _refused(small_town, file, "is damaged")


def test_one_damaged_byte_anywhere_is_noticed_or_does_no_harm(small_town: Database, file: Path, tmp_path: Path) -> None:
    """Harmless are a few bytes of SQLite's own: the type of a column, the version that wrote the file."""
    write_backup(small_town, NO_FILES, file, progress=quiet)
    whole, before = file.read_bytes(), contents(small_town)
    places = [place for place, byte in enumerate(whole) if byte]
    damaged, refused = tmp_path / "damaged", 0
    for place in random.Random(1).sample(places, 60):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            read_backup(small_town, NO_FILES, damaged, replace=True, progress=quiet)
        except BackupFailed:
            refused += 1
        assert contents(small_town) == before, place
    assert refused > 30


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused(small_town: Database, file: Path, part: float) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    os.truncate(file, int(file.stat().st_size * part))
    _refused(small_town, file, "is damaged|is no backup")


def test_foreign_files_are_refused(small_town: Database, file: Path, tmp_path: Path) -> None:
    file.write_text("Dear archivist, here is the backup you asked for. " * 40)
    _refused(small_town, file, "is damaged, or no backup of Town Square")
    _refused(small_town, tmp_path / "townsquare.db", "is no backup of Town Square")
    _refused(small_town, tmp_path / "absent", "cannot be opened")
    _refused(small_town, tmp_path, "cannot be opened|no backup")


def test_a_changed_row_is_noticed(small_town: Database, file: Path) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    with closing(sqlite_module().connect(str(file), isolation_level=None)) as made:
        made.execute("UPDATE petitions_petition SET signature_count = 100000 WHERE id = 2")
    _refused(small_town, file, "its table petitions_petition is not what was written")


def test_a_backup_of_an_older_schema_says_what_to_do(small_town: Database, file: Path) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    restate(file, lambda manifest: manifest.update(program="0.0.1", revision="0003_audit"))
    _refused(small_town, file, "made by Town Square 0.0.1 with schema 0003_audit: restore it with that version, then")


def test_a_backup_of_a_newer_schema_is_refused(small_town: Database, file: Path) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    restate(file, lambda manifest: manifest.update(program="9.0", revision="9999_moon", parts=[]))
    _refused(small_town, file, "made by Town Square 9.0 with schema 9999_moon, newer than")


def test_a_backup_with_other_rooms_is_refused(small_town: Database, file: Path) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    restate(file, lambda manifest: manifest["parts"].append({"table": "baths_pool", "rows": 0, "sha256": ""}))
    _refused(small_town, file, "other rooms .*baths_pool")


def test_a_format_to_come_is_refused(small_town: Database, file: Path) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    with closing(sqlite_module().connect(str(file), isolation_level=None)) as made:
        made.execute("PRAGMA user_version = 3")
    _refused(small_town, file, "has a format that")


def _refused(database: Database, file: Path, why: str) -> None:
    before = contents(database)
    with pytest.raises(BackupFailed, match=why) as refusal:
        read_backup(database, NO_FILES, file, replace=True, progress=quiet)
    assert "\n" not in str(refusal.value)
    assert contents(database) == before


# --- what is not restored into -----------------------------------------------------------------


def test_a_database_in_use_is_kept_unless_it_is_to_be_replaced(town: Database, file: Path) -> None:
    write_backup(town, NO_FILES, file, progress=quiet)
    before = contents(town)
    with pytest.raises(BackupFailed, match="not empty: use --replace"):
        read_backup(town, NO_FILES, file, replace=False, progress=quiet)
    assert contents(town) == before


def test_the_database_of_another_program_is_left_alone(small_town: Database, file: Path, tmp_path: Path) -> None:
    write_backup(small_town, NO_FILES, file, progress=quiet)
    with closing(Database(f"sqlite:///{tmp_path}/library.db")) as library:
        with library.writing() as db:
            db.execute(text("CREATE TABLE books (title TEXT)"))
        with pytest.raises(BackupFailed, match="another program"):
            read_backup(library, NO_FILES, file, replace=True, progress=quiet)


def test_a_database_from_the_future_is_left_alone(town: Database, file: Path) -> None:
    write_backup(town, NO_FILES, file, progress=quiet)
    with town.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999_moon'"))
    with pytest.raises(BackupFailed, match="newer schema"):
        read_backup(town, NO_FILES, file, replace=True, progress=quiet)


def test_a_restore_that_is_broken_off_changes_nothing(town: Database, file: Path) -> None:
    write_backup(town, NO_FILES, file, progress=quiet)
    before = contents(town)

    def break_off(table: str, rows: int) -> None:
        if table == tables()[-1].name:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_backup(town, NO_FILES, file, replace=True, progress=break_off)
    assert contents(town) == before


def test_a_row_that_does_not_fit_changes_nothing(
    sqlite_database: Database, postgres_database: Database, file: Path
) -> None:
    settle(sqlite_database)
    settle(postgres_database)
    before = contents(postgres_database)
    with sqlite_database.writing() as db:  # SQLite takes what the page would have refused
        db.execute(text("UPDATE petitions_petition SET creator_name = :name WHERE id = 2"), {"name": "Ann " * 40})
    write_backup(sqlite_database, NO_FILES, file, progress=quiet)
    with pytest.raises(BackupFailed, match="nothing changed: value too long") as refusal:
        read_backup(postgres_database, NO_FILES, file, replace=True, progress=quiet)
    assert "Ann" not in str(refusal.value)
    assert contents(postgres_database) == before


def test_a_reference_to_nothing_changes_nothing(
    small_town: Database, sqlite_template: Path, postgres_database: Database, file: Path, tmp_path: Path
) -> None:
    with closing(sqlite_module().connect(small_town.url.removeprefix("sqlite:///"), isolation_level=None)) as careless:
        careless.execute("UPDATE petitions_petition SET duplicate_of_id = 404 WHERE id = 1")
    write_backup(small_town, NO_FILES, file, progress=quiet)
    (tmp_path / "target").mkdir()
    with databases.sqlite_copy(sqlite_template, tmp_path / "target") as sqlite_target:
        for target in (sqlite_target, postgres_database):
            before = contents(target)
            with pytest.raises(BackupFailed, match=r"refers to a row|foreign key"):
                read_backup(target, NO_FILES, file, replace=False, progress=quiet)
            assert contents(target) == before


def test_a_restore_beside_a_writing_site_asks_to_stop_it(town: Database, file: Path) -> None:
    write_backup(town, NO_FILES, file, progress=quiet)
    _be_impatient(town)
    with town.writing() as db:
        auditing.record(db, "petition.edit", SubjectRef("petition", 2), by=None, now=NOON)
        with pytest.raises(BackupFailed, match="stop the site first"):
            read_backup(town, NO_FILES, file, replace=True, progress=quiet)
    with town.reading() as db:
        assert db.get_one(AuditEntry, 2).act == "petition.edit"


def _be_impatient(database: Database) -> None:
    database.gate.patience = 0.05
    if not database.is_sqlite:
        event.listen(database.engine, "begin", lambda conn: conn.exec_driver_sql("SET LOCAL lock_timeout = 50"))
