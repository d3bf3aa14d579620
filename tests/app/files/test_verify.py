"""Each line of ``verify`` about files: something is spoilt behind the site's back, and exactly that line says so."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.subject import SubjectRef
from app.files import service
from app.files.model import StoredFile
from app.files.upload import Upload
from tests.app.files import papers
from tests.site import Town

THERE, CHECKED = "files: every file's bytes are there", "files: what is handed out is what was checked"
OWNED = "files: every file belongs to something"


@pytest.fixture
def town(town: Town) -> Town:
    """An answer with a PDF, a picture, and a text that was removed."""
    town.site.file_owners["answer"] = lambda _db, _id: True
    owner = SubjectRef("answer", 1)

    def act(db):
        for name, content in (("a.pdf", papers.pdf()), ("b.jpg", papers.photo_with_place()), ("c.csv", b"a,b\n")):
            upload = Upload.of(town.site.cabinet, name, content)
            last = service.keep(db, upload, owner, title="", by=None, now=town.now)
        service.remove(db, last.id, owner, now=town.now)

    town.database.retrying(act)
    assert town.broken() == {}
    return town


def bytes_of(town: Town, row: StoredFile) -> Path:
    name = row.digest.hex()
    return Path(town.settings.files_folder) / "content" / name[:2] / name[2:4] / name


def lose(town: Town, row: StoredFile) -> None:
    bytes_of(town, row).unlink()


def cut(town: Town, row: StoredFile) -> None:
    path = bytes_of(town, row)
    path.write_bytes(path.read_bytes()[:-1])


def change(town: Town, row: StoredFile) -> None:
    path = bytes_of(town, row)
    whole = bytearray(path.read_bytes())
    whole[-3] ^= 1
    path.write_bytes(whole)


def state_another_size(town: Town, row: StoredFile) -> None:
    town.sql("UPDATE files_file SET size = size + 1 WHERE id = :id", id=row.id)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(lose, "missing"), (cut, "not what was kept"), (change, "not what was kept"), (state_another_size, "not what")],
)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_bytes_that_are_gone_or_changed(
    town: Town, spoil: Callable[[Town, StoredFile], None], said: str, which: int
) -> None:
    row = town.rows(StoredFile)[which]
    spoil(town, row)
    broken = town.broken()
    assert set(broken) == {THERE}
    assert len(broken[THERE]) == 1
    assert broken[THERE][0].startswith(f"file {row.id}: its bytes ")
    assert said in broken[THERE][0]


def test_something_else_is_handed_out_than_was_checked(town: Town) -> None:
    """Bytes that no check ever let pass, put into the store and named by a clean row."""
    row = town.rows(StoredFile)[0]
    page = b"<!doctype html><script>alert(1)</script>"
    town.site.cabinet.store.put(io.BytesIO(page), town.now)
    digest = hashlib.sha256(page).digest()
    town.sql("UPDATE files_file SET digest = :d, size = :s WHERE id = :id", d=digest, s=len(page), id=row.id)
    assert town.broken() == {CHECKED: [f"file {row.id} must not be handed out (markup)"]}


def test_a_file_is_handed_out_as_something_it_is_not(town: Town) -> None:
    row = town.rows(StoredFile)[1]
    town.sql("UPDATE files_file SET media_type = 'text/html' WHERE id = :id", id=row.id)
    assert town.broken() == {CHECKED: [f"file {row.id} is no text/html"]}


def test_a_file_of_nobody(town: Town) -> None:
    row = town.rows(StoredFile)[0]
    town.sql("UPDATE files_file SET subject_kind = 'bath' WHERE id = :id", id=row.id)
    assert town.broken() == {OWNED: [f"file {row.id}: no room knows a 'bath'"]}
