"""What an address asks of the public lists: filters that mean nothing fall back to what everyone finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request
from sqlalchemy.orm import Session

from app.core.paging import A_PAGE, read_page
from app.core.text.plain import tidy_line
from app.departments.queries import by_slug
from app.outcomes.queries.public import ANSWERED, STATES, Moment, Wanted
from app.outcomes.rules.answers import Grade
from app.outcomes.rules.deadlines import next_midnight

NOBODY: Final = -1  # an unknown department owes nothing
JSON: Final = "application/json; charset=utf-8"
#: any page of any site may read it
OPEN_DATA: Final = {"access-control-allow-origin": "*"}
MOST = 100
FRESH_FOR = 10.0


@dataclass(frozen=True)
class Asked:
    """``kept`` is what links carry along; ``link_query`` what of it differs from the list as everyone finds it."""

    wanted: Wanted
    page: int
    kept: Mapping[str, str]

    @property
    def offset(self) -> int:
        return (self.page - 1) * A_PAGE

    @property
    def link_query(self) -> dict[str, str]:
        return _telling(self.kept)

    @property
    def is_narrowed(self) -> bool:
        """By something else than the state."""
        return any(v for k, v in self.kept.items() if k != "state")

    def link(self, path: str = "/outcomes", **changes: str) -> str:
        """The same list with another filter, from its first page."""
        query = _telling({**self.kept, **changes})
        return f"{path}?{urlencode(query)}" if query else path


def _telling(kept: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in kept.items() if v and (k, v) != ("state", ANSWERED)}


def read_asked(request: Request[Any, Any, Any], db: Session) -> Asked:
    given = {k: tidy_line(str(v)[:MOST]) for k, v in request.query_params.items()}
    state, grade, kind = given.get("state", ""), given.get("grade", ""), given.get("kind", "")
    department = given.get("department", "")
    named = by_slug(db, department) if department else None
    wanted = Wanted(
        state=state if state in STATES else ANSWERED,
        grade=grade if grade in set(Grade) else "",
        department_id=(named.id if named else NOBODY) if department else None,
        kind=kind if kind in request.app.state.site.subjects else "",
    )
    kept = {"state": wanted.state, "grade": wanted.grade, "department": department, "kind": wanted.kind}
    return Asked(wanted, read_page(given.get("page", "")), kept)


def moment(request: Request[Any, Any, Any]) -> Moment:
    """Now, and the deployment's day."""
    state = request.app.state
    now = state.clock.now()
    return Moment(now, now.astimezone(state.settings.zone).date())


def midnight(request: Request[Any, Any, Any], at: Moment) -> datetime:
    """When what is due today becomes late."""
    return next_midnight(at.now, request.app.state.settings.zone)
