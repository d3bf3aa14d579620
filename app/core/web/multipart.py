"""Multipart bodies, read as they come in: files go to disk, words are kept, and everything has a limit.

The parser (``multipart``, Litestar's own) never holds more than a chunk. What it finds is written in
the thread that feeds it, so the event loop only hands bytes on. A body that is refused is read to its
end all the same, up to a point: browsers show an answer only once they have sent what they wanted to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from app.core.errors import TooLarge, Unavailable
from app.core.web.edge import ClientDisconnect, in_worker
from app.core.web.forms import NotAForm, Sent, without_proof

FORM = b"multipart/form-data"
MOST_PARTS = 50
MOST_FILES = 5
MOST_HEADERS = 8
#: of one line of a part's head; names of files are in it
MOST_HEADER_BYTES = 2_048
#: RFC 2046
MOST_BOUNDARY = 70
#: bytes that are collected before a thread looks at them
STEP = 131_072
#: times what may be sent that is read and thrown away before the line is cut
PATIENCE = 4

OpenFile = Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Most:
    """Limits of one body, in bytes but for ``files`` and ``parts``, their numbers."""

    text: int
    a_file: int = 0
    files: int = 0
    parts: int = MOST_PARTS

    @property
    def body(self) -> int:
        """Everything together, heads of parts included."""
        return self.text + self.a_file * self.files + self.parts * 512


@dataclass
class SentFile:
    """One file of a body: its field, its name as it was sent, and what came."""

    field: str
    name: str
    file: IO[bytes] | None
    size: int = 0
    #: whether all of it is there; what was longer than allowed is cut
    whole: bool = True


@dataclass
class Reading:
    """One body on its way in. ``open_file`` makes the place for a file; without it files are thrown away."""

    boundary: str
    most: Most
    open_file: OpenFile | None = None
    pairs: list[tuple[str, str]] = field(default_factory=list)
    files: list[SentFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._parser = PushMultipartParser(
            self.boundary,
            max_header_size=MOST_HEADER_BYTES,
            max_header_count=MOST_HEADERS,
            max_segment_count=self.most.parts,
        )
        self._text, self._texts = bytearray(), 0
        self._name: str | None = None
        self._file: SentFile | None = None

    def feed(self, chunk: bytes) -> None:
        """The next bytes; none at the end. Raises :class:`NotAForm` or :class:`TooLarge`. It writes: call it in a thread."""
        try:
            for found in self._parser.parse(chunk):
                if isinstance(found, MultipartSegment):
                    self._begin(found)
                elif found is None:
                    self._end()
                else:
                    self._add(found)
        except (MultipartError, UnicodeDecodeError) as wrong:
            raise NotAForm from wrong

    def _begin(self, part: MultipartSegment) -> None:
        if part.filename is None:
            self._name, self._file = part.name or "", None
            return
        if len(self.files) >= self.most.files:
            raise NotAForm
        try:
            place = self.open_file() if self.open_file else None
        except OSError as full:
            raise Unavailable(retry_after=60) from full
        self._file = SentFile(part.name or "", part.filename, place)

    def _add(self, some: bytes) -> None:
        if self._file is not None:
            self._add_to_file(self._file, some)
            return
        self._texts += len(some)
        if self._texts > self.most.text:
            raise TooLarge
        self._text += some

    def _add_to_file(self, sent: SentFile, some: bytes) -> None:
        sent.size += len(some)
        sent.whole = sent.size <= self.most.a_file
        if sent.file is not None and sent.whole:
            try:
                sent.file.write(some)
            except OSError as full:
                raise Unavailable(retry_after=60) from full

    def _end(self) -> None:
        if self._file is None:
            self.pairs.append((self._name or "", self._text.decode("utf-8")))
            self._text = bytearray()
        elif self._file.name or self._file.size:  # else the browser sends the field, and nobody chose a file
            self.files.append(self._file)
        self._file = None


def is_multipart(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.lower().startswith(FORM) for name, value in headers)


def boundary_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """What stands between the parts; raises :class:`NotAForm` where nothing sound does."""
    kind = next((value for name, value in headers if name == b"content-type"), b"")
    _kind, options = parse_options_header(kind.decode("latin-1"))
    boundary = options.get("boundary", "")
    if not 0 < len(boundary) <= MOST_BOUNDARY or not boundary.isascii() or not boundary.isprintable():
        raise NotAForm
    return boundary


async def read_parts(scope: Any, receive: Any, most: Most, open_file: OpenFile | None = None) -> Reading:
    """A whole body. What is refused is read on and thrown away, within patience."""
    reading = Reading(boundary_of(scope["headers"]), most, open_file)
    wrong, seen, held, more = None, 0, bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body, more = message.get("body", b""), bool(message.get("more_body"))
        seen += len(body)
        if seen > PATIENCE * most.body:
            raise TooLarge
        if wrong is None:
            held += body
            if len(held) >= STEP or not more:
                wrong = await in_worker(_fed, reading, held, is_last=not more)
                held = bytearray()
    if wrong is not None:
        raise wrong
    return reading


def _fed(reading: Reading, held: bytearray, *, is_last: bool) -> NotAForm | TooLarge | Unavailable | None:
    """What is wrong with it; the refusal waits until the rest has come."""
    try:
        if held:
            reading.feed(bytes(held))
        if is_last:
            reading.feed(b"")
    except (NotAForm, TooLarge, Unavailable) as refusal:
        return refusal
    return None


async def fields_of(scope: Any, receive: Any, *, text: int, a_file: int) -> Sent:
    """The words of a form whose files nobody wants: they are thrown away. In bytes, what either may have."""
    reading = await read_parts(scope, receive, Most(text, a_file, files=MOST_FILES))
    return Sent(without_proof(reading.pairs))
