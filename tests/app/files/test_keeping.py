"""A department keeps documents beside what they belong to, finds them again, and lets go of them."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import Invalid, NotFound, Unavailable
from app.core.subject import SubjectRef
from app.files import service
from app.files.jobs import GRACE
from app.files.model import FileState, StoredFile
from app.files.queries import figures, files_of, files_of_many
from app.files.rules.kinds import SHEETS
from app.files.upload import Upload
from tests.app.files import papers
from tests.site import Town

ROOT = Path(__file__).resolve().parents[3]
OAK, ELM = SubjectRef("answer", 1), SubjectRef("answer", 2)
HOUR = timedelta(hours=1)


def keep(town: Town, name: str, content: bytes, owner: SubjectRef = OAK, **how: Any) -> StoredFile:
    upload = Upload.of(town.site.cabinet, name, content, field="document")
    given = {"title": "", "by": 7, "now": town.now} | how
    return town.database.retrying(lambda db: service.keep(db, upload, owner, **given))


def kept(town: Town, owner: SubjectRef = OAK) -> list[str]:
    with town.database.reading() as db:
        return [file.title for file in files_of(db, owner)]


def remove(town: Town, file: StoredFile, owner: SubjectRef = OAK) -> None:
    town.database.retrying(lambda db: service.remove(db, file.id, owner, now=town.now))


def contents(town: Town) -> list[bytes]:
    return sorted(p.read_bytes() for p in (Path(town.settings.files_folder) / "content").glob("??/??/*"))


def later(town: Town, by: timedelta) -> None:
    """The clock is turned, and every job runs once."""
    town.clock.advance(by)
    town.work()


def test_a_document_is_kept_with_everything_a_reader_wants_to_know(town: Town) -> None:
    words = papers.pdf()
    file = keep(town, "C:\\Desktop\\Trees of Oak Street.PDF", words, title=" Where the  trees\u202e stand ")
    assert (file.name, file.title, file.size) == ("Trees of Oak Street.pdf", "Where the trees stand", len(words))
    assert (file.media_type, file.kind_name, file.state) == ("application/pdf", "PDF", FileState.CLEAN)
    assert (file.digest, file.by_id, file.at) == (hashlib.sha256(words).digest(), 7, town.now)
    assert file.href == f"/files/{file.id}/Trees%20of%20Oak%20Street.pdf"
    assert contents(town) == [words]


def test_a_file_without_a_title_is_called_by_its_name(town: Town) -> None:
    assert keep(town, "trees.csv", b"tree,street\noak,Elm\n").title == "trees.csv"


def test_each_finds_its_own_in_the_order_they_came(town: Town) -> None:
    keep(town, "b.txt", b"b")
    keep(town, "a.txt", b"a")
    keep(town, "c.txt", b"c", ELM)
    assert kept(town) == ["b.txt", "a.txt"]
    with town.database.reading() as db:
        many = files_of_many(db, [ELM, OAK, SubjectRef("answer", 3), ELM])
    assert {owner.id: [f.title for f in files] for owner, files in many.items()} == {
        1: ["b.txt", "a.txt"],
        2: ["c.txt"],
        3: [],
    }


def test_what_is_refused_names_the_field_and_leaves_nothing(town: Town) -> None:
    for name, content, kinds in (
        ("a.pdf", b"<html>", None),
        ("a.exe", papers.pdf(), None),
        ("a.pdf", papers.pdf(), SHEETS),
        ("a.pdf", b"", None),
    ):
        with pytest.raises(Invalid) as refusal:
            keep(town, name, content, **({"wanted": kinds} if kinds else {}))
        assert [error.field for error in refusal.value.errors] == ["document"]
    with pytest.raises(Invalid) as refusal:
        keep(town, "a.txt", b"a", title="x" * 201)
    assert [error.field for error in refusal.value.errors] == ["title"]
    assert kept(town) == []
    assert contents(town) == []


def test_a_file_over_the_limit_is_refused_wherever_it_comes_from(town: Town) -> None:
    with pytest.raises(Invalid) as refusal:
        keep(town, "a.txt", b"a" * 10_000_001)
    assert refusal.value.errors[0].message == "The file must be at most 10 MB."
    assert keep(town, "a.txt", b"a" * 10_000_000).size == 10_000_000


def test_nobody_piles_up_files_without_end(town: Town) -> None:
    for number in range(service.MOST_FILES):
        keep(town, f"{number}.txt", b"%d" % number)
    with pytest.raises(Invalid) as refusal:
        keep(town, "more.txt", b"more")
    assert "20 files already" in refusal.value.errors[0].message
    keep(town, "more.txt", b"more", ELM)


def test_the_same_sent_twice_is_stored_once_and_lives_as_long_as_either(town: Town) -> None:
    one, two = keep(town, "a.pdf", papers.pdf()), keep(town, "b.pdf", papers.pdf(), ELM)
    assert one.digest == two.digest
    assert len(contents(town)) == 1
    remove(town, one)
    for _day in range(4):
        later(town, GRACE)
    assert kept(town) == []
    assert len(contents(town)) == 1
    assert town.rows(StoredFile, StoredFile.id == one.id) == []
    with town.database.reading() as db:
        assert figures(db) == (1, 0, 0, two.size)


def test_a_removed_file_is_gone_at_once_and_its_bytes_two_days_later(town: Town) -> None:
    file, other = keep(town, "a.txt", b"a"), keep(town, "b.txt", b"b")
    remove(town, file)
    assert kept(town) == ["b.txt"]
    with pytest.raises(NotFound):
        remove(town, file)
    later(town, GRACE - HOUR)
    assert contents(town) == [b"a", b"b"], "a backup may be about to read them"
    later(town, 2 * HOUR)
    assert [row.id for row in town.rows(StoredFile)] == [other.id]
    assert contents(town) == [b"a", b"b"]
    later(town, GRACE + HOUR)
    assert contents(town) == [b"b"]


def test_nobody_removes_what_belongs_to_another(town: Town) -> None:
    file = keep(town, "a.txt", b"a")
    with pytest.raises(NotFound):
        remove(town, file, ELM)
    assert kept(town) == ["a.txt"]


def test_a_subject_that_goes_takes_its_files_along(town: Town) -> None:
    for name in "abc":
        keep(town, f"{name}.txt", name.encode())
    keep(town, "d.txt", b"d", ELM)
    assert town.database.retrying(lambda db: service.remove_all(db, OAK, now=town.now)) == 3
    assert kept(town) == []
    assert kept(town, ELM) == ["d.txt"]


def test_an_act_that_fails_afterwards_leaves_bytes_and_no_row(town: Town) -> None:
    def keep_and_fail(db: Any) -> None:
        service.keep(db, Upload.of(town.site.cabinet, "a.txt", b"a"), OAK, title="", by=None, now=town.now)
        raise ZeroDivisionError

    keep(town, "b.txt", b"b")
    with pytest.raises(ZeroDivisionError):
        town.database.retrying(keep_and_fail)
    assert kept(town) == ["b.txt"]
    assert contents(town) == [b"a", b"b"]
    later(town, GRACE - HOUR)
    assert contents(town) == [b"a", b"b"]
    later(town, 2 * HOUR)
    assert contents(town) == [b"b"]


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from app.core.db import Database
from app.core.settings import Settings
from app.core.subject import SubjectRef
from app.files import service
from app.files.cabinet import Cabinet
from app.files.upload import Upload

cabinet = Cabinet.from_settings(Settings(files_folder=sys.argv[2]))
with Database(sys.argv[1]).writing() as db:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    service.keep(db, Upload.of(cabinet, "a.txt", b"a"), SubjectRef("answer", 1), title="", by=None, now=now)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_between_file_and_row_loses_nothing_and_is_cleared_away(town: Town) -> None:
    keep(town, "b.txt", b"b")
    words = [sys.executable, "-c", KILLED, town.database.url, town.settings.files_folder]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert kept(town) == ["b.txt"]
    assert contents(town) == [b"a", b"b"]
    keep(town, "again.txt", b"a")  # whoever was cut off sends it again, a moment before the sweeper comes
    later(town, GRACE + HOUR)
    assert contents(town) == [b"a", b"b"]
    assert list(town.broken()) == ["files: every file belongs to something"]


def test_bytes_are_not_swept_away_by_the_wrong_database(town: Town) -> None:
    """Somebody starts the site with an empty database, and the folder of the real one."""
    keep(town, "a.txt", b"a")
    town.sql("DELETE FROM files_file")
    later(town, 3 * GRACE)
    assert contents(town) == [b"a"]


def test_a_full_disk_is_no_fault_of_the_sender(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_anything: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable):
        keep(town, "a.txt", b"a")
    monkeypatch.undo()
    assert kept(town) == []
    assert contents(town) == []
