"""For programs that start petitions: what there is already."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.text.plain import tidy_line
from app.core.web.page import public
from app.core.web.problems import BUSY, answers, problems
from petitions.policy import PetitionPolicy
from petitions.queries.finding import Entry
from petitions.queries.similar import similar
from petitions.rules.lifecycle import PetitionState

JSON = "application/json"
OPEN_DATA = {"access-control-allow-origin": "*"}
MOST_READ = 500  # letters of a request; more say nothing more


class SimilarPetition(Struct, frozen=True):
    """A published petition that asks for much the same."""

    id: int
    action: str
    state: str
    signature_count: int
    url: str


class SimilarPetitions(Struct, frozen=True):
    """The open ones first, then the likest; none where nothing is like it."""

    petitions: list[SimilarPetition]


_EXAMPLE = SimilarPetitions(
    [SimilarPetition(17, "Open the town library on Sundays", "open", 1023, "https://example.org/petitions/17")]
)


@get(
    "/api/v1/petitions/similar",
    name="petitions.api.similar",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Find petitions like a new one",
    responses={200: answers(SimilarPetitions, "At most five", _EXAMPLE), **problems(BUSY)},
)
def similar_petitions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    policy: NamedDependency[PetitionPolicy],
    action: Annotated[str, QueryParameter(description="What a new petition would ask for, in one line.")] = "",
) -> Response[SimilarPetitions]:
    """Published petitions that ask for much the same as a new one would; none that was rejected."""
    state = request.app.state
    now = state.clock.now()
    found = similar(db, tidy_line(action[:MOST_READ]), most=policy.similar_most, now=now)
    base = state.settings.base_url
    body = msgspec.json.encode(SimilarPetitions([_out(row, base, now) for row in found]))
    return public(body, JSON, keys=("petitions",), fresh_for=30, headers=OPEN_DATA)  # type: ignore[return-value]


def _out(row: Entry, base_url: str, now: datetime) -> SimilarPetition:
    over = row.state == PetitionState.OPEN and row.source is None and row.closes_at is not None and row.closes_at <= now
    state = str(PetitionState.CLOSED) if over else row.state
    return SimilarPetition(row.id, row.action, state, row.signature_count, f"{base_url}/petitions/{row.id}")


HANDLERS = [similar_petitions]
