"""A file of a Decidim is read to its end or refused whole, and nothing that stands in it can do harm."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.db import Database
from app.core.text.from_html import to_plain
from petitions.importing.decidim import decidim, files
from petitions.importing.decidim.comments import read_comment
from petitions.importing.decidim.files import BrokenFile, Row, read_files, read_table
from petitions.importing.decidim.initiatives import How, read_initiative
from petitions.importing.facts import BadRecord
from petitions.model.petition import Petition
from tests.site import Town

SAMPLE = sorted((Path(__file__).parent / "sample").glob("*.csv"))
INITIATIVES = next(path for path in SAMPLE if path.stem.endswith("initiatives"))
HOW = How(("en",), ZoneInfo("UTC"), names=True)
HEAD = b"id;title/en;description/en;state;signatures;created_at\n"
FINE = HEAD + b"5;A ford;Wide;open;1;2026-01-01 00:00:00 UTC\n"


def zipped(path: Path, contents: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def test_a_zip_is_read_as_its_files_are(tmp_path: Path):
    archive = zipped(
        tmp_path / "open-data.zip", {path.name: path.read_bytes() for path in SAMPLE} | {"README.md": b"x"}
    )
    found = read_files([archive])
    assert (len(found.initiatives), len(found.comments)) == (4, 7)
    assert found.left_out == ["decide.riu.example-open-data-proposals.csv"]
    assert found == read_files(SAMPLE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (FINE.replace(b"Wide", b"\xe9gl\xe9"), "is not UTF-8 text (line 2)"),
        (FINE.replace(b"Wide", b"W\0ide"), "holds a NUL character (line 2)"),
        (FINE + b"6;Short\n", "has 2 cells in row 3, and 6 columns"),
        (FINE + b"6;a;b;open;1;2026-01-01;more\n", "has 7 cells in row 3"),
        (FINE.replace(b"state", b"statt"), "lacks the column 'state'"),
        (FINE.replace(b"created_at", b"made_at"), "lacks the column 'created_at'"),
        (FINE.replace(b"signatures", b"state"), "lacks the column 'signatures'"),
        (b"id;" + FINE.replace(b"\n5", b"\n5;5"), "has the column 'id' twice"),
        (FINE.replace(b"Wide", b'"Wi"de"'), "is not valid CSV"),
        (FINE + b'6;"never closed', "is not valid CSV"),
        (FINE.replace(b"Wide", b"x" * 1_000_001), "is not valid CSV"),
        (FINE.decode().encode("utf-16"), "is not UTF-8 text"),
        (b"", "lacks the column"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_file_is_refused_whole_and_says_where(content: bytes, said: str):
    with pytest.raises(BrokenFile, match=r"town-initiatives\.csv") as refused:
        read_table("town-initiatives.csv", content)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "name", ["../../etc/initiatives.csv", "/etc/initiatives.csv", "C:\\x\\initiatives.csv", "a\\..\\..\\b.csv"]
)
def test_a_zip_whose_names_lead_elsewhere_is_refused(tmp_path: Path, name: str):
    with pytest.raises(BrokenFile, match="leads elsewhere"):
        read_files([zipped(tmp_path / "x.zip", {name: FINE})])


def test_a_zip_that_unpacks_to_more_than_it_may_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "MOST_BYTES", 1024 * 1024)
    bomb = zipped(tmp_path / "bomb.zip", {"initiatives.csv": HEAD + b" " * 40_000_000})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(BrokenFile, match="is larger than 1 MB"):
        read_files([bomb])
    with pytest.raises(BrokenFile, match="more than 200 files"):
        read_files([zipped(tmp_path / "many.zip", {f"{n}.csv": b"" for n in range(201)})])


def test_a_spoilt_zip_is_refused(tmp_path: Path):
    whole = zipped(tmp_path / "x.zip", {INITIATIVES.name: INITIATIVES.read_bytes()}).read_bytes()
    middle = len(whole) // 3
    (tmp_path / "x.zip").write_bytes(whole[:middle] + bytes(40) + whole[middle + 40 :])
    with pytest.raises(BrokenFile, match="is not a zip that can be read"):
        read_files([tmp_path / "x.zip"])


def test_the_limit_of_cells_is_as_it_was(tmp_path: Path):
    before = csv.field_size_limit()
    read_files(SAMPLE)
    assert csv.field_size_limit() == before


def written(rows: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = csv.DictWriter(text, columns, delimiter=";")
    lines.writeheader()
    lines.writerows(rows)
    return text.getvalue().encode()


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
ROW = st.fixed_dictionaries({
    "id": CELL | st.integers(0, 99).map(str), "title/en": CELL, "title/ca": CELL, "description/en": CELL,
    "state": CELL | st.sampled_from(["open", "published", "accepted"]), "signatures": CELL | st.integers(0, 9).map(str),
    "created_at": CELL | st.just("2026-01-01 00:00:00 UTC"), "signature_end_date": CELL | st.dates().map(str),
    "answer/en": CELL, "answered_at": CELL | st.datetimes().map(str), "area/name/en": CELL, "authors/name": CELL,
})  # fmt: skip
SAID = st.fixed_dictionaries({
    "id": CELL | st.integers(0, 99).map(str), "body": CELL, "created_at": CELL | st.datetimes().map(str), "locale": CELL,
    "author/name": CELL, "alignment": CELL, "depth": CELL | st.integers(0, 9).map(str),
    "commentable_id": CELL | st.integers(0, 99).map(str),
    "commentable_type": CELL | st.sampled_from(["Decidim::Initiative", "Decidim::Comments::Comment"]),
    "root_commentable_url": CELL | st.just("https://x.example/initiatives/i-5"),
})  # fmt: skip


@settings(max_examples=40)
@given(st.lists(ROW, min_size=1, max_size=3))
def test_whatever_stands_in_a_row_is_read_or_refused_in_words(rows: list[dict[str, str]]):
    _kind, found = read_table("initiatives.csv", written(rows))
    for row in found:
        said(read_initiative, row)


@settings(max_examples=40)
@given(st.lists(SAID, min_size=1, max_size=3))
def test_whatever_stands_in_a_comment_is_read_or_refused_in_words(rows: list[dict[str, str]]):
    _kind, found = read_table("comments.csv", written(rows))
    for row in found:
        said(read_comment, row)


def said(read: Callable[[Row, How], Any], row: Row) -> None:
    with suppress(BadRecord):
        read(row, HOW)


@settings(max_examples=40)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: HEAD + text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_table_or_broken(content: bytes):
    with suppress(BrokenFile):
        read_table("x-initiatives.csv", content)


@settings(max_examples=40)
@given(st.text(st.sampled_from("<>/pliscrt &;#x-!\n a\"'="), max_size=80))
def test_no_markup_is_left_of_any_html(text: str):
    assert len(to_plain(text)) <= 3 * len(text) + 3


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One</p><p>Two<br>lines</p>", "One\n\nTwo\nlines"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("Fish &amp; chips &lt;3", "Fish & chips <3"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("<script>alert(1)</script>Fine<style>p{}</style>", "Fine"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("<script>alert(1)", ""),
        ("<img src=x onerror=alert(1)>Seen", "Seen"),
        ("a\n\nb", "a\n\nb"),
    ],
)
def test_html_becomes_the_words_that_people_saw(html: str, words: str):
    assert to_plain(html) == words


def run(database: Database, *words: str) -> Any:
    kept = dict(os.environ)
    os.environ["TOWNSQUARE_DATABASE_URL"] = database.url
    try:
        return CliRunner().invoke(decidim, [str(word) for word in words])
    finally:
        os.environ.clear()
        os.environ.update(kept)


def test_the_command_reports_row_by_row(sqlite_town: Town, tmp_path: Path):
    spoilt = tmp_path / "x-initiatives.csv"
    spoilt.write_bytes(FINE + b"=6;'=1+1;Deep;dancing;1;2026-01-01\n")
    first = run(sqlite_town.database, spoilt, "--dry-run")
    assert first.output.endswith("Nothing was stored. It would be: 1 created, 0 updated, 0 unchanged, 1 refused.\n")
    assert sqlite_town.rows(Petition) == []
    ended = run(sqlite_town.database, spoilt, "--report", tmp_path / "report.csv")
    assert ended.exit_code == 1
    assert "refused x-initiatives.csv row 3 (initiative =6): state 'dancing' is none that Decidim has" in ended.output
    rows = list(csv.reader((tmp_path / "report.csv").open(encoding="utf-8", newline="")))
    assert rows == [
        ["file", "row", "kind", "id", "outcome", "reason"],
        ["x-initiatives.csv", "2", "initiative", "5", "created", ""],
        ["x-initiatives.csv", "3", "initiative", "'=6", "refused", "state 'dancing' is none that Decidim has"],
    ]
    fine = run(sqlite_town.database, INITIATIVES)
    assert (fine.exit_code, fine.output) == (0, "3 created, 0 updated, 0 unchanged, 1 left out, 0 refused.\n")


def test_one_broken_file_of_several_and_nothing_is_imported(sqlite_town: Town, tmp_path: Path):
    broken = tmp_path / "y-initiatives.csv"
    broken.write_bytes(FINE + b"short\n")
    ended = run(sqlite_town.database, INITIATIVES, broken)
    assert ended.exit_code == 1
    assert "nothing was imported" in ended.output
    assert sqlite_town.rows(Petition) == []


@pytest.mark.parametrize("words", [("--language", "x"), ("--language", "../.."), ("--instance", "a b")])
def test_wrong_words_end_with_two(sqlite_town: Town, words: tuple[str, str]):
    assert run(sqlite_town.database, INITIATIVES, *words).exit_code == 2
