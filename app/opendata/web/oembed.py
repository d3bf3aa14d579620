"""How pages of ours are embedded, for programs that ask (oEmbed 1.0)."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound, Refusal
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.web.page import public
from app.opendata.rules.embedding import HEIGHT, LEAST_HEIGHT, LEAST_WIDTH, WIDTH, Place, read_place, snippet
from app.opendata.web.asked import ANYWHERE, Asking, offer
from app.opendata.web.embedding import FRESH, widget_of

CACHE_AGE = 3_600


class NoAddress(Refusal):
    code = "oembed-no-address"
    title = _("Say which page you want to embed")
    message = _("Give its whole address in the parameter url.")


class WrongSize(Refusal):
    code = "oembed-wrong-size"
    title = _("That is no size")
    message = _("The parameters maxwidth and maxheight are whole numbers of pixels.")


class OnlyJson(Refusal):
    status = 501
    code = "oembed-only-json"
    title = _("Only JSON is spoken here")
    message = _("Ask with format=json, or leave the parameter out.")


@get("/oembed", name="opendata.oembed", guards=[anyone], sync_to_thread=True, answers_json=True)
def oembed(request: Asking, db: NamedDependency[Session]) -> Response[bytes]:
    """404 for what is none of our pages or cannot be embedded; 501 for XML; 400 for what makes no sense."""
    found, query = offer(request), request.query_params
    if query.get("format", "json") != "json":
        raise OnlyJson
    url, width, height = query.get("url", ""), _size(query, "maxwidth"), _size(query, "maxheight")
    if not url:
        raise NoAddress
    place = read_place(url, found.publisher.base_url)
    if place is None:
        raise NotFound
    widget = widget_of(found, request, db, place.room, place.number)
    facts = _facts(found.publisher.base_url, request.app.state.settings.site_name, place, widget.title, width, height)
    return public(msgspec.json.encode(facts), "application/json", keys=widget.keys, fresh_for=FRESH, headers=ANYWHERE)


def _facts(base_url: str, site: str, place: Place, title: str, most_wide: int, most_high: int) -> dict[str, Any]:
    width, height = min(WIDTH, most_wide or WIDTH), min(HEIGHT, most_high or HEIGHT)
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": site,
        "provider_url": f"{base_url}/",
        "cache_age": CACHE_AGE,
        "width": width,
        "height": height,
        "html": snippet(base_url, place.room, place.number, title, width=width, height=height),
    }


def _size(query: Any, name: str) -> int:
    """0 where it is not asked for. What fits into less than we need is not there: 404, as the standard has it."""
    text = query.get(name, "")
    if not text:
        return 0
    if not is_whole(text, figures=6):
        raise WrongSize
    least = LEAST_WIDTH if name == "maxwidth" else LEAST_HEIGHT
    if int(text) < least:
        raise NotFound
    return int(text)


HANDLERS = [oembed]
