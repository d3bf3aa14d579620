"""The bytes of files in a backup: in pieces, so that neither side ever holds a whole one.

Which ones belong to it the backup's own rows say. Each is read once and checked as it passes; one that the
store does not have, or not as it was kept, is named in the manifest and left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import Any

import msgspec

from app.core.clock import SystemClock
from app.files.model import FileState, StoredFile
from app.files.store import NotThere, Store, steps_of

_WANTED = f"SELECT DISTINCT digest FROM {StoredFile.__tablename__} WHERE state <> '{FileState.REFUSED}' ORDER BY digest"
_PIECES = "SELECT bytes FROM backup_piece WHERE digest = ? ORDER BY place"


class Files(msgspec.Struct, frozen=True):
    """What a backup says of the files in it. ``sha256`` is over their digests in order; ``missing`` are in hex."""

    count: int
    bytes: int
    sha256: str
    missing: tuple[str, ...] = ()

    @property
    def extent(self) -> str:
        return f"{self.count:,} {'file' if self.count == 1 else 'files'} ({self.bytes:,} bytes)"

    @property
    def warning(self) -> str:
        """What the operator must know at the end; empty when all is well."""
        if not self.missing:
            return ""
        return f" The bytes of {len(self.missing)} were lost before: `townsquare verify` names those files."


NONE = Files(0, 0, hashlib.sha256().hexdigest())


def copy_in(store: Store, out: Any, progress: Callable[[str, int], None]) -> Files:
    """From the store into the backup."""
    out.execute("CREATE TABLE backup_piece (digest BLOB, place INTEGER, bytes BLOB, PRIMARY KEY (digest, place))")
    seen, missing = _Seen(), []
    progress("files", 0)
    for (digest,) in out.execute(_WANTED).fetchall():
        size = _copy_one(store, out, digest)
        if size is None:
            out.execute("DELETE FROM backup_piece WHERE digest = ?", (digest,))
            missing.append(digest.hex())
            continue
        seen.add(digest, size)
        progress("files", seen.count)
    return seen.files(missing)


def found_in(made: Any) -> Files:
    """What is in a backup, every byte of it read; what its rows name and it has not is missing."""
    seen, missing = _Seen(), []
    for (digest,) in made.execute(_WANTED).fetchall():
        own, size = hashlib.sha256(), 0
        for some in _pieces(made, digest):
            own.update(some)
            size += len(some)
        if own.digest() == digest:
            seen.add(digest, size)
        else:
            missing.append(digest.hex())
    return seen.files(missing)


def copy_out(made: Any, store: Store, progress: Callable[[str, int], None]) -> None:
    """From a backup that was checked into the store."""
    now, count = SystemClock().now(), 0
    progress("files", 0)
    for (digest,) in made.execute(_WANTED).fetchall():
        with TemporaryFile() as file:
            for some in _pieces(made, digest):
                file.write(some)
            if not file.tell():
                continue  # lost before
            if store.put(file, now).digest != digest:
                raise OSError("a file did not arrive as it was sent")
        count += 1
        progress("files", count)


def _copy_one(store: Store, out: Any, digest: bytes) -> int | None:
    """Its size; None where the store does not have it as it was kept."""
    own, size = hashlib.sha256(), 0
    try:
        with store.open(digest) as file:
            for place, some in enumerate(steps_of(file)):
                out.execute("INSERT INTO backup_piece VALUES (?, ?, ?)", (digest, place, some))
                own.update(some)
                size += len(some)
    except NotThere:
        return None
    return size if own.digest() == digest else None


def _pieces(made: Any, digest: bytes) -> Iterator[bytes]:
    for (some,) in made.execute(_PIECES, (digest,)):
        yield some


class _Seen:
    """Counts files as they pass."""

    def __init__(self) -> None:
        self.count = self.bytes = 0
        self._sha = hashlib.sha256()

    def add(self, digest: bytes, size: int) -> None:
        self.count += 1
        self.bytes += size
        self._sha.update(digest)

    def files(self, missing: list[str]) -> Files:
        return Files(self.count, self.bytes, self._sha.hexdigest(), tuple(missing))
