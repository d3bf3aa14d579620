"""Datasets without a database behind them, and a shelf to put their dumps on."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.opendata.contribution import At, Column, Dataset, Kind, Row, Some
from app.opendata.jobs import Dumping
from app.opendata.metadata.csvw import Publisher
from app.opendata.policy import OpenDataPolicy
from app.opendata.shelf import Manifest, Shelf

LONDON = ZoneInfo("Europe/London")
BY = Publisher("Northmere", "https://town.example", "data@town.example", "https://licence.example/", "A licence")
#: a Monday evening in winter
EVENING = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
#: no dataset here asks for one
NO_SESSION = cast("Session", object())


def dataset(
    key: str, rows: Sequence[Row] = (), *, batch: int = 2, reads: Callable[[int], None] | None = None
) -> Dataset:
    """``reads`` is told the place of each batch before it is given out."""

    def read(_db: Session, _at: At, cursor: Any, _most: int) -> Some:
        start = cursor or 0
        if reads:
            reads(start)
        return Some(rows[start : start + batch], start + batch if start + batch < len(rows) else None)

    columns = (Column("id", Kind.NUMBER, "Its number.", required=True), Column("text", Kind.TEXT, "Its words."))
    return Dataset(key, f"The {key}", "What they are.", columns, ("id",), read, "/")


WORDS = dataset("words", [(1, "one"), (2, "=2+2"), (3, None), (4, "Zoë, “four”\nlines"), (5, "'=5")])
NONE = dataset("none")


class Night:
    """One deployment's dumping, by hand."""

    def __init__(self, folder: Path, *datasets: Dataset, keep_days: int = 14) -> None:
        self.shelf = Shelf(folder / "dumps")
        policy = OpenDataPolicy(self.shelf.root, BY.name, dump_at=time(2, 30), keep_days=keep_days)
        self.dumping = Dumping(self.shelf, datasets or (WORDS, NONE), BY, policy, LONDON)
        self.dumping.touch = lambda _db: None  # type: ignore[method-assign]

    def step(self, now: datetime = EVENING) -> int:
        return self.dumping(NO_SESSION, now)

    def work(self, now: datetime = EVENING) -> Manifest | None:
        """Until there is nothing more to do."""
        while self.step(now):
            pass
        return self.shelf.newest()

    @property
    def left_behind(self) -> list[str]:
        return sorted(p.name for p in self.shelf.root.glob(".unfinished*"))

    def table(self, manifest: Manifest, key: str) -> list[dict[str, str]]:
        with self.shelf.open(manifest.name, f"{key}.csv") as file:
            return list(csv.DictReader(io.StringIO(file.read().decode(), newline="")))

    def lines(self, manifest: Manifest, key: str) -> list[dict[str, Any]]:
        with self.shelf.open(manifest.name, f"{key}.jsonl.gz") as file:
            return [json.loads(line) for line in gzip.decompress(file.read()).splitlines()]
