"""QR codes: a link for a camera, drawn on the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

import segno

SVG = "image/svg+xml"
QUIET_ZONE = 4  # modules of white on each side, which scanners need
#: of the eight patterns that a code may be laid under, the best for links like ours on average and never far from the
#: best for one; scanners read all eight, and trying each takes five times as long as drawing
MASK = 3
_DARK = re.compile(b"\x01+")


@dataclass(frozen=True)
class QrCode:
    """A square of ``size`` units; ``path``, drawn one unit wide, is what is dark."""

    size: int
    path: str


@lru_cache(maxsize=2_048)
def qr_code(link: str) -> QrCode:
    """The code that leads to a link, its quiet zone included."""
    rows = code_of(link).matrix
    path = "".join(stroke for y, row in enumerate(rows, QUIET_ZONE) for stroke in _strokes(y, row))
    return QrCode(len(rows) + 2 * QUIET_ZONE, path)


def code_of(link: str) -> segno.QRCode:
    """For pictures of other kinds."""
    return segno.make_qr(link, error="m", mask=MASK)


def drawing(link: str, title: str) -> bytes:
    """The code as a file for any size; ``title`` is what it is called, in words."""
    code = qr_code(link)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{code.size * 8}" height="{code.size * 8}" '
        f'viewBox="0 0 {code.size} {code.size}" shape-rendering="crispEdges" role="img"><title>{escape(title)}</title>'
        f'<path fill="#fff" d="M0 0h{code.size}v{code.size}H0z"/><path stroke="#000" d="{code.path}"/></svg>\n'
    ).encode()


def _strokes(y: int, row: bytearray) -> Iterator[str]:
    """One line for each run of dark modules."""
    for run in _DARK.finditer(row):
        yield f"M{run.start() + QUIET_ZONE} {y}.5h{run.end() - run.start()}"
