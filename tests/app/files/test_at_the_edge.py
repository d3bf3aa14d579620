"""Files come in through a form and go out by their address: everything that people and programs send, on a real stack."""

from __future__ import annotations

import itertools
import os
import re
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select, text

from app.core.db import Database
from app.core.switches import Standing, Switch
from app.files.model import StoredFile
from tests.app.core.served import ROOM, Served
from tests.app.files import papers
from tests.app.files.shelf.room import PUBLIC

NUMBERS = itertools.count(1)
BOUNDARY = "----a-boundary"


@pytest.fixture(scope="module")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    from tests import databases

    folder = tmp_path_factory.mktemp("house")
    rooms = (ROOM, "tests.app.files.shelf")
    with (
        databases.sqlite_copy(sqlite_template, folder) as database,
        Served(database, rooms=rooms, files_folder=str(folder / "files"), mail_url=f"file:{folder}/mail") as served,
    ):
        yield served


@pytest.fixture
def shelf() -> Iterator[int]:
    """A number of one's own."""
    number = next(NUMBERS)
    yield number
    PUBLIC.discard(number)


def send(house: Served, shelf: int, name: str, content: bytes, **fields: str) -> httpx.Response:
    given = {"words": "About Oak Street"} | fields
    files = {"document": (name, content, "application/x-lies")}
    return house.ask("POST", f"/shelves/{shelf}", data=given, files=files, headers={"origin": house.base})


def raw(
    house: Served, shelf: int, body: bytes, kind: str = f"multipart/form-data; boundary={BOUNDARY}", **headers: str
):
    given = {"origin": house.base, "content-type": kind} | headers
    return house.ask("POST", f"/shelves/{shelf}", content=body, headers=given)


def part(name: str, content: str = "x", filename: str | None = None, more: str = "") -> str:
    called = f'; filename="{filename}"' if filename is not None else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{called}\r\n{more}\r\n{content}\r\n'


def rows(database: Database, shelf: int) -> list[StoredFile]:
    with database.reading() as db:
        return list(db.scalars(select(StoredFile).where(StoredFile.subject_id == shelf).order_by(StoredFile.id)))


def incoming(house: Served) -> list[str]:
    """Names below the folder where files come in: none may stay."""
    folder = Path(house.house.settings.files_folder) / "incoming"
    return os.listdir(folder) if folder.is_dir() else []


# --- coming in ---------------------------------------------------------------------------------


def test_a_file_is_sent_with_a_form_and_listed(house: Served, shelf: int) -> None:
    answer = send(house, shelf, "Plan of Oak Street.pdf", papers.pdf())
    assert (answer.status_code, answer.headers["location"]) == (303, f"/shelves/{shelf}")
    (row,) = rows(house.database, shelf)
    assert (row.name, row.title, row.media_type) == ("Plan of Oak Street.pdf", "About Oak Street", "application/pdf")
    page = house.get(f"/shelves/{shelf}").text
    assert f'href="/files/{row.id}/Plan%20of%20Oak%20Street.pdf" download><bdi>About Oak Street</bdi></a>' in page
    assert "PDF, 1 KB" in page
    assert incoming(house) == []


def test_a_field_says_what_may_be_chosen(house: Served, shelf: int) -> None:
    page = house.get(f"/shelves/{shelf}").text
    assert 'type="file" accept=".pdf,.docx,' in page
    assert "PDF, Word, Excel, PowerPoint, OpenDocument text, OpenDocument spreadsheet, CSV, plain text" in page
    assert "At most 10 MB." in page
    assert 'aria-describedby="document-hint"' in page


def test_a_form_without_a_file_is_a_form(house: Served, shelf: int) -> None:
    nobody_chose = part("words", "Only words") + part("document", "", "") + f"--{BOUNDARY}--\r\n"
    assert raw(house, shelf, nobody_chose.encode()).status_code == 303
    assert house.post(f"/shelves/{shelf}", words="Only words").status_code == 303
    assert rows(house.database, shelf) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("plan.pdf", b"<!doctype html><script>alert(1)</script>", "web page, a drawing or a program"),
        ("plan.pdf", b"MZ\x90\0" + bytes(100), "This kind of file cannot be taken"),
        ("plan.exe", papers.pdf(), "ends in .exe, but what is in it is another kind: PDF"),
        ("plan.docx", papers.docx({"word/vbaProject.bin": b"x"}), "macros"),
        ("plan.pdf", b"", "The file is empty"),
    ],
)
def test_a_bad_file_is_refused_beside_its_field_and_the_words_are_kept(
    house: Served, shelf: int, name: str, content: bytes, said: str
) -> None:
    answer = send(house, shelf, name, content, words="Żółć & <b>")
    assert answer.status_code == 422
    assert re.search(rf'<p id="document-error" class="govuk-error-message">.*{said}', answer.text)
    assert '<a href="#document">' in answer.text
    assert 'aria-describedby="document-hint document-error"' in answer.text
    assert "Żółć &amp; &lt;b&gt;</textarea>" in answer.text
    assert rows(house.database, shelf) == []


