"""Alive, ready, and figures for Prometheus. No personal data in any of them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.db import Database
from app.core.errors import NotFound
from app.core.schema import newest_revision, revision_of
from app.core.text.sanitise import alarms
from app.files import queries as files
from app.mail import queries as mail

NO_STORE = {"cache-control": "no-store"}


@get("/healthz", name="front.healthz", guards=[anyone], sync_to_thread=False)
def healthz() -> Response[bytes]:
    """The process answers."""
    return Response(b'{"status":"alive"}', media_type="application/json", headers=NO_STORE)


@get("/readyz", name="front.readyz", guards=[anyone], sync_to_thread=True)
def readyz(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Database reachable and migrated, outbox moving, no crossing unserved; 503 names what is not."""
    faults = list(_faults(request.app.state))
    body = msgspec.json.encode({"status": "unready" if faults else "ready", "faults": faults})
    return Response(body, status_code=503 if faults else 200, media_type="application/json", headers=NO_STORE)


@get("/metrics", name="front.metrics", guards=[anyone], sync_to_thread=True)
def metrics(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """For loopback, or whoever brings the token; 404 to others."""
    state = request.app.state
    _allow(request, state.settings.metrics_token)
    kept = files.figures(db)
    figures = {
        "townsquare_intake_waiting": state.intake.waiting,
        "townsquare_intake_acts_total": state.intake.acts,
        "townsquare_intake_batches_total": state.intake.batches,
        "townsquare_page_cache_hits_total": state.house.cache.hits,
        "townsquare_page_cache_misses_total": state.house.cache.misses,
        "townsquare_letters_waiting": mail.count_waiting(db),
        "townsquare_letters_dead": len(mail.dead_letters(db)),
        "townsquare_files_clean": kept.clean,
        "townsquare_files_quarantined": kept.quarantined,
        "townsquare_files_refused": kept.refused,
        "townsquare_files_bytes": kept.bytes,
        "townsquare_sanitiser_alarms_total": alarms.total,
    }
    registry = CollectorRegistry()
    for name, value in figures.items():
        Gauge(name, name.removeprefix("townsquare_").replace("_", " "), registry=registry).set(value)
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4", headers=NO_STORE)


def _faults(state: Any) -> Iterable[str]:
    database: Database = state.database
    try:
        if (found := revision_of(database)) != newest_revision():
            yield f"the database is at schema {found or 'none'}: run townsquare migrate"
            return
        with database.reading() as db:
            now = state.clock.now()
            if mail.is_stuck(db, now):
                yield "letters wait in the outbox"
            for ask in state.site.readiness:
                yield from ask(db, now)
    except Exception as fault:
        yield f"the database is out of reach ({type(fault).__name__})"


def _allow(request: Request[Any, Any, Any], token: str) -> None:
    if token:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise NotFound
    elif not request.client or request.client.host not in ("127.0.0.1", "::1"):
        raise NotFound


HANDLERS = [healthz, readyz, metrics]
