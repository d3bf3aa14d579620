"""Passing a petition on by paper and camera: a QR code, a poster to print."""

from __future__ import annotations

import io
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.web.page import public, see_other
from app.core.web.qr import QUIET_ZONE, SVG, code_of, drawing, qr_code
from petitions.rules.eligibility import is_signable
from petitions.web.addressed import readable, same_until

PIXELS = 16  # of a picture's module, sharp on paper at 10 cm


@get("/petitions/{ref:str}/qr.svg", name="petitions.qr", guards=[anyone], sync_to_thread=True)
def qr_svg(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """The QR code as a drawing for any size."""
    petition = readable(db, ref)
    link = f"{request.app.state.settings.base_url}/petitions/{petition.id}"
    title = _("QR code that leads to {link}").format(link=link)
    return _picture(drawing(link, title), SVG, petition.id)


@get("/petitions/{ref:str}/qr.png", name="petitions.qr-png", guards=[anyone], sync_to_thread=True)
def qr_png(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """The same for programs that know no drawings."""
    petition = readable(db, ref)
    body = io.BytesIO()
    link = f"{request.app.state.settings.base_url}/petitions/{petition.id}"
    code_of(link).save(body, kind="png", scale=PIXELS, border=QUIET_ZONE)
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
