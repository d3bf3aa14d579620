"""What is done on a case's page beside deciding it: taking it, leaving it, remarks, standing back, another department."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import FieldError, Invalid, NotFound
from app.core.web.error_pages import wants_problem
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import claims, notes
from app.moderation.web.case import case_and_kind, show_case
from app.moderation.web.queue import address, wanted_of
from app.moderation.web.saying import say_holder


@post(
    "/moderation/{case_id:int}/claim",
    name="moderation.claim",
    guards=[may("moderation.decide")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def claim(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    case_id: FromPath[int],
) -> Response[Any]:
    """Take it for five minutes, or five more; scripts get who has it, in words."""
    state = request.app.state
    now = state.clock.now()
    holder = claims.claim(db, case_id, account.id, now, moderated=state.site.moderated)
    if not wants_problem(request.scope):
        return see_other(address(f"/moderation/{case_id}", wanted_of(request)))
    words = say_holder(holder, account.id, state.settings.zone) if holder else ""
    answer = msgspec.json.encode({"words": words, "mine": holder is not None and holder.account_id == account.id})
    return Response(answer, status_code=200, media_type="application/json", headers={"cache-control": "no-store"})


@post(
    "/moderation/{case_id:int}/release",
    name="moderation.release",
    guards=[may("moderation.decide")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def release(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    case_id: FromPath[int],
) -> Response[Any]:
    """Leave it to others."""
    claims.release(db, case_id, account.id, request.app.state.clock.now())
    return see_other(address("/moderation", wanted_of(request)))


@post(
    "/moderation/{case_id:int}/notes",
    name="moderation.note",
    guards=[may("moderation.decide")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add_note(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    case_id: FromPath[int],
) -> Response[Any]:
    """A remark that stays among moderators."""
    try:
        notes.add_note(db, case_id, form.get("remark", ""), by=account.id, now=request.app.state.clock.now())
    except Invalid as wrong:
        db.rollback()
        named = Invalid([FieldError("remark", e.message) for e in wrong.errors])
        return show_case(request, db, account, case_id, Form.again(form, named), status=422)
    return see_other(address(f"/moderation/{case_id}", wanted_of(request)) + "#notes")


@post(
    "/moderation/{case_id:int}/stand-back",
    name="moderation.stand-back",
    guards=[may("moderation.decide")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def stand_back(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    case_id: FromPath[int],
) -> Response[Any]:
    """A relative, a neighbour, an interest: others decide."""
    try:
        claims.step_back(db, case_id, form.get("why", ""), by=account.id, now=request.app.state.clock.now())
    except Invalid as wrong:
        db.rollback()
        return show_case(request, db, account, case_id, Form.again(form, wrong), status=422)
    return see_other(address("/moderation/next", wanted_of(request)))


@post(
    "/moderation/{case_id:int}/lead",
    name="moderation.lead",
    guards=[may("moderation.lead")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_lead(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    case_id: FromPath[int],
) -> Response[Any]:
    """Name another lead department for something that was published."""
    case, kind = case_and_kind(request, db, case_id)
    if case.state != "decided":
        raise NotFound
    try:
        now = request.app.state.clock.now()
        kind.change_lead(db, case.subject_id, form.get("department", ""), by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        return show_case(request, db, account, case_id, Form.again(form, wrong), status=422)
    return see_other(f"/moderation/{case_id}")


HANDLERS = [claim, release, add_note, stand_back, change_lead]
