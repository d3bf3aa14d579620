"""The same search for staff: what everyone may read, and what their role and their department may."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.accounts.rules.acts import Permissions
from app.departments.queries import of_officer
from app.search.queries.finding import Found
from app.search.web.asked import read_asked
from app.search.web.finding import finder_of, page_values


@get("/moderation/search", name="search.moderation", guards=[may("search.moderation")], sync_to_thread=True)
def for_moderators(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """What waits and what was taken down, too."""
    return _page(request, db, account, "/moderation/search", "moderation")


@get("/hosting/search", name="search.hosting", guards=[may("search.hosting")], sync_to_thread=True)
def for_officials(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Drafts of consultations and town halls, too."""
    return _page(request, db, account, "/hosting/search", "hosting")


def _page(request: Request[Any, Any, Any], db: Session, account: Account, path: str, here: str) -> Response[bytes]:
    state, finder = request.app.state, finder_of(request)
    readers = readers_for(db, account, state.site.permissions)
    asked = read_asked(request.query_params, finder.choices(db), readers=readers)
    found = Found(asked.wanted.query) if asked.form.errors else finder.find(db, asked.wanted, state.clock.now())
    response: Response[bytes] = state.pages.personal(
        "search/staff.html",
        status=422 if asked.form.errors else 200,
        staff=account,
        here=here,
        **page_values(request, finder, asked, found, db, path),
    )
    return response


def readers_for(db: Session, account: Account, permissions: Permissions) -> frozenset[str]:
    """Everything this account may do, as documents name their readers: an officer's acts are those of one department."""
    acts = [row.act for row in permissions if account.role in row.roles]
    department = of_officer(db, account.id)
    return frozenset(acts) | (frozenset(f"{act}@{department.id}" for act in acts) if department else frozenset())


HANDLERS = [for_moderators, for_officials]
