"""Files that an administrator sends: looked through first, brought in once that is confirmed.

Between the two the bytes lie in the store of files under their digest, and no row names them: what is not confirmed
within a day is forgotten like all bytes that nobody names.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import IO, Any

from app.areas.rules.boundaries import Named
from app.areas.rules.tables import BadTable
from app.areas.service import boundaries, populations, postcodes
from app.areas.service.recording import Report
from app.areas.service.tables import rows_of
from app.core.db import Database
from app.core.errors import BadField, Conflict
from app.core.i18n import _
from app.core.text.plain import tidy_line
from app.files.store import NotThere, Store

#: what a layer of areas may be called
MOST_CALLED = 60
Words = Mapping[str, str]


class FileKind(StrEnum):
    """As the record of imports calls them."""

    AREAS = "areas"
    POPULATIONS = "populations"
    POSTCODES = "postcodes"


class StillBringing(Conflict):
    code = "areas-being-imported"
    title = _("A file is being brought in at this moment")
    message = _("Nothing else was changed. Wait until it is done, then look at what it brought.")
    way_on = ("/admin/areas", _("Back to areas"))


@dataclass(frozen=True)
class Looked:
    """What bringing a file in would do; ``usable`` rows of a table of postcodes, None for other files."""

    report: Report
    usable: int | None = None
    named: Named | None = None
    #: names of areas that the file leaves out, and that would be no more
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class Sent:
    """A file of one kind and the words beside it: how its properties or columns are called."""

    kind: FileKind
    name: str
    digest: bytes
    words: Words = field(default_factory=dict)

    @property
    def properties(self) -> Named:
        return Named(*(self.words.get(name, "") for name in ("code", "name", "region_code", "region")))

    @property
    def columns(self) -> populations.Columns:
        return populations.Columns(self.words.get("area", ""), self.words.get("population", ""))


class AreaFiles:
    """One for each process."""

    def __init__(self, store: Store, home_country: str) -> None:
        self.store, self.home_country = store, home_country
        self._one_at_a_time = threading.Lock()

    def look(self, database: Database, sent: Sent) -> Looked:
        """Nothing is changed; a file that cannot be brought in is a ``ValueError`` that says why."""
        with self._opened(sent) as file:
            if sent.kind is FileKind.AREAS:
                return _look_at_areas(database, sent, file)
            if sent.kind is FileKind.POPULATIONS:
                table = populations.read_table(rows_of(file), sent.columns)
                with database.reading() as db:
                    return Looked(populations.compare(db, table))
            seen = postcodes.look_through(database, rows_of(file), self.home_country)
            return Looked(seen.report, usable=seen.usable)

    def bring_in(self, database: Database, sent: Sent, *, retire: bool, by: int, now: datetime) -> Report:
        """As the commands do. One at a time: two tables of postcodes would undo each other."""
        if not self._one_at_a_time.acquire(blocking=False):
            raise StillBringing
        try:
            with self._opened(sent) as file:
                return self._bring_in(database, sent, file, {"file": sent.name, "by": by, "now": now}, retire)
        finally:
            self._one_at_a_time.release()

    def _bring_in(
        self, database: Database, sent: Sent, file: IO[bytes], record: Mapping[str, Any], retire: bool
    ) -> Report:
        if sent.kind is FileKind.POSTCODES:
            return postcodes.import_table(database, rows_of(file), home_country=self.home_country, **record)
        if sent.kind is FileKind.POPULATIONS:
            table = populations.read_table(rows_of(file), sent.columns)
            return database.retrying(lambda db: populations.store(db, table, **record))
        found, _named = boundaries.read_file(file.read(), sent.properties)
        layer = sent.words.get("called") or "area"
        return database.retrying(lambda db: boundaries.store(db, found, layer=layer, retire=retire, **record))

    @contextmanager
    def _opened(self, sent: Sent) -> Iterator[IO[bytes]]:
        try:
            file = self.store.open(sent.digest)
        except NotThere as gone:
            raise BadTable("it was sent more than a day ago and is no longer kept; choose it again") from gone
        with file:
            yield file


def _look_at_areas(database: Database, sent: Sent, file: IO[bytes]) -> Looked:
    found, named = boundaries.read_file(file.read(), sent.properties)
    with database.reading() as db:
        report, missing = boundaries.compare(db, found)
        return Looked(report, named=named, missing=[area.name for area in missing])


def read_called(text: str) -> str:
    """What the areas of a file are, in the singular."""
    called = tidy_line(text)
    if len(called) > MOST_CALLED:
        raise BadField(_("Use 60 characters or fewer."))
    return called or "area"
