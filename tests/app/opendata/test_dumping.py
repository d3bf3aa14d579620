"""Dumps: complete or not there, made once a night, whatever comes in between."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app.opendata.jobs import PAUSE, is_late
from app.opendata.rules.cells import unguarded
from app.opendata.service import writing
from app.opendata.service.writing import Out
from app.opendata.shelf import MANIFEST
from tests.app.opendata.shelves import EVENING, NONE, WORDS, Night, dataset

MORNING = EVENING + timedelta(hours=8)  # the night's hour has passed
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_both_forms_of_a_dump_hold_the_same(night: Night):
    manifest = night.work()
    assert manifest is not None
    table, lines = night.table(manifest, "words"), night.lines(manifest, "words")
    assert [(int(row["id"]), unguarded(row["text"]) or None) for row in table] == [
        (line["id"], line["text"]) for line in lines
    ]
    assert table[1]["text"] == "'=2+2"
    assert [d.rows for d in manifest.datasets] == [5, 0]
    assert night.table(manifest, "none") == night.lines(manifest, "none") == []


def test_the_manifest_says_what_every_file_is(night: Night):
    manifest = night.work()
    assert manifest is not None
    folder = night.shelf.root / manifest.name
    assert {p.name for p in folder.iterdir()} == {f.name for f in manifest.files} | {MANIFEST}
    for file in manifest.files:
        body = (folder / file.name).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file.size, file.digest)
    said = json.loads((folder / "words.csv-metadata.json").read_text())
    assert (said["url"], said["dc:modified"]["@value"]) == ("words.csv", "2026-03-02")


def test_the_first_dump_is_made_at_once_and_then_one_a_night(night: Night):
    first = night.work()
    assert first is not None
    assert night.work(EVENING + timedelta(hours=6)) == first, "the night's hour has not come"
    second = night.work(MORNING)
    assert second is not None
    assert second.as_of == MORNING
    assert night.work(MORNING + timedelta(hours=12)) == second
    assert night.shelf.names() == [second.name, first.name]


def test_a_dump_is_made_in_small_steps_and_is_not_there_before_the_last(night: Night, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "A_STEP", 0)
    steps = 0
    while night.step():
        steps += 1
        assert night.shelf.newest() is None
    assert steps == 4, "three batches of words, one of nothing"
    assert night.shelf.newest() is not None


def test_whoever_comes_second_writes_nothing(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "A_STEP", 0)
    night.step()
    other = Night(tmp_path)
    assert other.work() is None
    assert night.work() is not None
    assert other.work() == night.shelf.newest()


def test_a_full_disk_leaves_the_dump_before(night: Night, monkeypatch: pytest.MonkeyPatch):
    first = night.work()
    write = Out.write

    def full(self: Out, some: bytes) -> int:
        if self.path.name == "none.csv":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, some)

    with monkeypatch.context() as disk:
        disk.setattr(Out, "write", full)
        assert night.work(MORNING) == first
    assert night.left_behind == []
    assert night.work(MORNING + timedelta(minutes=1)) == first, "not again at once"
    again = night.work(MORNING + PAUSE)
    assert again is not None
    assert again.as_of == MORNING + PAUSE


def test_a_shelf_that_cannot_be_made_is_no_end_of_the_other_jobs(tmp_path: Path):
    (tmp_path / "dumps").write_text("in the way")
    assert Night(tmp_path).step() == 0


def test_a_database_that_goes_away_leaves_the_dump_before(tmp_path: Path):
    gone = False

    def read(start: int) -> None:
        if gone and start:
            raise OperationalError("SELECT 1", {}, Exception("gone"))

    night = Night(tmp_path, dataset("words", [(n, "x") for n in range(9)], reads=read))
    first, gone = night.work(), True
    with pytest.raises(OperationalError):
        night.work(MORNING)
    assert (night.shelf.newest(), night.left_behind) == (first, [])
    gone = False
    assert Night(tmp_path, WORDS).work(MORNING) != first, "the lock is free"


#: writes a dump, and is killed before its last batch
KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import timedelta
from tests.app.opendata.shelves import EVENING, Night, dataset
def die(start):
    if start == 8:
        os.kill(os.getpid(), signal.SIGKILL)
night = Night(Path(sys.argv[1]), dataset("words", [(n, "x" * 1000) for n in range(12)], reads=die))
night.work(EVENING + timedelta(hours=8))
"""


def test_a_killed_process_leaves_the_dump_before_and_the_next_one_clears_up(night: Night, tmp_path: Path):
    first = night.work()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)}
    )
    assert killed.returncode == -signal.SIGKILL
    assert night.left_behind == [".unfinished-20260303T040000Z"]
    assert night.shelf.newest() == first
    assert list(night.shelf.faults()) == []
    later = Night(tmp_path)
    assert later.work(MORNING) != first
    assert later.left_behind == []


def test_a_manifest_that_cannot_be_read_is_none_and_nothing_is_written_over_it(night: Night):
    first = night.work()
    assert first is not None
    (night.shelf.root / first.name / MANIFEST).write_text("{")
    assert night.work() is None, "of the same second there is one already"
    assert night.left_behind == []
    again = night.work(EVENING + PAUSE)
    assert again is not None
    assert night.shelf.names() == [again.name, first.name]


def test_old_dumps_go_and_the_newest_stays(tmp_path: Path):
    night = Night(tmp_path, NONE, keep_days=3)
    for day in range(6):
        night.work(MORNING + timedelta(days=day))
    assert night.shelf.names() == ["20260308T040000Z", "20260307T040000Z", "20260306T040000Z", "20260305T040000Z"]
    late = night.work(MORNING + timedelta(days=60))
    assert night.shelf.names() == [late.name] if late else False


def test_a_dump_is_late_after_two_days(night: Night):
    assert not is_late(None, EVENING), "a new site has none yet"
    newest = night.work()
    assert not is_late(newest, EVENING + timedelta(hours=48))
    assert is_late(newest, EVENING + timedelta(hours=48, seconds=1))


def test_verify_sees_what_is_wrong_with_a_dump(night: Night):
    old, new = night.work(), night.work(MORNING)
    assert old is not None
    assert new is not None
    assert list(night.shelf.faults()) == []
    folder = night.shelf.root / new.name
    words = (folder / "words.csv").read_bytes()
    (folder / "words.csv").write_bytes(words.replace(b"one", b"two"))
    (folder / "none.csv").write_bytes(b"")
    (folder / "none.jsonl.gz").unlink()
    (night.shelf.root / old.name / MANIFEST).write_text("[]")
    assert list(night.shelf.faults()) == [
        f"{new.name}/words.csv has another digest than its manifest says",
        f"{new.name}/none.csv has another size than its manifest says",
        f"{new.name}/none.jsonl.gz is missing",
        f"{old.name} has no manifest that can be read",
    ]


@pytest.mark.parametrize(
    "name", ["", "..", "latest", "20260302T200000Z/..", ".unfinished-20260302T200000Z", "manifest.json"]
)
def test_nothing_but_a_dump_is_one(night: Night, name: str):
    night.work()
    assert night.shelf.manifest(name) is None
