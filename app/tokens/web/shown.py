"""One token, as an administrator and its department's officers see it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.web.forms import Form
from app.departments.model import Department
from app.tokens.model import Token
from app.tokens.queries import of_disabled, one
from app.tokens.rules.scopes import SCOPE_NAMES, Scope


def scopes_in_words(token: Token) -> list[tuple[str, str]]:
    """Name and meaning of each."""
    return [SCOPE_NAMES[scope] for scope in Scope if scope in token.scopes]


def one_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    department: Department,
    token_id: int,
    form: Form,
    path: str,
    *,
    status: int = 200,
    done: bool = False,
) -> Response[bytes]:
    """What it may do, since when and until when, when it was used last, and the form to revoke it; ``path``: of the
    list it stands on."""
    token, state = one(db, token_id, department.id), request.app.state
    if token is None:
        raise NotFound
    response: Response[bytes] = state.pages.personal(
        "tokens/one.html",
        status=status,
        staff=account,
        department=department,
        token=token,
        is_living=token.is_living(state.clock.now()),
        may=scopes_in_words(token),
        people=_people(db, token),
        is_orphaned=bool(of_disabled(db, [token])),
        path=path,
        form=form,
        done=done and token.ended_at is not None,
    )
    return response


def _people(db: Session, token: Token) -> dict[int, str]:
    """Who issued and who ended it, by name."""
    wanted = [i for i in (token.created_by_id, token.ended_by_id) if i is not None]
    rows = db.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {account: name for account, name in rows}
