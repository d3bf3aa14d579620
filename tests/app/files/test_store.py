"""A folder of files: each once, whole or not at all, and never taken away from under somebody who has just put it."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.files.store import Folder, NotThere
from tests.fakes import NOON

ROOT = Path(__file__).resolve().parents[3]
DAY = timedelta(days=1)
WORDS = b"Trees for Oak Street"
DIGEST = hashlib.sha256(WORDS).digest()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "var" / "files")


def put(folder: Folder, words: bytes = WORDS, now=NOON) -> bytes:
    return folder.put(io.BytesIO(words), now).digest


def found(folder: Folder) -> list[Path]:
    return sorted(p for p in folder.root.rglob("*") if p.is_file() and p.name != ".lock")


def test_what_was_put_is_there_under_its_digest(folder: Folder) -> None:
    content = folder.put(io.BytesIO(WORDS), NOON)
    assert content == (DIGEST, len(WORDS))
    assert folder.size(DIGEST) == len(WORDS)
    with folder.open(DIGEST) as file:
        assert file.read() == WORDS
    name = DIGEST.hex()
    assert found(folder) == [folder.root / "content" / name[:2] / name[2:4] / name]


def test_the_same_twice_is_kept_once(folder: Folder) -> None:
    put(folder)
    before = found(folder)[0].stat().st_ino
    put(folder, now=NOON + DAY)
    assert [p.stat().st_ino for p in found(folder)] == [before]


def test_a_damaged_one_is_mended_by_the_next_who_puts_it(folder: Folder) -> None:
    put(folder)
    for damaged in (WORDS[:5], WORDS[:-1] + b"?"):
        found(folder)[0].write_bytes(damaged)
        put(folder)
        assert found(folder)[0].read_bytes() == WORDS


def test_only_the_site_reads_it(folder: Folder) -> None:
    put(folder)
    assert stat.S_IMODE(found(folder)[0].stat().st_mode) == 0o600
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.root.rglob("*") if p.is_dir()} == {0o700}


def test_what_is_not_there_is_said(folder: Folder) -> None:
    with pytest.raises(NotThere):
        folder.open(DIGEST)
    assert folder.size(DIGEST) is None
    folder.touch(DIGEST, NOON)
    assert folder.remove(DIGEST, NOON) is False
    assert list(folder.older_than(NOON)) == []
    folder.tidy(NOON)


def test_only_what_is_old_enough_is_forgotten(folder: Folder) -> None:
    put(folder, b"old", NOON - DAY)
    put(folder, b"new", NOON)
    old, new = (hashlib.sha256(w).digest() for w in (b"old", b"new"))
    assert list(folder.older_than(NOON)) == [old]
    assert folder.remove(new, NOON) is False
    assert folder.remove(old, NOON) is True
    assert folder.size(old) is None
    assert folder.size(new) == 3


def test_putting_or_touching_it_makes_it_young_again(folder: Folder) -> None:
    for again in (lambda: put(folder, now=NOON), lambda: folder.touch(DIGEST, NOON)):
        put(folder, now=NOON - DAY)
        listed = list(folder.older_than(NOON))
        again()
        assert listed == [DIGEST]
        assert folder.remove(DIGEST, NOON) is False, "it was put between listing and removing"


class Broken(io.BytesIO):
    """Breaks off when it is read for the second time, as a full disk does."""

    times = 0

    def read(self, size: int | None = -1) -> bytes:
        self.times += self.tell() == 0
        if self.times > 1:
            raise OSError("no space")
        return super().read(size)


def test_what_breaks_off_leaves_nothing(folder: Folder) -> None:
    with pytest.raises(OSError, match="no space"):
        folder.put(Broken(WORDS), NOON)
    assert found(folder) == []


KILLED = """
import io, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from app.files.store import Folder

class Deadly(io.BytesIO):
    times = 0
    def read(self, size=-1):
        self.times += self.tell() == 0
        if self.times > 1 and self.tell():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(min(size, 100))

Folder(Path(sys.argv[1])).put(Deadly(bytes(5000)), datetime(2026, 3, 2, 12, tzinfo=UTC))
"""


def test_a_kill_half_way_leaves_a_part_that_is_cleared_away(folder: Folder) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder.root)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    (part,) = found(folder)
    assert part.parent == folder.incoming
    assert folder.size(hashlib.sha256(bytes(5000)).digest()) is None
    os.utime(part, (NOON.timestamp(), NOON.timestamp()))
    folder.tidy(NOON)
    assert part.exists(), "it may be another process at work"
    folder.tidy(NOON + DAY)
    assert found(folder) == []
    folder.put(io.BytesIO(bytes(5000)), NOON)  # the lock of the dead is free


def test_many_put_and_remove_at_once_and_nobody_loses_theirs(folder: Folder) -> None:
    """Each puts, and then must find; the sweeper takes whatever is older than the last instant."""
    over = threading.Event()
    lost: list[int] = []

    def sweep() -> None:
        while not over.is_set():
            for digest in list(folder.older_than(NOON)):
                folder.remove(digest, NOON)

    def work(number: int) -> None:
        words = b"%d" % (number % 3)
        digest = hashlib.sha256(words).digest()
        for _round in range(40):
            put(folder, words, NOON - DAY)  # long ago, and nobody wanted it
            put(folder, words, NOON)
            if folder.size(digest) is None:
                lost.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    sweeper = threading.Thread(target=sweep)
    for thread in (sweeper, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    sweeper.join()
    assert lost == []
    assert list(_parts(folder)) == []


def _parts(folder: Folder) -> Iterator[Path]:
    return folder.incoming.glob("*.part")