def test_another_wrong_field_keeps_no_file(house: Served, shelf: int) -> None:
    answer = send(house, shelf, "plan.pdf", papers.pdf(), words="")
    assert answer.status_code == 422
    assert "Enter some words" in answer.text
    assert "If you had chosen a file, choose it again" in answer.text
    assert rows(house.database, shelf) == []


def test_a_file_of_25_megabytes_is_read_to_its_end_and_answered_with_what_was_typed(house: Served, shelf: int) -> None:
    answer = send(house, shelf, "film.pdf", bytes(25_000_000), words="A long text about Oak Street " * 3)
    assert answer.status_code == 413
    assert "The file is too large" in answer.text
    assert "A file must be at most 10 MB. Nothing was stored." in answer.text
    assert answer.text.count("A long text about Oak Street") == 6
    assert "Send it without the file" in answer.text
    assert rows(house.database, shelf) == []
    assert incoming(house) == []


def test_exactly_the_limit_passes_and_a_byte_more_does_not(house: Served, shelf: int) -> None:
    assert send(house, shelf, "long.txt", b"a" * 10_000_000).status_code == 303
    assert send(house, shelf, "long.txt", b"a" * 10_000_001).status_code == 413


def test_programs_get_a_problem(house: Served, shelf: int) -> None:
    body = (part("document", "a" * 10_000_001, "a.txt") + f"--{BOUNDARY}--\r\n").encode()
    answer = raw(house, shelf, body, accept="application/json")
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/file-too-large")


def test_no_body_is_read_for_ever(house: Served, shelf: int) -> None:
    def endless() -> Iterator[bytes]:
        yield part("document", "", "a.txt").removesuffix("\r\n").encode()
        for _megabyte in range(400):
            yield bytes(1_000_000)

    async def flow():
        for some in endless():
            yield some

    answer = raw(house, shelf, flow())
    assert answer.status_code == 413


def test_a_large_file_never_lies_in_memory(house: Served, shelf: int) -> None:
    content = b"a" * 9_000_000
    body = (part("words", "W") + part("document", "@", "a.txt") + f"--{BOUNDARY}--\r\n").encode().split(b"@")

    async def flow():
        yield body[0]
        for start in range(0, len(content), 65_536):
            yield content[start : start + 65_536]
        yield body[1]

    tracemalloc.start()
    try:
        assert raw(house, shelf, flow()).status_code == 303
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


