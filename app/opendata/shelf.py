"""Where dumps stand: a folder for each, with a manifest, complete from the moment it has its name.

A dump is written into a folder whose name begins with a dot, and takes its name when all of it is on the disk. So
whatever ends the writing half way, a full disk or a lost machine, the dump before it is what everybody goes on
reading. One process writes at a time: it holds a lock that the system lets go of when its holder dies, and clears
away what others left unfinished.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import IO

import msgspec

MANIFEST = "manifest.json"
_NAME = re.compile(r"\d{8}T\d{6}Z")
_UNFINISHED = ".unfinished-"
STEP = 1_048_576


class DumpFile(msgspec.Struct, frozen=True):
    """One file of a dump; ``digest`` is the SHA-256 of its bytes in hexadecimal digits."""

    name: str
    media_type: str
    size: int
    digest: str


class DumpedDataset(msgspec.Struct, frozen=True):
    key: str
    rows: int
    files: Sequence[DumpFile]

    def file(self, ending: str) -> DumpFile:
        return next(file for file in self.files if file.name.endswith(ending))


class Manifest(msgspec.Struct, frozen=True):
    """What a dump holds. Rows are as they were between ``as_of`` and ``finished_at``."""

    name: str
    as_of: datetime
    finished_at: datetime
    licence: str
    datasets: Sequence[DumpedDataset]

    @property
    def files(self) -> Iterator[DumpFile]:
        return (file for dataset in self.datasets for file in dataset.files)

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def file(self, name: str) -> DumpFile | None:
        return next((file for file in self.files if file.name == name), None)

    def dataset(self, key: str) -> DumpedDataset | None:
        return next((dataset for dataset in self.datasets if dataset.key == key), None)


_MANIFEST = msgspec.json.Decoder(Manifest)


class Shelf:
    """The dumps of one deployment, the newest first."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Of dumps that are complete."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return sorted((p.name for p in self.root.iterdir() if _NAME.fullmatch(p.name)), reverse=True)
        return []

    def manifest(self, name: str) -> Manifest | None:
        """None where there is no such dump, or its manifest cannot be read."""
        if not _NAME.fullmatch(name):
            return None
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, msgspec.DecodeError, UnicodeDecodeError):
            found = _MANIFEST.decode((self.root / name / MANIFEST).read_bytes())
            return found if found.name == name else None
        return None

    def manifests(self) -> Iterator[Manifest]:
        return (found for name in self.names() if (found := self.manifest(name)) is not None)

    def newest(self) -> Manifest | None:
        return next(self.manifests(), None)

    def open(self, name: str, file: str) -> BufferedReader:
        """For reading; FileNotFoundError where a dump has been cleared away meanwhile. Ask only for what a manifest names."""
        return (self.root / name / file).open("rb")

    def faults(self) -> Iterator[str]:
        """Where files are not as manifests say: the size of each, and of the newest dump every byte."""
        for at, name in enumerate(self.names()):
            found = self.manifest(name)
            if found is None:
                yield f"{name} has no manifest that can be read"
                continue
            yield from (f"{name}/{file.name} {fault}" for file in found.files if (fault := self._fault(name, file, at)))

    def _fault(self, name: str, file: DumpFile, at: int) -> str:
        try:
            with self.open(name, file.name) as content:
                if os.fstat(content.fileno()).st_size != file.size:
                    return "has another size than its manifest says"
                if at == 0 and hashlib.file_digest(content, "sha256").hexdigest() != file.digest:
                    return "has another digest than its manifest says"
        except FileNotFoundError:
            return "is missing"
        return ""

    # writing

    def try_lock(self) -> Lock | None:
        """None while somebody else writes."""
        self.root.mkdir(mode=0o755, parents=True, exist_ok=True)
        return Lock.taken(self.root / ".lock")

    def clear(self) -> int:
        """Throw away what was never finished, and answer how much that was. For whoever holds the lock."""
        left = list(self.root.glob(f"{_UNFINISHED}*"))
        for folder in left:
            shutil.rmtree(folder, ignore_errors=True)
        return len(left)

    def begin(self, as_of: datetime) -> Path:
        """A folder to write a dump into."""
        folder = self.root / f"{_UNFINISHED}{name_of(as_of)}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o755, parents=True)
        return folder

    def finish(self, folder: Path, manifest: Manifest) -> None:
        """The manifest comes last, and the name after that: from then on it is the newest dump."""
        body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        with (folder / MANIFEST).open("xb") as out:
            out.write(body)
            to_disk(out)
        _folder_to_disk(folder)
        folder.rename(self.root / manifest.name)
        _folder_to_disk(self.root)

    def forget(self, keeps_for: timedelta, now: datetime) -> int:
        """Clear away what is older, never the newest; answers how many dumps that were."""
        old = [name for name in self.names()[1:] if _instant(name) < now - keeps_for]
        for name in old:
            away = self.root / f"{_UNFINISHED}{name}"
            (self.root / name).rename(away)  # gone at once for readers, whole until then
            shutil.rmtree(away, ignore_errors=True)
        return len(old)


class Lock:
    """Held by whoever writes, until it lets go or its process ends."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def taken(cls, path: Path) -> Lock | None:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return cls(handle)

    def release(self) -> None:
        os.close(self._handle)


def name_of(as_of: datetime) -> str:
    return f"{as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _instant(name: str) -> datetime:
    return datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _folder_to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
