"""How a browser adds this site to its search box."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from litestar import Request, Response, get

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.web.page import public

KIND = "application/opensearchdescription+xml"
#: what the standard lets a short name have
MOST_NAME = 16


@get("/opensearch.xml", name="search.opensearch", guards=[anyone], sync_to_thread=True)
def description(request: Request[Any, Any, Any]) -> Response[bytes]:
    settings = request.app.state.settings
    name = escape(settings.site_name[:MOST_NAME].strip())
    about = escape(_("Search {site}").format(site=settings.site_name))
    base = escape(settings.base_url, {'"': "&quot;"})
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">'
        f"<ShortName>{name}</ShortName><Description>{about}</Description>"
        "<InputEncoding>UTF-8</InputEncoding>"
        f'<Url type="text/html" method="get" template="{base}/search?q={{searchTerms}}"/>'
        f'<Url type="application/json" method="get" template="{base}/search.json?q={{searchTerms}}"/>'
        f'<Image width="16" height="16" type="image/svg+xml">{base}{request.app.state.house.assets.url("img/favicon.svg")}</Image>'
        "</OpenSearchDescription>\n"
    )
    return public(body.encode(), KIND, keys=())


HANDLERS = [description]
