"""What blocked sources asked for: moderators release or discard it, one by one or a whole source in steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.paging import A_PAGE, Page, read_page
from app.core.people.places import country_name
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from petitions.model.operation import Block
from petitions.policy import PetitionPolicy
from petitions.rules.reasons import END_REASONS, read_end_reason, read_note
from petitions.service import barring, holding

NUMBERS = ("after", "done", "kept", "total")
ACTS = frozenset({"release", "discard"})


@get("/moderation/held", name="petitions.held", guards=[may("petitions.held")], sync_to_thread=True)
def held(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """One entry for each block that holds something."""
    found = holding.held_by_block(db)
    sources = {b.id: b for blocks in barring.blocks(db) for b in blocks}
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/held.html",
        staff=account,
        held=[(sources[h.block_id], h) for h in found if h.block_id in sources],
        total=sum(h.signatures for h in found),
        kinds=barring.KINDS,
    )
    return response


@get(
    "/moderation/held/{block_id:int}", name="petitions.held-source", guards=[may("petitions.held")], sync_to_thread=True
)
def source(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    block_id: FromPath[int],
) -> Response[bytes]:
    """What one block holds, oldest first."""
    found = _block(db, block_id)
    asked, query = read_page(request.query_params.get("page", "")), request.query_params
    total = holding.count_held(db, block_id)
    number = min(asked, max(1, -(-total // A_PAGE)))
    rows = holding.held_of(db, block_id, offset=(number - 1) * A_PAGE, most=A_PAGE)
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/held_source.html",
        staff=account,
        block=found,
        by=barring.names_of(db, [found.by_id]).get(found.by_id or 0, ""),
        kinds=barring.KINDS,
        paging=Page(rows, total, number, f"/moderation/held/{block_id}", {}),
        country_name=country_name,
        act=query.get("act", "") if query.get("act", "") in (*ACTS, "one") else "",
        figures=_figures(query),
    )
    return response


@post(
    "/moderation/held/{block_id:int}/release",
    name="petitions.held-source.release",
    guards=[may("petitions.held")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def release_source(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    policy: NamedDependency[PetitionPolicy],
    form: NamedDependency[Sent],
    block_id: FromPath[int],
) -> Redirect:
    """The next 500; the page it leads to has a button for the ones after."""
    _block(db, block_id)
    state, figures = request.app.state, _figures(form)
    total = figures["total"] or holding.count_held(db, block_id)
    step = holding.release_some(
        db, state.keyring, policy, block_id, after=figures["after"], by=account.id, now=state.clock.now()
    )
    return _onwards(block_id, "release", figures | {"total": total}, step)


@get(
    "/moderation/held/{block_id:int}/discard",
    name="petitions.held-source.discarding",
    guards=[may("petitions.held")],
    sync_to_thread=True,
)
def discarding(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    block_id: FromPath[int],
) -> Response[bytes]:
    """What discarding all of it does, and why it should be done."""
    return _discarding(request, db, account, block_id, Form())


@post(
    "/moderation/held/{block_id:int}/discard",
    name="petitions.held-source.discard",
    guards=[may("petitions.held")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def discard_source(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    block_id: FromPath[int],
) -> Response[Any]:
    shown, figures = Form(values=form), _figures(form)
    reason = shown.read("reason", read_end_reason)
    note = shown.read("note", lambda text: read_note(text, shown.get("reason")))
    if reason is None or note is None:
        return _discarding(request, db, account, block_id, shown, status=422)
    _block(db, block_id)
    total = figures["total"] or holding.count_held(db, block_id)
    step = holding.discard_some(
        db, block_id, reason, note, after=figures["after"], by=account.id, now=request.app.state.clock.now()
    )
    return _onwards(block_id, "discard", figures | {"total": total}, step, {"reason": reason, "note": note})


@get(
    "/moderation/held/{block_id:int}/step",
    name="petitions.held-source.step",
    guards=[may("petitions.held")],
    sync_to_thread=True,
)
def step(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    block_id: FromPath[int],
) -> Response[bytes]:
    """How far it has come, and the button that goes on."""
    query = request.query_params
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/held_step.html",
        staff=account,
        block=_block(db, block_id),
        act="discard" if query.get("act") == "discard" else "release",
        figures=_figures(query),
        reason=query.get("reason", ""),
        note=query.get("note", ""),
        a_step=holding.A_STEP,
    )
    return response


@post(
    "/moderation/held/signatures/{signature_id:int}/release",
    name="petitions.held.release",
    guards=[may("petitions.held")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def release(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    policy: NamedDependency[PetitionPolicy],
    form: NamedDependency[Sent],
    signature_id: FromPath[int],
) -> Redirect:
    state = request.app.state
    holding.release(db, state.keyring, policy, signature_id, by=account.id, now=state.clock.now())
    block_id = form.get("block", "")
    if is_whole(block_id):
        return see_other(f"/moderation/held/{block_id}?act=one")
    return see_other(f"/moderation/signatures/{signature_id}?done=released")


def _onwards(
    block_id: int, act: str, figures: Mapping[str, int], step: holding.Step, more: Mapping[str, str] | None = None
) -> Redirect:
    """To the next step, or back to the source once all is done."""
    done, kept = figures["done"] + step.done, figures["kept"] + step.kept
    query: dict[str, str | int] = {"act": act, "done": done, "kept": kept}
    if step.last is None:
        return see_other(f"/moderation/held/{block_id}?{urlencode(query)}")
    query |= {"after": step.last, "total": max(figures["total"], done + kept), **(more or {})}
    return see_other(f"/moderation/held/{block_id}/step?{urlencode(query)}")


def _figures(given: Mapping[str, str]) -> dict[str, int]:
    """How far the steps have come; anything odd is none."""
    texts = {name: given.get(name, "") for name in NUMBERS}
    return {n: int(t) if is_whole(t) else 0 for n, t in texts.items()}


def _block(db: Session, block_id: int) -> Block:
    found = db.get(Block, block_id)
    if found is None:
        raise NotFound
    return found


def _discarding(
    request: Request[Any, Any, Any], db: Session, account: Account, block_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    found = _block(db, block_id)
    held_here = next((h for h in holding.held_by_block(db) if h.block_id == block_id), None)
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/held_discard.html",
        status=status,
        staff=account,
        block=found,
        held=held_here,
        form=form,
        reasons=END_REASONS,
        a_step=holding.A_STEP,
    )
    return response


HANDLERS = [held, source, release_source, discarding, discard_source, step, release]
