"""One's own sessions: a list, ending one or all others, staying signed in."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.accounts.rules.roles import HOME, Role
from app.audit import service as audit
from app.core.security import sessions
from app.core.security.sessions import SignedIn
from app.core.subject import SubjectRef
from app.core.web.forms import Sent
from app.core.web.page import see_other

OWN = [may("accounts.own", before_factor=True)]


@get("/account/sessions", name="accounts.sessions", guards=OWN, sync_to_thread=True)
def session_list(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    signed: NamedDependency[SignedIn],
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "accounts/sessions.html",
        staff=account,
        living=sessions.of_holder(db, account.id, request.app.state.clock.now()),
        this=signed.id,
        home=HOME[Role(account.role)] if account.is_staff else "/account",
    )
    return response


@post(
    "/account/sessions/end", name="accounts.sessions.end", guards=OWN, sync_to_thread=True, status_code=303, writes=True
)
def end_session(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    account: NamedDependency[Account],
    signed: NamedDependency[SignedIn],
) -> Response[Any]:
    """One of one's own, or every other; this one ends by signing out."""
    now, which = request.app.state.clock.now(), form.get("session", "")
    mine = {row.id.hex(): row.id for row in sessions.of_holder(db, account.id, now)}
    if which == "others":
        sessions.end_all(db, account.id, but=signed.id)
    elif which in mine and mine[which] != signed.id:
        sessions.end_one(db, mine[which])
    audit.record(db, "accounts.end-sessions", SubjectRef("account", account.id), by=account.id, now=now)
    return see_other("/account/sessions")


@post(
    "/account/sessions/stay",
    name="accounts.sessions.stay",
    guards=OWN,
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def stay(
    request: Request[Any, Any, Any], db: NamedDependency[Session], signed: NamedDependency[SignedIn]
) -> Response[Any]:
    """Somebody is there: the session's idle time begins anew. Answers the seconds that are left."""
    now = request.app.state.clock.now()
    sessions.seen(db, signed, now)
    left = min(now.timestamp() + signed.idle_seconds, signed.ends_at.timestamp()) - now.timestamp()
    return Response({"seconds": int(left)}, headers={"cache-control": "no-store"})


HANDLERS = [session_list, end_session, stay]
