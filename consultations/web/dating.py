"""What is done with a consultation once it is public: more time, late passes, taking it back, taking it off."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, Invalid
from app.core.i18n import _
from app.core.local_times import fields_of
from app.core.text.figures import is_whole
from app.core.text.plain import is_blank, length, tidy_line
from app.core.text.sections import read_reason
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.core.web.time_fields import read_time_of
from consultations import queries
from consultations.rules.lifecycle import READABLE, phase_of
from consultations.rules.lifecycle import EditorialState as E
from consultations.service import admitting, dating, ending
from consultations.service.announcing import News
from consultations.service.locking import must_be
from consultations.web.hosting import seen

ONE = "/hosting/consultations/{consultation_id:int}"


@get(f"{ONE}/extend", name="consultations.extend", guards=[may("consultations.extend")], sync_to_thread=True)
def extend_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    stands = fields_of("closes", seen(db, consultation_id).closes_at, request.app.state.settings.zone)
    return _page(request, db, account, consultation_id, "extend", Form(values=stands))


@post(
    f"{ONE}/extend",
    name="consultations.extend.post",
    guards=[may("consultations.extend")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def extend(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_news: NamedDependency[News],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """Shows first what it brings; ``go=extend`` does it."""
    shown, twice, now = Form(values=form), dict[str, Any](), request.app.state.clock.now()
    try:
        closes = read_time_of(request, shown, form, "closes", twice)
        if closes is None and not shown.errors:
            shown.refuse("closes_day", str(_("Enter the new day and time.")))
        reason = shown.read("reason", read_reason)
        shown.check()
        assert closes is not None
        assert reason is not None
        if form.get("go") == "extend":
            dating.extend(db, consultation_news, consultation_id, closes, reason, by=account.id, now=now)
            return see_other(f"/hosting/consultations/{consultation_id}")
        before = seen(db, consultation_id).closes_at
        assert before is not None
        dating.check_later(before, closes, now)
    except Invalid as wrong:
        db.rollback()
        again = Form.again(form, wrong)
        return _page(request, db, account, consultation_id, "extend", again, status=422, twice=twice)
    check: dict[str, Any] = {} if form.get("go") == "edit" else {"closes": closes}
    return _page(request, db, account, consultation_id, "extend", Form(values=form), twice=twice, **check)


@get(f"{ONE}/late", name="consultations.passes", guards=[may("consultations.admit")], sync_to_thread=True)
def pass_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, consultation_id, "late", Form())


@post(
    f"{ONE}/late",
    name="consultations.admit",
    guards=[may("consultations.admit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def admit(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """A new pass; with ``revoke`` one that admits nobody any more."""
    now, path = request.app.state.clock.now(), f"/hosting/consultations/{consultation_id}/late"
    if is_whole(text := form.get("revoke", "")):
        admitting.revoke(db, consultation_id, int(text), by=account.id, now=now)
        return see_other(path)
    shown, twice = Form(values=form), dict[str, Any]()
    try:
        until = read_time_of(request, shown, form, "until", twice)
        if until is None and not shown.errors:
            shown.refuse("until_day", str(_("Enter until when they may respond.")))
        admitted, reason = shown.read("admitted", _read_admitted), shown.read("reason", read_reason)
        shown.check()
        assert until is not None
        assert admitted is not None
        assert reason is not None
        late = admitting.admit(db, consultation_id, admitted, reason, until, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        again = Form.again(form, wrong)
        return _page(request, db, account, consultation_id, "late", again, status=422, twice=twice)
    return see_other(f"{path}#pass-{late.id}")


@get(f"{ONE}/withdraw", name="consultations.withdraw", guards=[may("consultations.withdraw")], sync_to_thread=True)
def withdraw_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, consultation_id, "withdraw", Form())


@post(
    f"{ONE}/withdraw",
    name="consultations.withdraw.post",
    guards=[may("consultations.withdraw")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def withdraw(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_news: NamedDependency[News],
    consultation_id: FromPath[int],
) -> Response[Any]:
    shown = Form(values=form)
    reason = shown.read("reason", read_reason)
    if reason is None:
        return _page(request, db, account, consultation_id, "withdraw", shown, status=422)
    now = request.app.state.clock.now()
    ending.withdraw(db, consultation_news, consultation_id, reason, by=account.id, now=now)
    return see_other(f"/hosting/consultations/{consultation_id}")


@get(f"{ONE}/unpublish", name="consultations.unpublish", guards=[may("consultations.withdraw")], sync_to_thread=True)
def unpublish_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, consultation_id, "unpublish", Form())


@post(
    f"{ONE}/unpublish",
    name="consultations.unpublish.post",
    guards=[may("consultations.withdraw")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def unpublish(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    shown, now = Form(values=form), request.app.state.clock.now()
    reason, merged = shown.read("reason", read_reason), shown.read("merged_into", _read_merged)
    try:
        shown.check()
        assert reason is not None
        ending.unpublish(db, consultation_id, reason, merged_into=merged, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, account, consultation_id, "unpublish", Form.again(form, wrong), status=422)
    return see_other(f"/hosting/consultations/{consultation_id}")


def _read_admitted(text: str) -> str:
    text = tidy_line(text)
    if is_blank(text):
        raise BadField(_("Say whom you admit: a name, or an organisation."))
    if length(text) > 200:
        raise BadField(_("Keep it to 200 characters."))
    return text


def _read_merged(text: str) -> int | None:
    text = text.strip()
    if text and not is_whole(text):
        raise BadField(_("Give the number at the end of the other one's address."))
    return int(text) if text else None


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    consultation_id: int,
    what: str,
    form: Form,
    *,
    status: int = 200,
    **more: Any,
) -> Response[bytes]:
    state, consultation = request.app.state, seen(db, consultation_id)
    must_be(consultation, READABLE if what == "unpublish" else (E.PUBLISHED,))
    passes = queries.late_passes(db, consultation.id)
    response: Response[bytes] = state.pages.personal(
        f"consultations/hosting/{what}.html",
        status=status,
        staff=account,
        consultation=consultation,
        phase=phase_of(consultation, state.clock.now()),
        passes=[(p, state.settings.base_url + admitting.path_of(state.keyring, p)) for p in passes],
        zone=state.settings.time_zone,
        form=form,
        now=state.clock.now(),
        **({"closes": None, "twice": {}} | more),
    )
    return response


HANDLERS = [
    extend_page,
    extend,
    pass_page,
    admit,
    withdraw_page,
    withdraw,
    unpublish_page,
    unpublish,
]
