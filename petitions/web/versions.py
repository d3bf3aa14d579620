"""Every version of a published text, and what changed from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.text.changes import Part, word_changes
from petitions import queries
from petitions.model.petition import Petition, TextVersion
from petitions.queries.readable import readable_by_id
from petitions.rules.texts import Texts
from petitions.web.addressed import petition_id_of


@dataclass(frozen=True)
class ShownVersion:
    """One version, with what changed in its three texts since the one before; None for the first."""

    version: TextVersion
    changes: list[list[Part]] | None


@get("/petitions/{ref:str}/versions", name="petitions.versions", guards=[anyone], sync_to_thread=True)
def versions(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    petition = _published(db, petition_id_of(ref))
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "petitions/versions.html",
        keys=(f"petition:{petition.id}",),
        petition=petition,
        versions=shown_versions(queries.versions(db, petition.id)),
        canonical_url=f"{state.settings.base_url}/petitions/{petition.id}/versions",
    )
    return response


def shown_versions(stored: Sequence[TextVersion]) -> list[ShownVersion]:
    """The newest first."""
    found: list[ShownVersion] = []
    before: Texts | None = None
    for version in stored:
        texts = Texts(version.action, version.background, version.additional_details)
        changes = [word_changes(a, b) for a, b in zip(before, texts, strict=True)] if before else None
        found.append(ShownVersion(version, changes))
        before = texts
    return found[::-1]


def _published(db: Session, petition_id: int) -> Petition:
    """Whoever may read the petition may read its versions."""
    petition = readable_by_id(db, petition_id)
    if not (petition.was_published or petition.source):
        raise NotFound
    return petition


HANDLERS = [versions]
