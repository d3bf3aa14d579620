"""Where there is a virus scanner, nobody gets a file before it has said yes."""

from __future__ import annotations

import io
import socket
import time
from datetime import timedelta
from typing import Any

import pytest

from app.core.subject import SubjectRef
from app.files import queries, service
from app.files.cabinet import Cabinet
from app.files.clamd import Clamd, NoVerdict
from app.files.events import FileSettled
from app.files.jobs import check_waiting
from app.files.model import FileState, StoredFile
from app.files.upload import Upload
from tests.app.files.conftest import EICAR, Scanner
from tests.site import Town

OAK = SubjectRef("answer", 1)
MINUTE = timedelta(minutes=1)


def cabinet_of(town: Town, address: str, patience: float = 30.0) -> Cabinet:
    plain = town.site.cabinet
    return Cabinet(plain.store, plain.workshop, Clamd(address, patience), plain.most)


def keep(town: Town, cabinet: Cabinet, *contents: bytes) -> list[int]:
    def act(db: Any) -> list[int]:
        uploads = [Upload.of(cabinet, f"{n}.txt", content) for n, content in enumerate(contents)]
        return [service.keep(db, upload, OAK, title="", by=None, now=town.now).id for upload in uploads]

    return town.database.retrying(act)


def states(town: Town) -> list[str]:
    return [str(row.state) for row in town.rows(StoredFile)]


def scan(town: Town, cabinet: Cabinet) -> int:
    return town.database.retrying(lambda db: check_waiting(cabinet, db, town.now))


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return f"127.0.0.1:{gone.getsockname()[1]}"


def test_the_scanner_hears_every_byte_and_says_which_is_bad(scanner: Scanner) -> None:
    long = bytes(range(256)) * 5_000
    assert Clamd(scanner.address).is_clean(io.BytesIO(long)) is True
    assert Clamd(scanner.address).is_clean(io.BytesIO(b"hello " + EICAR)) is False
    assert scanner.seen == [long, b"hello " + EICAR]


def test_it_may_be_behind_a_socket_of_this_machine(local_scanner: Scanner) -> None:
    assert Clamd(local_scanner.address).is_clean(io.BytesIO(EICAR)) is False


@pytest.mark.parametrize("mood", ["mute", "odd", "full"])
def test_a_scanner_that_does_not_say_yes_or_no_has_said_nothing(scanner: Scanner, mood: str) -> None:
    scanner.mood = mood
    started = time.monotonic()
    with pytest.raises(NoVerdict):
        Clamd(scanner.address, patience=0.3).is_clean(io.BytesIO(bytes(3_000_000)))
    assert time.monotonic() - started < 20


def test_a_scanner_that_is_not_there_has_said_nothing() -> None:
    for address in (nobody(), "/nowhere/clamd.ctl"):
        with pytest.raises(NoVerdict):
            Clamd(address).is_clean(io.BytesIO(b"a"))


def test_a_file_waits_in_quarantine_until_the_scanner_has_looked(town: Town, scanner: Scanner) -> None:
    heard: list[FileSettled] = []
    town.site.listeners[FileSettled].append(lambda _db, event: heard.append(event))
    cabinet = cabinet_of(town, scanner.address)
    good, bad = keep(town, cabinet, b"good", b"hello " + EICAR)
    assert states(town) == ["quarantined", "quarantined"]
    assert scan(town, cabinet) == 1
    assert scan(town, cabinet) == 0
    assert states(town) == ["clean", "refused"]
    assert heard == [FileSettled(good, OAK, is_clean=True), FileSettled(bad, OAK, is_clean=False)]
    refused = town.rows(StoredFile)[1]
    assert (refused.reason, refused.checked_at) == ("infected", town.now)


def test_bytes_that_were_refused_do_not_stay(town: Town, scanner: Scanner) -> None:
    cabinet = cabinet_of(town, scanner.address)
    keep(town, cabinet, b"good", b"hello " + EICAR)
    scan(town, cabinet)
    town.clock.advance(timedelta(days=2))
    town.work()
    with town.database.reading() as db:
        figures = queries.figures(db)
    assert (figures.clean, figures.refused, figures.bytes) == (1, 1, 4)
    assert cabinet.store.size(town.rows(StoredFile)[1].digest) is None
    assert list(town.broken()) == ["files: every file belongs to something"]


def test_while_the_scanner_is_away_files_wait_and_the_site_says_so(town: Town, scanner: Scanner) -> None:
    away = cabinet_of(town, nobody())
    keep(town, away, b"good")
    assert scan(town, away) == 0
    assert states(town) == ["quarantined"]
    assert town.rows(StoredFile)[0].tried_at == town.now
    assert unready(town) == []
    town.clock.advance(6 * MINUTE)
    assert unready(town) == ["files wait to be checked: does the virus scanner answer?"]
    scan(town, cabinet_of(town, scanner.address))
    assert states(town) == ["clean"]
    assert unready(town) == []


def unready(town: Town) -> list[str]:
    with town.database.reading() as db:
        return [fault for ask in town.site.readiness for fault in ask(db, town.now)]


def test_one_file_that_the_scanner_cannot_take_does_not_stop_the_others(town: Town, scanner: Scanner) -> None:
    cabinet = cabinet_of(town, scanner.address)
    keep(town, cabinet, b"too long for it")
    scanner.mood = "full"
    scan(town, cabinet)
    scanner.mood = "well"
    town.clock.advance(MINUTE)
    keep(town, cabinet, b"good")
    scanner.seen.clear()
    scan(town, cabinet)
    assert scanner.seen == [b"good", b"too long for it"], "whoever was tried longest ago comes last"


def test_a_scanner_that_hangs_is_asked_once_a_round(town: Town, scanner: Scanner) -> None:
    cabinet = cabinet_of(town, scanner.address, patience=0.2)
    keep(town, cabinet, b"a", b"b", b"c")
    scanner.mood = "mute"
    started = time.monotonic()
    assert scan(town, cabinet) == 0
    assert time.monotonic() - started < 20
    assert len(scanner.seen) == 1
    assert states(town) == ["quarantined"] * 3


def test_nothing_is_locked_while_the_scanner_works(town: Town, scanner: Scanner) -> None:
    cabinet = cabinet_of(town, scanner.address)
    keep(town, cabinet, b"good")
    clean = Clamd.is_clean

    class Slow(Clamd):
        def is_clean(self, file: Any) -> bool:
            town.sql("UPDATE files_file SET title = 'changed meanwhile'")
            return clean(self, file)

    slow = Cabinet(cabinet.store, cabinet.workshop, Slow(scanner.address), cabinet.most)
    scan(town, slow)
    assert [(row.title, row.state) for row in town.rows(StoredFile)] == [("changed meanwhile", FileState.CLEAN)]


def test_where_the_scanner_is_taken_away_the_other_checks_stand(town: Town) -> None:
    keep(town, cabinet_of(town, nobody()), b"good")
    town.work()
    assert states(town) == ["clean"]


def test_a_file_that_was_removed_meanwhile_is_not_looked_at(town: Town, scanner: Scanner) -> None:
    cabinet = cabinet_of(town, scanner.address)
    (file,) = keep(town, cabinet, b"good")
    town.database.retrying(lambda db: service.remove(db, file, OAK, now=town.now))
    assert scan(town, cabinet) == 0
    assert scanner.seen == []
