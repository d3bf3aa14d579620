"""The record of what staff did: read by administrators, changed by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.audit import queries as audit
from app.audit.queries import AuditFilter
from app.audit.service import first_broken_link
from app.core.paging import A_PAGE, Page, read_page
from app.core.text.figures import is_whole
from app.core.web.forms import Form
from app.front.changes import names_of

AUDIT = "/admin/audit"
FIELDS = ("by", "act", "kind", "number")
_MOST_ACT, _MOST_KIND = 60, 40


@get(AUDIT, name="front.audit", guards=[may("front.audit")], sync_to_thread=True)
def record(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Newest first; ``?check`` walks the whole chain."""
    query = request.query_params
    typed = {name: query.get(name, "") for name in FIELDS}
    page = read_page(query.get("page", ""))
    rows, total = audit.entries(db, _wanted(typed), offset=(page - 1) * A_PAGE, most=A_PAGE)
    actors = audit.known_actors(db)
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_audit.html",
        staff=account,
        paging=Page(rows, total, page, AUDIT, {name: text for name, text in typed.items() if text}),
        form=Form(values=typed),
        names=names_of(db, [*actors, *(r.actor_id for r in rows)]),
        actors=sorted(actors),
        acts=audit.known_acts(db),
        kinds=audit.known_kinds(db),
        facts=facts_in_words,
        head=audit.head(db),
        checked="check" in query,
        broken=first_broken_link(db) if "check" in query else None,
    )
    return response


def _wanted(typed: dict[str, str]) -> AuditFilter:
    """Whatever stands in the address; what makes no sense finds nothing, or is not asked."""
    return AuditFilter(
        actor=_number(typed["by"]),
        clock=typed["by"] == "clock",
        act=typed["act"][:_MOST_ACT].replace("\0", ""),
        subject_kind=typed["kind"][:_MOST_KIND].replace("\0", ""),
        subject_id=_number(typed["number"]),
    )


def facts_in_words(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was noted with an act, by name; what says nothing is left out."""
    found = []
    for name, value in sorted(facts.items()):
        if isinstance(value, Mapping):
            found += [(f"{name}, {inner}", said) for inner, said in facts_in_words(value)]
        elif isinstance(value, (list, tuple)):
            found += [(name, ", ".join(map(str, value)))] if value else []
        elif value is not None and value != "":
            found.append((name, str(value)))
    return found


def _number(text: str) -> int | None:
    return int(text) if is_whole(text) else None


HANDLERS = [record]
