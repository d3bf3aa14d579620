"""Where the bytes are: one port, and a folder behind it.

A file's bytes are called by their SHA-256, so the same content is stored once, whoever sends it. Bytes
come before the row that names them: a crash in between leaves bytes that nobody names, never a row
without bytes. A job removes those once nobody has asked to keep them for a while; asking again, even
for bytes that are there, begins that while anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple, Protocol

STEP = 1_048_576


class Content(NamedTuple):
    """What was stored, and how long it is."""

    digest: bytes
    size: int


class NotThere(LookupError):
    """The store does not have these bytes."""


class Store(Protocol):
    """What any place for files must be able to do."""

    def put(self, file: IO[bytes], now: datetime) -> Content:
        """Keep these bytes. Once it returns they outlive a crash."""

    def open(self, digest: bytes) -> IO[bytes]:
        """For reading, from the beginning; raises :class:`NotThere`."""

    def size(self, digest: bytes) -> int | None:
        """None where it does not have them."""

    def touch(self, digest: bytes, now: datetime) -> None:
        """As if they were put again now, where they are there."""

    def older_than(self, before: datetime) -> Iterator[bytes]:
        """Digests of what was put for the last time before then."""

    def remove(self, digest: bytes, before: datetime) -> bool:
        """Forget these bytes, unless somebody has put them since then."""

    def tidy(self, before: datetime) -> None:
        """Clear away what was begun before then and never finished."""


class Folder:
    """Files in a directory: ``content/ab/cd/<digest>``, each whole from the moment it has its name.

    The time of a file is when it was put for the last time, by the site's clock. Processes agree by a
    lock for each of the 256 parts, which the system lets go of when its holder dies.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self._content = root / "content"

    def workshop(self) -> Path:
        """Where files lie while they come in; made when it is first asked for."""
        _make(self.incoming)
        return self.incoming

    def put(self, file: IO[bytes], now: datetime) -> Content:
        content = digest_of(file)
        with self._held(content.digest):
            if self._has_whole(content):
                self._date(self._path(content.digest), now)
            else:
                self._write(file, content, now)
        return content

    def open(self, digest: bytes) -> IO[bytes]:
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as missing:
            raise NotThere(digest.hex()) from missing

    def size(self, digest: bytes) -> int | None:
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def touch(self, digest: bytes, now: datetime) -> None:
        with self._held(digest), contextlib.suppress(FileNotFoundError):
            self._date(self._path(digest), now)

    def older_than(self, before: datetime) -> Iterator[bytes]:
        for path in self._content.glob("??/??/*"):
            with contextlib.suppress(FileNotFoundError, ValueError):
                if path.stat().st_mtime < before.timestamp():
                    yield bytes.fromhex(path.name)

    def remove(self, digest: bytes, before: datetime) -> bool:
        path = self._path(digest)
        with self._held(digest), contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                return True
        return False

    def tidy(self, before: datetime) -> None:
        for path in self.incoming.glob("*.part"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()

    def _has_whole(self, content: Content) -> bool:
        """Read, not believed: whoever puts it again, a restore for example, mends what a disk has lost."""
        try:
            with self.open(content.digest) as there:
                return digest_of(there) == content
        except NotThere:
            return False

    def _write(self, file: IO[bytes], content: Content, now: datetime) -> None:
        """Beside its place first, and under its name only once the disk has it."""
        part, path = self.workshop() / f"{secrets.token_hex(8)}.part", self._path(content.digest)
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
                for some in steps_of(file):
                    out.write(some)
                out.flush()
                os.fsync(out.fileno())
            self._date(part, now)
            _make(path.parent)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _to_disk(path.parent)

    def _path(self, digest: bytes) -> Path:
        name = digest.hex()
        return self._content / name[:2] / name[2:4] / name

    @staticmethod
    def _date(path: Path, now: datetime) -> None:
        os.utime(path, (now.timestamp(), now.timestamp()))

    @contextmanager
    def _held(self, digest: bytes) -> Iterator[None]:
        """Nobody else puts, dates or removes bytes of this part meanwhile, in whichever process."""
        place = self._content / digest.hex()[:2]
        _make(place)
        with (place / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def steps_of(file: IO[bytes]) -> Iterator[bytes]:
    """All of it from the beginning, never at once."""
    file.seek(0)
    while some := file.read(STEP):
        yield some


def digest_of(file: IO[bytes]) -> Content:
    seen, size = hashlib.sha256(), 0
    for some in steps_of(file):
        seen.update(some)
        size += len(some)
    return Content(seen.digest(), size)


def _make(folder: Path) -> None:
    """With its parents, each on the disk before its child is."""
    if folder.is_dir():
        return
    _make(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _to_disk(folder.parent)


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
