"""The files a page brings along: read once at start, named by their content, kept ready as bytes."""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY_SCRIPT: Final = Markup(
    "document.body.classList.add('js-enabled');"
    "if('noModule' in HTMLScriptElement.prototype)document.body.classList.add('govuk-frontend-supported')"
)
"""The only inline script of the site: it must run before the first paint, or parts of a page would jump."""

BODY_SCRIPT_CSP: Final = f"'sha256-{b64encode(hashlib.sha256(BODY_SCRIPT.encode()).digest()).decode()}'"

FOREVER: Final = "public, max-age=31536000, immutable"
A_MINUTE: Final = "public, max-age=60"

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
_IMPORT: Final = re.compile(r'^@import "([^"]+)";$', re.MULTILINE)
_COMMENT: Final = re.compile(r"/\*(?!!).*?\*/\s*", re.DOTALL)
_ADDRESS: Final = re.compile(r"/static/([0-9a-f]{8})/(.+)")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, ready to be answered with; `zipped` is None where compression gains nothing."""

    body: bytes
    zipped: bytes | None
    content_type: str
    cache_control: str
    etag: str
    zipped_etag: str


class Assets:
    """Every file below a folder, by the address pages use for it.

    One digest over all files stands in each address. Scripts and styles that name each other by relative paths then
    stay within the same version, and a page kept in a cache never mixes two.
    """

    def __init__(self, folder: Path) -> None:
        bodies = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES
        }
        self._files = {name: _ready(_content(path, folder)) for name, path in bodies.items()}
        together = hashlib.sha256()
        for name, file in self._files.items():
            together.update(f"{name}\0{file.etag}\n".encode())
        self.version = together.hexdigest()[:8]
        self._older = {name: replace(file, cache_control=A_MINUTE) for name, file in self._files.items()}

    def url(self, path: str) -> str:
        """Where a page finds the file; a name that does not exist is a mistake in the template."""
        if path not in self._files:
            raise LookupError(f"There is no static file {path!r}")
        return f"/static/{self.version}/{path}"

    def find(self, url_path: str) -> StaticFile | None:
        """The file at an address; one of another version is answered too, for a minute only."""
        if (match := _ADDRESS.fullmatch(url_path)) is None:
            return None
        version, path = match.groups()
        return (self._files if version == self.version else self._older).get(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)


def _content(path: Path, folder: Path) -> tuple[bytes, str]:
    content_type = _TYPES[path.suffix]
    if path.suffix == ".css":
        return _flattened(path, folder).encode(), content_type
    return path.read_bytes(), content_type


def _flattened(path: Path, folder: Path) -> str:
    """A stylesheet with its imports in place, so that a page asks for one file, and without its comments."""

    def imported(match: re.Match[str]) -> str:
        target = (path.parent / match[1]).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise LookupError(f"{path.name} imports {match[1]!r} from outside the static folder")
        return _flattened(target, folder)

    return _IMPORT.sub(imported, _COMMENT.sub("", path.read_text(encoding="utf-8")))


def _ready(content: tuple[bytes, str]) -> StaticFile:
    body, content_type = content
    digest = hashlib.sha256(body).hexdigest()[:20]
    zipped = gzip.compress(body, 9, mtime=0)
    return StaticFile(
        body=body,
        zipped=zipped if len(zipped) < len(body) else None,
        content_type=content_type,
        cache_control=FOREVER,
        etag=f'"{digest}"',
        zipped_etag=f'"{digest}-gz"',
    )
