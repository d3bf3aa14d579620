"""Writing one dump: of each dataset a CSV with its metadata, and packed JSON lines, a batch of rows at a time.

Nothing is held between two batches but open files: no row, no session, no snapshot. So a dump of any size takes the
same memory, and nobody who writes to the database waits for it.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

import msgspec
from sqlalchemy.orm import Session

from app.core.text import sheet
from app.opendata.contribution import At, Dataset, Row
from app.opendata.metadata import csvw
from app.opendata.metadata.csvw import Publisher
from app.opendata.rules import cells
from app.opendata.shelf import DumpedDataset, DumpFile, Manifest, Shelf, name_of, to_disk

#: rows of a batch: some 30 ms of work
A_BATCH = 2_000
#: seconds that small batches may go on one after another
A_STEP = 0.05
CSV, JSON_LINES, PACKED = "text/csv", "application/jsonl", "application/gzip"
_encode = msgspec.json.Encoder().encode


def csv_lines(rows: Sequence[Row]) -> bytes:
    return sheet.lines([[cells.csv_value(value) for value in row] for row in rows]).encode()


def csv_head(dataset: Dataset) -> bytes:
    return sheet.lines([[column.name for column in dataset.columns]]).encode()


def json_lines(dataset: Dataset, rows: Sequence[Row]) -> bytes:
    """An object a line, with every column in it."""
    names = [column.name for column in dataset.columns]
    made = [_encode(dict(zip(names, map(cells.json_value, row), strict=True))) for row in rows]
    return b"".join(line + b"\n" for line in made)


def metadata(dataset: Dataset, by: Publisher, as_of: datetime | None = None) -> bytes:
    modified = as_of.date().isoformat() if as_of else None
    return msgspec.json.format(msgspec.json.encode(csvw.metadata(dataset, by, modified=modified)), indent=1)


class Writing:
    """One dump on its way; whoever begins it holds the shelf's lock, and lets go of it at the end."""

    def __init__(self, shelf: Shelf, datasets: Sequence[Dataset], by: Publisher, at: At) -> None:
        self._shelf, self._datasets, self._by, self._at = shelf, datasets, by, at
        self.folder = shelf.begin(at.now)
        self._done: list[DumpedDataset] = []
        self._db: Session | None = None
        self._work = self._all()

    def step(self, db: Session) -> tuple[str, int] | None:
        """Write the next batch, and more where they are small; answers of which dataset and how many rows it has by
        now, None once all are written."""
        self._db, until = db, time.monotonic() + A_STEP
        try:
            told = next(self._work, None)
            while told is not None and time.monotonic() < until:
                told = next(self._work, None)
            return told
        finally:
            self._db = None

    def finish(self, now: datetime) -> Manifest:
        """Give the dump its name; from then on it is the newest."""
        manifest = Manifest(name_of(self._at.now), self._at.now, now, self._by.licence, self._done)
        self._shelf.finish(self.folder, manifest)
        return manifest

    def abandon(self) -> None:
        """Throw away what there is of it."""
        self._work.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _all(self) -> Generator[tuple[str, int], None, None]:
        for dataset in self._datasets:
            yield from self._one(dataset)

    def _one(self, dataset: Dataset) -> Iterator[tuple[str, int]]:
        rows, cursor = 0, None
        with ExitStack() as stack:
            table = stack.enter_context(Out(self.folder / f"{dataset.key}.csv"))
            packed = stack.enter_context(Out(self.folder / f"{dataset.key}.jsonl.gz"))
            with gzip.GzipFile("", "wb", 6, cast("IO[bytes]", packed), mtime=0) as lines:
                table.write(csv_head(dataset))
                while True:
                    assert self._db is not None
                    some = dataset.rows(self._db, self._at, cursor, A_BATCH)
                    table.write(csv_lines(some.rows))
                    lines.write(json_lines(dataset, some.rows))
                    rows, cursor = rows + len(some.rows), some.cursor
                    if cursor is None:
                        break
                    yield dataset.key, rows
        with Out(self.folder / f"{dataset.key}.csv{csvw.SUFFIX}") as beside:
            beside.write(metadata(dataset, self._by, self._at.now))
        files = [table.file(CSV), beside.file(csvw.MEDIA_TYPE), packed.file(PACKED)]
        self._done.append(DumpedDataset(dataset.key, rows, files))
        yield dataset.key, rows


class Out:
    """A new file that is measured while it is written; on the disk once it is closed."""

    def __init__(self, path: Path) -> None:
        self.path, self.size, self._seen = path, 0, hashlib.sha256()

    def __enter__(self) -> Out:
        self._out = self.path.open("xb")
        return self

    def __exit__(self, fault: Any, *_: object) -> None:
        with self._out:
            if fault is None:
                to_disk(self._out)

    def write(self, some: Any) -> int:
        self._seen.update(some)
        self.size += len(some)
        return self._out.write(some)

    def flush(self) -> None:
        """For the packer: nobody reads the file before it is closed."""

    def file(self, media_type: str) -> DumpFile:
        return DumpFile(self.path.name, media_type, self.size, self._seen.hexdigest())


def write_now(
    writing: Writing, read: Callable[[], Any], say: Callable[[str, int], None], now: Callable[[], datetime]
) -> Manifest:
    """All of it, by hand: each batch in a session of its own. ``say`` hears the dataset and its rows so far."""
    try:
        while True:
            with read() as db:
                told = writing.step(db)
            if told is None:
                return writing.finish(now())
            say(*told)
    except BaseException:
        writing.abandon()
        raise
