"""What a deployment has for files: the place, the scanner where there is one, and how much may be sent."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, Self

from app.core.i18n import _
from app.core.settings import Settings
from app.core.text.sizes import in_words
from app.files.clamd import Clamd
from app.files.rules import kinds
from app.files.rules.kinds import KINDS, Kind
from app.files.store import Folder, Store


class FieldHelp(NamedTuple):
    """What a field for a file says before anybody chooses one."""

    accept: str
    words: str


@dataclass(frozen=True)
class Cabinet:
    """One for each process; everything in it may be used by any thread."""

    store: Store
    #: where files lie while they come in and are worked on
    workshop: Path
    scanner: Clamd | None
    #: of one file, in bytes
    most: int

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        folder = Path(settings.files_folder)
        scanner = Clamd(settings.files_clamd) if settings.files_clamd else None
        return cls(Folder(folder), folder / "incoming", scanner, settings.files_most_bytes)

    def open_temporary(self) -> IO[bytes]:
        """A file without a name: gone when nobody holds it any more, after a crash too."""
        self.workshop.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self.workshop)

    def help(self, wanted: frozenset[Kind] = kinds.ALL) -> FieldHelp:
        names = ", ".join(str(KINDS[kind].short) for kind in Kind if kind in wanted)
        words = _("{kinds}. At most {size}.").format(kinds=names, size=in_words(self.most))
        return FieldHelp(kinds.accepted(wanted), words)
