"""Decidim's files: a zip of CSVs or CSVs, read whole and refused whole. Nothing is ever unpacked to a disk."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

INITIATIVES, COMMENTS = "initiatives", "comments"
#: of one file, unpacked; a town's whole open data are a few megabytes
MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 200
#: of one cell: longer ones are no texts that people wrote
MOST_CELL = 1_000_000
#: what tells one kind of file from another: all of these columns, in one language or all
_SIGNS = {
    INITIATIVES: ("title", "description", "state", "signatures"),
    COMMENTS: ("id", "body", "created_at", "depth", "commentable_id", "commentable_type", "root_commentable_url"),
}
#: what must be there beside the signs
_NEEDED = {INITIATIVES: ("created_at",), COMMENTS: ()}


class BrokenFile(ValueError):
    """A file that cannot be read to its end: nothing of any file is imported."""


@dataclass(frozen=True)
class Row:
    """``number`` counts as a spreadsheet does: the names of the columns are row 1."""

    file: str
    number: int
    cells: Mapping[str, str]

    def get(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True)
class Contents:
    """What was found; ``left_out``: files of other things, by name."""

    initiatives: Sequence[Row]
    comments: Sequence[Row]
    left_out: Sequence[str]


def read_files(paths: Iterable[Path]) -> Contents:
    """All of them; raises :class:`BrokenFile` for the first one that is not as it should be."""
    found: dict[str, list[Row]] = {INITIATIVES: [], COMMENTS: []}
    left_out = []
    for name, content in _contents(paths):
        kind, rows = read_table(name, content)
        if kind is None:
            left_out.append(name)
        else:
            found[kind] += rows
    return Contents(found[INITIATIVES], found[COMMENTS], left_out)


def read_table(name: str, content: bytes) -> tuple[str | None, list[Row]]:
    """What a CSV file is about and its rows; ``(None, [])`` for a file of something else."""
    text = _decoded(name, content)
    header = text.partition("\n")[0]
    separator = max(";,\t", key=header.count)
    with _long_cells():
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        try:
            columns = [cell.strip() for cell in next(lines, [])]
            kind = _kind_of(name, columns)
            return (kind, list(_rows(name, columns, lines))) if kind else (None, [])
        except csv.Error as wrong:
            raise BrokenFile(f"{name} is not valid CSV (line {lines.line_num}: {wrong})") from wrong


def _rows(name: str, columns: Sequence[str], lines: Iterable[list[str]]) -> Iterator[Row]:
    for number, cells in enumerate(lines, start=2):
        if not cells:
            continue
        if len(cells) != len(columns):
            raise BrokenFile(f"{name} has {len(cells)} cells in row {number}, and {len(columns)} columns")
        yield Row(name, number, dict(zip(columns, map(_unguarded, cells), strict=True)))


def _unguarded(cell: str) -> str:
    """Without the apostrophe by which Decidim keeps spreadsheets from computing a cell: here nothing computes."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r") else cell


def _kind_of(name: str, columns: Sequence[str]) -> str | None:
    heads = {column.partition("/")[0] for column in columns}
    for kind, signs in _SIGNS.items():
        missing = [sign for sign in (*signs, *_NEEDED[kind]) if sign not in heads]
        if not missing:
            _check_once(name, columns)
            return kind
        if _looks_like(kind, name, len(missing)):
            raise BrokenFile(f"{name} lacks the column {missing[0]!r}")
    return None


def _looks_like(kind: str, name: str, missing: int) -> bool:
    """One that should have been of this kind, by its name or by nearly all of its columns."""
    if kind == INITIATIVES:
        return PurePosixPath(name).stem.endswith(INITIATIVES)
    return missing == 1


def _check_once(name: str, columns: Sequence[str]) -> None:
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise BrokenFile(f"{name} has the column {twice[0]!r} twice")


def _decoded(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise BrokenFile(f"{name} is not UTF-8 text (line {line})") from wrong
    if (place := text.find("\0")) >= 0:
        line = text.count("\n", 0, place) + 1
        raise BrokenFile(f"{name} holds a NUL character (line {line}): it is no text")
    return text


@contextmanager
def _long_cells() -> Iterator[None]:
    """The limit is the whole process's."""
    usual = csv.field_size_limit(MOST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _contents(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if zipfile.is_zipfile(path):
            yield from _unzipped(path)
        else:
            with path.open("rb") as file:
                yield path.name, _at_most(path.name, file)


def _unzipped(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info for info in archive.infolist() if not info.is_dir()]
            if len(names) > MOST_FILES:
                raise BrokenFile(f"{path.name} holds more than {MOST_FILES} files")
            for info in names:
                _check_name(path.name, info.filename)
                if info.filename.lower().endswith(".csv"):
                    with archive.open(info) as file:
                        yield info.filename, _at_most(info.filename, file)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as wrong:
        raise BrokenFile(f"{path.name} is not a zip that can be read: {wrong}") from wrong


def _check_name(archive: str, name: str) -> None:
    place = PurePosixPath(name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
        raise BrokenFile(f"{archive} holds a file with a name that leads elsewhere: {name!r:.80}")


def _at_most(name: str, file: IO[bytes]) -> bytes:
    """Counted as it is unpacked: what an archive says of its files' sizes may be a lie."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BrokenFile(f"{name} is larger than {MOST_BYTES // 1024**2} MB")
    return content
