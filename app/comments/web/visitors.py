"""Who speaks, how often they may, and the way through sign-in that keeps what they typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts import drafts
from app.accounts.guards import who
from app.accounts.model import Account
from app.comments.policy import CommentsPolicy
from app.comments.rules.threads import TooFast
from app.core.errors import TooLarge, TooMany
from app.core.security.limits import Allowance
from app.core.web.page import see_other

#: no mailbox of drafts: what fits into a comment fits into this, other fields included
MOST_KEPT = 60_000


def policy_of(request: Request[Any, Any, Any]) -> CommentsPolicy:
    found: CommentsPolicy = request.app.state.site.dependencies["comments_policy"]
    return found


def speaker(request: Request[Any, Any, Any], act: str) -> Account | None:
    """The account that may do this act; None for whoever has to sign in first, or with another account."""
    account = who(request)
    return account if account and request.app.state.permissions.opens(account.role, act) else None


def sign_in_first(request: Request[Any, Any, Any], db: Session, path: str, fields: Mapping[str, str]) -> Redirect:
    """On to sign-in; what was typed is kept for a day and stands in the form at ``path`` afterwards."""
    if sum(len(v.encode()) for v in fields.values()) > MOST_KEPT:
        raise TooLarge
    spend_draft(request)
    state = request.app.state
    token = drafts.keep(db, state.keyring, path, dict(fields), state.clock.now())
    return see_other(f"/sign-in?draft={token}")


def spend_draft(request: Request[Any, Any, Any]) -> None:
    """What is kept for nobody in particular is little: one network cannot fill the table."""
    client = request.client.host if request.client else ""
    try:
        request.app.state.limits.spend(policy_of(request).network, client, "comments", "draft")
    except TooMany as busy:
        raise TooFast(retry_after=busy.retry_after) from busy


def kept(request: Request[Any, Any, Any], db: Session) -> Mapping[str, str]:
    """What was typed before signing in; empty where nothing was, or for somebody who has not signed in."""
    state, token = request.app.state, request.query_params.get("draft", "")
    found = drafts.read(db, state.keyring, token, state.clock.now()) if token and who(request) else None
    return found.fields if found is not None else {}


def spend(request: Request[Any, Any, Any], account: Account, act: str, allowance: Allowance) -> None:
    """Count one act: of the account first, then of its network; raises :class:`TooFast`."""
    limits = request.app.state.limits
    client = request.client.host if request.client else ""
    try:
        limits.spend(allowance, "", "comments", act, str(account.id))
        limits.spend(policy_of(request).network, client, "comments", act)
    except TooMany as busy:
        raise TooFast(retry_after=busy.retry_after) from busy