WHOLE = part("words", "W") + part("document", "hello", "a.txt")
END = f"--{BOUNDARY}--\r\n"
BROKEN = {
    "no boundary": (WHOLE + END, "multipart/form-data"),
    "an empty boundary": (WHOLE + END, 'multipart/form-data; boundary=""'),
    "a boundary without end": (WHOLE + END, f"multipart/form-data; boundary={'a' * 71}"),
    "another boundary": (WHOLE + END, "multipart/form-data; boundary=another"),
    "no end": (WHOLE, ""),
    "nothing at all": ("", ""),
    "half a head": (WHOLE + f"--{BOUNDARY}\r\nContent-Disp", ""),
    "half a file": (WHOLE[:-9], ""),
    "a hundred parts": (part("a") * 100 + WHOLE + END, ""),
    "six files": (part("words", "W") + part("document", "hello", "a.txt") * 6 + END, ""),
    "a head that is too long": (part("words", "W", more=f"X-Long: {'x' * 3_000}\r\n") + END, ""),
    "too many heads": (part("words", "W", more="X-More: x\r\n" * 9) + END, ""),
    "a part without a name": (f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx\r\n" + WHOLE + END, ""),
    "words in another encoding": (part("words", "Žluť") + END, "cp1250"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_body_that_is_broken_is_refused_and_nothing_stays(house: Served, shelf: int, what: str) -> None:
    body, kind = BROKEN[what]
    encoding, kind = ("cp1250", "") if kind == "cp1250" else ("utf-8", kind)
    answer = raw(house, shelf, body.encode(encoding), **({"kind": kind} if kind else {}))
    assert answer.status_code == 400
    assert "We could not understand that request" in answer.text
    assert rows(house.database, shelf) == []
    assert incoming(house) == []


def test_words_that_are_too_long_are_too_long_here_too(house: Served, shelf: int) -> None:
    assert raw(house, shelf, (part("words", "x" * 66_000) + WHOLE + END).encode()).status_code == 413


@pytest.mark.parametrize("size", [1, 7, 64, 1_000])
def test_it_does_not_matter_in_which_pieces_a_body_comes(house: Served, shelf: int, size: int) -> None:
    body = (part("words", "In pieces") + part("document", "hello\r\n--" + BOUNDARY[:-1], "a.txt") + END).encode()

    async def flow():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    assert raw(house, shelf, flow()).status_code == 303
    (row,) = rows(house.database, shelf)
    assert (row.title, row.size) == ("In pieces", 8 + len(BOUNDARY) - 1 + 1)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../etc/passwd.txt", "passwd.txt"),
        ("C:\\fakepath\\a.txt", "a.txt"),
        ("report\u202etxt.txt", "reporttxt.txt"),
        ("a%00.txt", "a 00.txt"),
        ("a%22; filename=%22b.txt", "a filename= b.txt"),
        ("смета.txt", "смета.txt"),
        ("no ending", "no ending.txt"),
    ],
)
def test_names_with_paths_tricks_and_other_scripts(house: Served, shelf: int, sent: str, kept: str) -> None:
    body = (part("words", "W") + part("document", "hello", sent) + END).encode()
    assert raw(house, shelf, body).status_code == 303
    assert [row.name for row in rows(house.database, shelf)] == [kept]


def test_whoever_hangs_up_leaves_nothing_and_is_no_fault(
    house: Served, shelf: int, caplog: pytest.LogCaptureFixture
) -> None:
    begun = (part("words", "W") + part("document", "hello" * 40_000, "a.txt")).encode()
    messages = iter([{"type": "http.request", "body": begun, "more_body": True}, {"type": "http.disconnect"}])
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": f"/shelves/{shelf}",
        "raw_path": f"/shelves/{shelf}".encode(), "query_string": b"", "root_path": "",
        "headers": [(b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode()), (b"origin", house.base.encode())],
        "client": ("192.0.2.9", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def receive() -> Any:
        return next(messages)

    async def send(_message: Any) -> None:
        """Nobody listens."""

    house.portal.call(house.house.asgi, scope, receive, send)
    assert rows(house.database, shelf) == []
    assert incoming(house) == []
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


def test_a_site_that_only_reads_takes_no_file_and_gives_the_words_back(
    house: Served, shelf: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.house.switches, "note", lambda _on: None)  # nobody reads them anew meanwhile
    words = "A long text about the trees of Oak Street"
    for switch in (Switch.READ_ONLY, Switch.COMMENTS):
        turn(house, switch, on=True)
        try:
            answer = send(house, shelf, "plan.pdf", papers.pdf(), words=words)
        finally:
            turn(house, switch, on=False)
        assert answer.status_code == 503
        assert words in answer.text
    assert rows(house.database, shelf) == []


def turn(house: Served, switch: Switch, *, on: bool) -> None:
    house.house.switches.note_one(switch, Standing(house.clock.now(), "") if on else None)


def test_from_another_site_nothing_is_read(house: Served, shelf: int) -> None:
    answer = raw(house, shelf, (WHOLE + END).encode(), origin="https://evil.example")
    assert answer.status_code == 403


# --- going out ---------------------------------------------------------------------------------


def kept(house: Served, shelf: int, name: str = "Plan für Oak Street.pdf", content: bytes | None = None) -> StoredFile:
    assert send(house, shelf, name, papers.pdf() if content is None else content).status_code == 303
    return rows(house.database, shelf)[-1]


def test_a_public_file_is_handed_out_to_be_saved_and_never_to_be_shown(house: Served, shelf: int) -> None:
    row = kept(house, shelf)
    PUBLIC.add(shelf)
    answer = house.get(row.href)
    assert (answer.status_code, answer.content) == (200, papers.pdf())
    said = answer.headers
    assert said["content-type"] == "application/pdf"
    assert said["content-length"] == str(row.size)
    assert said["content-disposition"] == (
        f"attachment; filename=\"file-{row.id}.pdf\"; filename*=UTF-8''Plan%20f%C3%BCr%20Oak%20Street.pdf"
    )
    assert said["x-content-type-options"] == "nosniff"
    assert said["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert said["cross-origin-resource-policy"] == "same-origin"
    assert said["cache-control"] == "public, max-age=10"
    assert "set-cookie" not in said
    assert "content-encoding" not in said


def test_whoever_has_it_already_gets_no_bytes(house: Served, shelf: int) -> None:
    row = kept(house, shelf)
    PUBLIC.add(shelf)
    tag = house.get(row.href).headers["etag"]
    again = house.get(row.href, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert house.get(row.href, headers={"if-none-match": '"another"'}).status_code == 200


def test_its_head_can_be_asked_for(house: Served, shelf: int) -> None:
    row = kept(house, shelf)
    PUBLIC.add(shelf)
    head = house.ask("HEAD", row.href)
    assert (head.status_code, head.headers["content-length"]) == (200, str(row.size))


def test_a_long_file_comes_in_steps(house: Served, shelf: int) -> None:
    content = b"0123456789" * 300_000
    row = kept(house, shelf, "long.txt", content)
    PUBLIC.add(shelf)
    answer = house.get(row.href)
    assert answer.content == content
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_to_everyone_else_there_is_nothing(house: Served, shelf: int) -> None:
    row = kept(house, shelf)
    assert house.get(row.href).status_code == 404, "its shelf is not public"
    PUBLIC.add(shelf)
    assert house.get(row.href).status_code == 200
    for path in (
        f"/files/{row.id}/another-name.pdf",
        f"/files/{row.id}",
        f"/files/{row.id}/",
        f"/files/{row.id}/{quote('../' + row.name, safe='')}",
        f"/files/{row.id + 10_000}/{quote(row.name)}",
        f"/files/{2**63}/{quote(row.name)}",
        f"/files/-1/{quote(row.name)}",
    ):
        assert house.get(path).status_code == 404, path
    PUBLIC.discard(shelf)
    assert house.get(row.href).status_code == 404, "it was taken down"


@pytest.mark.parametrize(
    "spoil",
    [
        "state = 'quarantined', checked_at = NULL",
        "state = 'refused', reason = 'infected'",
        "removed_at = at",
        "subject_kind = 'bath'",
        "digest = zeroblob(32)",
    ],
)
def test_what_is_not_clean_or_not_there_nobody_gets(house: Served, shelf: int, spoil: str) -> None:
    row = kept(house, shelf)
    PUBLIC.add(shelf)
    assert house.get(row.href).status_code == 200
    with house.database.writing() as db:
        db.execute(text(f"UPDATE files_file SET {spoil} WHERE id = {row.id}"))
    answer = house.get(row.href)
    assert answer.status_code == 404
    assert papers.pdf() not in answer.content


def test_its_owners_page_hands_it_out_before_it_is_public(house: Served, shelf: int) -> None:
    row = kept(house, shelf)
    answer = house.get(f"/shelves/{shelf}/files/{row.id}")
    assert (answer.status_code, answer.content) == (200, papers.pdf())
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"].startswith("attachment")
    with house.database.writing() as db:
        db.execute(text(f"UPDATE files_file SET state = 'quarantined', checked_at = NULL WHERE id = {row.id}"))
    waits = house.get(f"/shelves/{shelf}/files/{row.id}")
    assert (waits.status_code, "The file is still being checked" in waits.text) == (409, True)
    page = house.get(f"/shelves/{shelf}").text
    assert page.count("Being checked") == 2


def test_what_was_refused_only_its_owner_reads_of(house: Served, shelf: int) -> None:
    row = kept(house, shelf)
    with house.database.writing() as db:
        db.execute(text(f"UPDATE files_file SET state = 'refused', reason = 'infected' WHERE id = {row.id}"))
    own, public = house.get(f"/shelves/{shelf}").text.split("<aside>")
    assert "harmful software" in own
    assert "Remove<span" in own
    assert public.strip().startswith("</aside>")


def test_the_figures_say_how_much_there_is(house: Served, shelf: int) -> None:
    kept(house, shelf)
    said = house.ask("GET", "/metrics", client="127.0.0.1").text
    figures = dict(re.findall(r"^(townsquare_files_\w+) ([\d.e+]+)$", said, re.MULTILINE))
    assert set(figures) == {f"townsquare_files_{name}" for name in ("clean", "quarantined", "refused", "bytes")}
    assert float(figures["townsquare_files_clean"]) >= 1
    assert float(figures["townsquare_files_bytes"]) >= len(papers.pdf())


def test_no_file_is_kept_by_the_page_cache(house: Served, shelf: int) -> None:
    row = kept(house, shelf)
    PUBLIC.add(shelf)
    house.get(row.href)
    assert not [address for address in house.house.cache.pages if address.startswith(b"/files/")]


def test_time_passes(house: Served) -> None:
    """A day later nothing is left of what these tests did not keep."""
    house.clock.advance(timedelta(days=3))
    house.house.jobs.run_all()
    folder = Path(house.house.settings.files_folder) / "content"
    found = {p.name for p in folder.glob("??/??/*")}
    with house.database.reading() as db:
        wanted = {d.hex() for d in db.scalars(select(StoredFile.digest).where(StoredFile.state != "refused"))}
    assert found == {name for name in wanted if name != "00" * 32}
