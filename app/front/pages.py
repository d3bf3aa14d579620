"""Plain pages: accessibility, privacy, standards, contact; and what machines ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, get_args
from xml.sax.saxutils import escape

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.web.page import public
from app.moderation.queries import reasons
from app.performance.queries import reports
from app.performance.queries.figures import PERFORMANCE
from app.webhooks.describing import webhooks


@get("/accessibility", name="front.accessibility", guards=[anyone], sync_to_thread=True)
def accessibility(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    state = request.app.state
    today = state.clock.now().astimezone(state.settings.zone).date()
    response: Response[bytes] = state.pages.public(
        "front/accessibility.html", keys=(PERFORMANCE,), tested=reports.newest(db, today)
    )
    return response


@get("/privacy", name="front.privacy", guards=[anyone], sync_to_thread=True)
def privacy(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _plain(request, "front/privacy.html")


@get("/contact", name="front.contact", guards=[anyone], sync_to_thread=True)
def contact(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _plain(request, "front/contact.html")


@get("/standards", name="front.standards", guards=[anyone], sync_to_thread=True)
def standards(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    rules = [{"code": r.code, "title": r.title, "rule": r.rule, "shown": not r.hides} for r in reasons(db)]
    response: Response[bytes] = request.app.state.pages.public(
        "front/standards.html", keys=("standards",), reasons=rules
    )
    return response


@get("/robots.txt", name="front.robots", guards=[anyone], sync_to_thread=True)
def robots(request: Request[Any, Any, Any]) -> Response[bytes]:
    closed = (
        "/admin",
        "/moderation",
        "/desk",
        "/follow",
        "/sign-in",
        "/signatures/",
        "/sponsor/",
        "/petitions/mine/",
        "/answers/",
        "/satisfaction/",
        "/api/",
    )
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    lines.append(f"Sitemap: {request.app.state.settings.base_url}/sitemap.xml")
    return public("\n".join(lines).encode() + b"\n", "text/plain", keys=())


@get("/sitemap.xml", name="front.sitemap", guards=[anyone], sync_to_thread=True)
def sitemap(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    state = request.app.state
    paths = ["/", "/petitions", "/standards", "/privacy", "/accessibility", "/contact"]
    for contribute in state.site.sitemap:
        paths += contribute(db)
    places = "".join(f"<url><loc>{escape(state.settings.base_url + path)}</loc></url>" for path in paths[:50_000])
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
    )
    return public(body.encode(), "application/xml", keys=("petitions",), fresh_for=600)


@get("/.well-known/security.txt", name="front.security-txt", guards=[anyone], sync_to_thread=True)
def security_txt(request: Request[Any, Any, Any]) -> Response[bytes]:
    state = request.app.state
    expires = state.clock.now() + timedelta(days=180)
    lines = [
        f"Contact: mailto:{state.settings.contact_email}",
        f"Expires: {expires:%Y-%m-%dT00:00:00Z}",
        f"Canonical: {state.settings.base_url}/.well-known/security.txt",
        "Preferred-Languages: en",
    ]
    return public("\n".join(lines).encode() + b"\n", "text/plain", keys=(), fresh_for=3600)


@get("/openapi.json", name="front.openapi", guards=[anyone], sync_to_thread=True, include_in_schema=False)
def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every call of the API, as OpenAPI 3.1."""
    schema = request.app.openapi_schema.to_schema()
    for name in _strict_bodies(request.app.routes):
        schema["components"]["schemas"][name]["additionalProperties"] = False
    for operation in (one for path in schema["paths"].values() for one in path.values()):
        if "application/json" in operation["responses"].get("400", {}).get("content", {}):
            del operation["responses"]["400"]  # the framework's, which a problem takes the place of
    schema["webhooks"] = webhooks(request.app.state.site.announced)
    body = msgspec.json.encode(schema)
    return public(body, "application/json", keys=(), headers={"access-control-allow-origin": "*"})


@get("/api/v1", name="front.api", guards=[anyone], sync_to_thread=True)
def api_root(request: Request[Any, Any, Any]) -> Redirect:
    """Where the API begins, as the catalogue of the open data gives it to portals: it leads to what there is."""
    headers = {"cache-control": "public, max-age=3600", "access-control-allow-origin": "*"}
    return Redirect("/openapi.json", status_code=302, headers=headers)


def _strict_bodies(routes: Iterable[Any]) -> Iterator[str]:
    """Names of the described bodies that refuse unknown fields; the framework does not say that of them."""
    for handler in (handler for route in routes for handler in getattr(route, "route_handlers", ())):
        body: Any = handler.parsed_data_field.annotation if handler.parsed_data_field else None
        if handler.include_in_schema and hasattr(body, "__struct_config__"):
            yield from (
                struct.__name__ for struct in _structs_of(body) if struct.__struct_config__.forbid_unknown_fields
            )


def _structs_of(kind: Any) -> Iterator[Any]:
    """A body and every one in its fields, however they hold it."""
    if hasattr(kind, "__struct_config__"):
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from _structs_of(field.type)
    for part in get_args(kind):
        yield from _structs_of(part)


def _plain(request: Request[Any, Any, Any], template: str) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.public(template, keys=())
    return response


HANDLERS = [accessibility, privacy, contact, standards, robots, sitemap, security_txt, openapi, api_root]
