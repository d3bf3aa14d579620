"""Blocked sources: what administrators hold back, why, and since when."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from petitions.rules.reasons import read_words
from petitions.service import barring, holding
from petitions.service.blocking import Blocklist

DONE = frozenset({"blocked", "lifted", "again"})


@get("/admin/blocks", name="petitions.blocks", guards=[may("petitions.blocks")], sync_to_thread=True)
def blocks(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _page(request, db, account, Form())


@post(
    "/admin/blocks",
    name="petitions.blocks.post",
    guards=[may("petitions.blocks")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def block(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    state, shown = request.app.state, Form(values=form)
    kind = shown.get("kind")
    source = shown.read("source", lambda text: barring.read_source(state.keyring, kind, text), field=_blamed(kind))
    reason = shown.read("reason", read_words)
    if source is None or reason is None:
        return _page(request, db, account, shown, status=422)
    barring.block(db, _blocklist(request), source, reason, by=account.id, now=state.clock.now())
    return see_other("/admin/blocks?done=blocked")


@post(
    "/admin/blocks/{block_id:int}/lift",
    name="petitions.blocks.lift",
    guards=[may("petitions.blocks")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def lift(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    block_id: FromPath[int],
) -> Redirect:
    barring.lift(db, _blocklist(request), block_id, by=account.id, now=request.app.state.clock.now())
    return see_other("/admin/blocks?done=lifted")


@post(
    "/admin/blocks/{block_id:int}/again",
    name="petitions.blocks.again",
    guards=[may("petitions.blocks")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def block_again(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    block_id: FromPath[int],
) -> Redirect:
    """Undo a lift."""
    barring.block_again(db, _blocklist(request), block_id, by=account.id, now=request.app.state.clock.now())
    return see_other("/admin/blocks?done=again")


def _blamed(kind: str) -> str:
    """Where the fault of a source is shown: by its kind, if none was chosen."""
    return "source" if kind in barring.KINDS else "kind"


def _page(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    standing, lifted = barring.blocks(db)
    done = request.query_params.get("done", "")
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/blocks.html",
        status=status,
        staff=account,
        form=form,
        standing=standing,
        lifted=lifted,
        names=barring.names_of(db, [b.by_id for b in (*standing, *lifted)]),
        held={h.block_id: h for h in holding.held_by_block(db)},
        kinds=barring.KINDS,
        done=done if done in DONE else "",
    )
    return response


def _blocklist(request: Request[Any, Any, Any]) -> Blocklist:
    found: Blocklist = request.app.state.site.dependencies["blocklist"]
    return found


HANDLERS = [blocks, block, lift, block_again]
