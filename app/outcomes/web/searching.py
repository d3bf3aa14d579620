"""Everything people told a department about something, room by room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.subject import SubjectRef
from app.core.text.plain import tidy_line
from app.core.text.words import words_of
from app.departments.acting import department_of
from app.outcomes.contribution import Told
from app.outcomes.queries.inbox import on_desk
from app.outcomes.service.desk import cards_read

MOST, MOST_LENGTH = 20, 100


@get("/desk/search", name="outcomes.search", guards=[may("outcomes.desk")], sync_to_thread=True)
def search(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """``q``: words that every find has in some form."""
    state, department = request.app.state, department_of(db, account)
    q = tidy_line(request.query_params.get("q", "").replace("\0", ""))[:MOST_LENGTH].strip()
    found = [t for heard in state.site.heard for t in heard(db, department.id, q, MOST)] if words_of(q) else []
    response: Response[bytes] = state.pages.personal(
        "outcomes/search.html",
        staff=account,
        department=department,
        q=q,
        groups=_by_kind(found),
        kinds={kind: str(one.name) for kind, one in state.site.searchable.items()},
        matters=_matters(db, department.id, found),
        most=MOST,
        most_length=MOST_LENGTH,
        cards=cards_read(db, account.id),
    )
    return response


def _by_kind(found: Sequence[Told]) -> Mapping[str, Sequence[Told]]:
    groups: dict[str, list[Told]] = {}
    for told in found:
        groups.setdefault(told.kind, []).append(told)
    return groups


def _matters(db: Session, department_id: int, found: Sequence[Told]) -> Mapping[SubjectRef, int]:
    return on_desk(db, department_id, {told.subject for told in found if told.subject is not None})


HANDLERS = [search]
