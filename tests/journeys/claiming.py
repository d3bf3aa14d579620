"""Which part of the walk sees which page. Routes and templates are taken from the house itself, so that a new page
cannot be forgotten: a part claims it, or it stands below with the reason why it is no page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from app.main import House

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
#: what answers GET and is no page to look at
NO_PAGES = {
    "/petitions.json": "data",
    "/petitions.csv": "a table",
    "/standards/log.csv": "a table",
    "/petitions.atom": "a feed",
    "/outcomes.json": "data",
    "/outcomes.csv": "a table",
    "/desk/figures.csv": "a table",
    "/outcomes.atom": "a feed",
    "/departments.json": "data",
    "/calendar.ics": "a calendar",
    "/petitions/{ref}/count.json": "data",
    "/trending.json": "data",
    "/topics.json": "data",
    "/data/catalog.jsonld": "data",
    "/data/{name}": "a table",
    "/data/dumps/{dump}/{name}": "a file to save",
    "/oembed": "data",
    "/petitions/{ref}/history.json": "data",
    "/petitions/{ref}/history.csv": "a table",
    "/petitions/{ref}/areas.json": "data",
    "/petitions/{ref}/areas.csv": "a table",
    "/areas.json": "data",
    "/petitions/{ref}/qr.svg": "a picture",
    "/petitions/{ref}/qr.png": "a picture",
    "/consultations.json": "data",
    "/consultations.csv": "a table",
    "/consultations.atom": "a feed",
    "/api/v1/consultations": "data",
    "/api/v1/consultations/{consultation_id}": "data",
    "/api/v1/petitions": "data",
    "/api/v1/petitions/{petition_id}": "data",
    "/api/v1/petitions/{petition_id}/history": "data",
    "/api/v1/petitions/{petition_id}/versions": "data",
    "/api/v1/petitions/similar": "data",
    "/account/download": "data",
    "/mine/download": "data",
    "/petitions/{ref}/discussion.atom": "a feed",
    "/api/v1/discussions/{kind}/{subject_id}": "data",
    "/api/v1/comments/{comment_id}": "data",
    "/api/v1/comments/{comment_id}/replies": "data",
    "/api/v1/comments/{comment_id}/versions": "data",
    "/files/{file_id}/{name}": "a file to save",
    "/desk/referrals/{referral_id}/documents/{file_id}": "a file to save",
    "/consultations/{ref}/answer/{key}/copy.txt": "a text to save",
    "/responses/receipt/{token}/pdf": "a file to save",
    "/consultations/{ref}/discussion.atom": "a feed",
    "/consultations/{ref}/responses.atom": "a feed",
    "/consultations/{ref}/figures.csv": "a table",
    "/consultations/{ref}/figures.json": "data",
    "/consultations/{ref}/responses.csv": "a table",
    "/consultations/{ref}/responses.json": "data",
    "/consultations/{ref}/roll.json": "data",
    "/consultations/{ref}/roll.txt": "plain text",
    "/desk/consultations/{consultation_id}/export/columns.csv": "a table",
    "/desk/consultations/{consultation_id}/paper/template.csv": "a table",
    "/desk/consultations/{consultation_id}/paper/template.xlsx": "a table",
    "/desk/consultations/{consultation_id}/text.csv": "a table",
    "/desk/consultations/{consultation_id}/text.json": "data",
    "/hosting/consultations/{consultation_id}/documents/{file_id}": "a file to save",
    "/desk/consultations/{consultation_id}/responses/{response_id}/files/{file_id}": "a file to save",
    "/townhalls.json": "data",
    "/townhalls.atom": "a feed",
    "/townhalls.ics": "a calendar",
    "/townhalls/{ref}/qr.svg": "a picture",
    "/townhalls/{ref}/questions.csv": "a table",
    "/townhalls/{ref}/questions.json": "data",
    "/townhalls/{ref}/captions.txt": "plain text",
    "/townhalls/{ref}/captions.vtt": "captions for a player",
    "/townhalls/{hall_id}/events": "a stream",
    "/townhalls/{hall_id}/state": "data",
    "/api/v1/referrals": "data",
    "/api/v1/referrals/{referral_id}": "data",
    "/api/v1/referrals/{referral_id}/answers": "data",
    "/api/v1/outcomes": "data",
    "/api/v1/commitments/{commitment_id}": "data",
    "/api/v1/departments": "data",
    "/api/v1/departments/{slug}": "data",
    "/api/v1/topics": "data",
    "/api/v1/townhalls": "data",
    "/api/v1/trails/{kind}/{subject_id}": "data",
    "/api/v1/townhalls/{hall_id}": "data",
    "/hosting/townhalls/{hall_id}/documents/{file_id}": "a file to save",
    "/performance.json": "data",
    "/performance/{name}": "a table",
    "/search.json": "data",
    "/api/v1/search": "data",
    "/opensearch.xml": "for machines",
    "/openapi.json": "data",
    "/api/v1": "leads to what it says of itself",
    "/robots.txt": "for machines",
    "/sitemap.xml": "for machines",
    "/.well-known/security.txt": "plain text",
    "/healthz": "for machines",
    "/readyz": "for machines",
    "/schema-is-served-at-openapi.json": "the framework's own",
    "/schema-is-served-at-openapi.json/openapi.json": "the framework's own",
    "/schema-is-served-at-openapi.json/{path}": "the framework's own",
    "/metrics": "for machines",
    "/moderation/live": "a stream",
    "/moderation/now": "data",
    "/moderation/next": "leads to a case",
}
#: parts of pages, and what others are built on
NO_PAGE_TEMPLATES = (
    "consultations/answer/receipt_print.html",
    "macros/",
    "base.html",
    "staff.html",
    "mail.txt",
    "consultations/building/differences.html",
    "consultations/building/frame.html",
    "consultations/building/macros.html",
    "townhalls/registering/macros.html",
)


class Part(NamedTuple):
    """One part of the walk, and the beginnings of what it claims; a longer beginning goes before a shorter one."""

    name: str
    routes: tuple[str, ...]
    templates: tuple[str, ...]


TALKING = Part(
    "petitions and what is said about them",
    (
        "/",
        "/accessibility",
        "/contact",
        "/privacy",
        "/standards",
        "/dev/mail",
        "/areas",
        "/follow",
        "/following",
        "/performance",
        "/petitions",
        "/satisfaction",
        "/search",
        "/signatures",
        "/sponsor",
        "/discussions",
        "/data",
        "/embed",
        "/outcomes",
        "/departments",
        "/commitments",
        "/answers",
        "/comments",
        "/account/comments",
        "/moderation/discussions",
    ),
    (
        "areas/",
        "front/",
        "petitions/",
        "comments/",
        "following/",
        "opendata/",
        "outcomes/public/",
        "performance/",
        "search/",
        "errors/page.html",
    ),
)
JUDGING = Part(
    "members and moderators",
    (
        "/account",
        "/confirm-it-is-you",
        "/erased",
        "/mine",
        "/set-password",
        "/sign-in",
        "/sign-up",
        "/appeals",
        "/illegal-content",
        "/report-illegal",
        "/moderation",
    ),
    ("accounts/", "moderation/", "petitions/staff/", "search/staff.html", "errors/too_late.html"),
)
GOVERNING = Part(
    "officers and administrators",
    ("/admin", "/desk"),
    (
        "areas/admin",
        "front/admin",
        "opendata/oversee.html",
        "webhooks/",
        "performance/admin",
        "tokens/",
        "outcomes/",
        "consultations/desk/",
        "petitions/debate/",
        "petitions/creating_stopped.html",
        "petitions/signing_stopped.html",
        "petitions/staff/blocks.html",
        "petitions/staff/petition_topics.html",
        "petitions/staff/stops",
        "moderation/holidays.html",
        "moderation/reason",
        "errors/held.html",
    ),
)
RESPONDING = Part(
    "respondents",
    ("/responses", "/consultations/late/{token}", "/consultations/{ref}/answer"),
    ("consultations/answer/",),
)
BUILDING = Part(
    "questionnaires and the list of consultations",
    ("/hosting/consultations/{consultation_id}/questions", "/consultations/{consultation_id}/questions"),
    ("consultations/building/", "consultations/list.html"),
)
CONSULTING = Part(
    "consultations, their draft texts, and what is published of them",
    (
        "/consultations",
        "/hosting",
        "/trails",
        *(
            f"/desk/consultations/{{consultation_id}}/{page}"
            for page in ("answers", "check", "enter", "export", "feedback", "paper", "publish", "text")
        ),
    ),
    ("consultations/", "trails/"),
)
REGISTERING = Part(
    "registering for a town hall, and what letters about it lead to",
    (
        "/townhalls/cancel",
        "/townhalls/confirm",
        "/townhalls/not-me",
        "/townhalls/unsubscribe",
        "/townhalls/{hall_id}/place",
        "/townhalls/{hall_id}/register",
    ),
    ("townhalls/registering/",),
)
SCHEDULING = Part(
    "town halls before they begin, and how they are found",
    (
        "/hosting/townhalls",
        "/join",
        "/townhalls",
    ),
    (
        "townhalls/hosting/",
        "townhalls/join.html",
        "townhalls/list.html",
        "townhalls/minutes.html",
        "townhalls/page",
    ),
)
LIVING = Part(
    "town halls while they are live, and after",
    (
        "/hosting/townhalls/{hall_id}/console",
        "/moderation/townhalls",
        "/desk/townhalls",
        "/townhalls/{hall_id}",
        "/townhalls/{ref}/captions",
    ),
    ("townhalls/",),
)
PARTS = (TALKING, JUDGING, GOVERNING, RESPONDING, BUILDING, CONSULTING, REGISTERING, SCHEDULING, LIVING)


def routes_of(house: House) -> set[str]:
    """Of everything that answers GET."""
    return {
        route.path_format  # type: ignore[attr-defined]
        for route in house.router.routes
        if any("GET" in h.http_methods for h in getattr(route, "route_handlers", ()))
    }


def templates() -> set[str]:
    """Of every page."""
    found = {str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.html")}
    return {p for p in found if not p.startswith(NO_PAGE_TEMPLATES)}


def route_claims(route: str) -> list[tuple[Part, str]]:
    """Who claims it, and by which beginning: the longest first."""
    fitting = [(p, c) for p in PARTS for c in p.routes if route == c or (c != "/" and route.startswith(c + "/"))]
    return _longest_first(fitting)


def template_claims(template: str) -> list[tuple[Part, str]]:
    return _longest_first([(p, c) for p in PARTS for c in p.templates if template.startswith(c)])


def not_visited(house: House, part: Part, been: Iterable[str]) -> list[str]:
    """Routes of this part of which no page was seen."""
    routes = routes_of(house)
    plain = {route for route in routes if "{" not in route}
    patterns = {route: re.compile(re.sub(r"\{[^}]*\}", "[^/]+", route)) for route in routes}
    seen = {
        route
        for route, pattern in patterns.items()
        if any(pattern.fullmatch(path) and (route in plain or path not in plain) for path in been)
    }
    return sorted(r for r in routes - seen - NO_PAGES.keys() if _claims(part, route_claims(r)))


def never_shown(house: House, part: Part) -> list[str]:
    """Page templates of this part that no visit has rendered."""
    shown = {str(name) for _loader, name in house.pages.jinja.cache or {}}  # type: ignore[union-attr]
    return sorted(t for t in templates() - shown if _claims(part, template_claims(t)))


def _claims(part: Part, claims: list[tuple[Part, str]]) -> bool:
    return bool(claims) and claims[0][0] is part


def _longest_first(claims: list[tuple[Part, str]]) -> list[tuple[Part, str]]:
    return sorted(claims, key=lambda claim: -len(claim[1]))
