"""Passing a petition on by paper and camera: a QR code, a poster to print."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import segno
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.web.page import public, see_other
from petitions.rules.eligibility import is_signable
from petitions.web.addressed import readable, same_until

SVG = "image/svg+xml"
QUIET_ZONE = 4  # modules of white on each side, which scanners need
PIXELS = 16  # of a picture's module, sharp on paper at 10 cm
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
    rows = _code(link).matrix
    path = "".join(stroke for y, row in enumerate(rows, QUIET_ZONE) for stroke in _strokes(y, row))
    return QrCode(len(rows) + 2 * QUIET_ZONE, path)


def _code(link: str) -> segno.QRCode:
    return segno.make_qr(link, error="m", mask=MASK)


def _strokes(y: int, row: bytearray) -> Iterator[str]:
    """One line for each run of dark modules."""
    for run in _DARK.finditer(row):
        yield f"M{run.start() + QUIET_ZONE} {y}.5h{run.end() - run.start()}"


@get("/petitions/{ref:str}/qr.svg", name="petitions.qr", guards=[anyone], sync_to_thread=True)
def qr_svg(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """The QR code as a drawing for any size."""
    petition = readable(db, ref)
    link = f"{request.app.state.settings.base_url}/petitions/{petition.id}"
    code = qr_code(link)
    title = escape(_("QR code that leads to {link}").format(link=link))
    body = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{code.size * 8}" height="{code.size * 8}" '
        f'viewBox="0 0 {code.size} {code.size}" shape-rendering="crispEdges" role="img"><title>{title}</title>'
        f'<path fill="#fff" d="M0 0h{code.size}v{code.size}H0z"/><path stroke="#000" d="{code.path}"/></svg>\n'
    )
    return _picture(body.encode(), SVG, petition.id)


@get("/petitions/{ref:str}/qr.png", name="petitions.qr-png", guards=[anyone], sync_to_thread=True)
def qr_png(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """The same for programs that know no drawings."""
    petition = readable(db, ref)
    body = io.BytesIO()
    link = f"{request.app.state.settings.base_url}/petitions/{petition.id}"
    _code(link).save(body, kind="png", scale=PIXELS, border=QUIET_ZONE)
    return _picture(body.getvalue(), "image/png", petition.id)


def _picture(body: bytes, kind: str, petition_id: int) -> Response[bytes]:
    return public(body, kind, keys=(f"petition:{petition_id}",))


@get("/petitions/{ref:str}/poster", name="petitions.poster", guards=[anyone], sync_to_thread=True)
def poster(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]
) -> Response[bytes] | Redirect:
    """A sheet to print and hang up while the petition can be signed; afterwards its page."""
    state = request.app.state
    petition, now = readable(db, ref), state.clock.now()
    if not is_signable(petition.state, petition.closes_at, now):
        return see_other(f"/petitions/{petition.id}")
    link = f"{state.settings.base_url}/petitions/{petition.id}"
    response: Response[bytes] = state.pages.public(
        "petitions/poster.html",
        keys=(f"petition:{petition.id}",),
        good_until=same_until(petition, now),
        petition=petition,
        petition_link=link,
        qr=qr_code(link),
    )
    return response


HANDLERS = [qr_svg, qr_png, poster]
