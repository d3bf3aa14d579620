"""Small pages for the pages of others: a title, a figure, a link to us. They do nothing and know nobody.

Whoever embeds one may hide it, cover it or make it look like something else; there is nothing on it that a click
could do but open our page. Every other page of the site refuses to be in a frame.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.i18n import DEFAULT_LANGUAGE, language
from app.core.web.page import HTML, public
from app.opendata.contribution import Widget
from app.opendata.offer import OpenData
from app.opendata.rules.embedding import Look, NotAsked, policy, read_look
from app.opendata.web.asked import Asking, offer

FRESH = 60.0
LANGUAGES = (DEFAULT_LANGUAGE,)
_STATIC = Path(__file__).resolve().parents[2] / "static"
#: in the page itself: a frame that its embedder has shut in may not fetch it
STYLE: Final = Markup((_STATIC / "css" / "embed.css").read_text(encoding="utf-8"))  # noqa: S704  ours
STYLE_DIGEST: Final = f"sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}"


@get("/embed/{room:str}/{number:int}", name="opendata.embed", guards=[anyone], sync_to_thread=True)
def embed(request: Asking, db: NamedDependency[Session], room: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    found, state = offer(request), request.app.state
    widget = widget_of(found, request, db, room, number)
    look = _look(request)
    before = language.set(look.language)
    try:
        body = state.pages.render("opendata/embed.html", widget=widget, look=look, style=STYLE)
    finally:
        language.reset(before)
    until = widget.good_until
    return public(body, HTML, keys=widget.keys, good_until=until, fresh_for=FRESH, headers=_headers(found))


def widget_of(found: OpenData, request: Asking, db: Session, room: str, number: int) -> Widget:
    """NotFound where nobody may embed, or there is no such thing to show."""
    show = found.embeds.get(room) if found.policy.may_be_embedded else None
    widget = show(db, number, found.at(request.app.state.clock.now())) if show else None
    if widget is None:
        raise NotFound
    return widget


def _look(request: Asking) -> Look:
    try:
        return read_look(request.query_params.multi_items(), LANGUAGES)
    except NotAsked as unknown:
        raise NotFound from unknown


def _headers(found: OpenData) -> dict[str, str]:
    return {
        "content-security-policy": policy(STYLE_DIGEST, found.policy.embed_by),
        "cross-origin-resource-policy": "cross-origin",
        "x-robots-tag": "noindex",
    }


HANDLERS = [embed]
