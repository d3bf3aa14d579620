"""Notices on top of every page: written, looked at, put up, changed, taken down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid
from app.core.subject import SubjectRef
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.front.changes import changes_to, names_of
from app.operation import banners
from app.operation.banners import BannerText
from app.operation.model import Banner
from app.operation.rules import Level, read_instant, read_reason, read_words

LEVELS = {str(level) for level in Level}
FIELDS = ("words", "level", "starts", "ends", "reason")


@get("/admin/banners", name="front.banners", guards=[may("front.banners")], sync_to_thread=True)
def banner_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _list(request, db, account, Form(values={"level": str(Level.IMPORTANT)}))


@post(
    "/admin/banners",
    name="front.banners.post",
    guards=[may("front.banners")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add_banner(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """First shown as everyone will see it; put up at the second press."""
    asked, now = Form(values={name: form.get(name, "") for name in FIELDS}), request.app.state.clock.now()
    read = _read(request, asked, now)
    if read is None:
        return _list(request, db, account, asked, status=422)
    text, reason = read
    if form.get("step") != "sure":
        is_edit = form.get("step") == "edit"
        return _list(request, db, account, asked) if is_edit else _preview(request, account, asked, text, None)
    banners.add(db, text, reason=reason, by=account.id, now=now)
    return see_other("/admin/banners")


@get("/admin/banners/{banner_id:int}", name="front.banner", guards=[may("front.banners")], sync_to_thread=True)
def banner(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    banner_id: FromPath[int],
) -> Response[bytes]:
    return _one(request, db, account, banners.one(db, banner_id), Form())


@post(
    "/admin/banners/{banner_id:int}",
    name="front.banner.post",
    guards=[may("front.banners")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_banner(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    banner_id: FromPath[int],
) -> Response[Any]:
    """``act``: ``down`` or ``back``; without one its words and times change, after a look at them."""
    asked, now = Form(values={name: form.get(name, "") for name in FIELDS}), request.app.state.clock.now()
    row = banners.one(db, banner_id)
    if form.get("act") in ("down", "back"):
        reason = asked.read("reason", read_reason)
        if reason is None:
            return _one(request, db, account, row, asked, status=422)
        act = banners.take_down if form.get("act") == "down" else banners.put_back
        act(db, banner_id, reason=reason, by=account.id, now=now)
        return see_other("/admin/banners")
    read = _read(request, asked, now)
    if read is None:
        return _one(request, db, account, row, asked, status=422)
    text, reason = read
    if form.get("step") != "sure":
        is_edit = form.get("step") == "edit"
        return _one(request, db, account, row, asked) if is_edit else _preview(request, account, asked, text, row)
    banners.change(db, banner_id, text, reason=reason, by=account.id, now=now)
    return see_other("/admin/banners")


def _read(request: Request[Any, Any, Any], asked: Form, now: datetime) -> tuple[BannerText, str] | None:
    """What was typed; None with its faults in the form. Without a beginning it begins at once."""
    zone = request.app.state.settings.zone
    words, level = asked.read("words", read_words), asked.read("level", chosen("level", LEVELS))
    starts = asked.read("starts", lambda text: read_instant(text, zone))
    ends = asked.read("ends", lambda text: read_instant(text, zone))
    reason = asked.read("reason", read_reason)
    if asked.errors or words is None or level is None or reason is None:
        return None
    text = BannerText(words, Level(level), starts or now, ends)
    try:
        text.check(now)
    except Invalid as wrong:
        asked.errors.update({e.field: str(e.message) for e in wrong.errors})
        return None
    return text, reason


def _preview(
    request: Request[Any, Any, Any], account: Account, asked: Form, text: BannerText, row: Banner | None
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_banner_check.html", staff=account, form=asked, fields=FIELDS, text=text, row=row
    )
    return response


def _list(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    now = state.clock.now()
    standing, over = banners.standing(db, now), banners.over(db, now)
    response: Response[bytes] = state.pages.personal(
        "front/admin_banners.html",
        status=status,
        staff=account,
        standing=standing,
        over=over,
        names=names_of(db, (b.by_id for b in (*standing, *over))),
        form=form,
        zone=state.settings.zone.key,
        now=now,
    )
    return response


def _one(
    request: Request[Any, Any, Any], db: Session, account: Account, row: Banner, form: Form, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    zone = state.settings.zone

    def typed(at: datetime | None) -> str:
        return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if at else ""

    kept = {"words": row.words, "level": row.level, "starts": typed(row.starts_at), "ends": typed(row.ends_at)}
    response: Response[bytes] = state.pages.personal(
        "front/admin_banner.html",
        status=status,
        staff=account,
        row=row,
        form=Form(values={**kept, **{k: v for k, v in form.values.items() if v}}, errors=form.errors),
        changes=changes_to(db, SubjectRef("banner", row.id)),
        zone=zone.key,
        now=state.clock.now(),
    )
    return response


HANDLERS = [banner_list, add_banner, banner, change_banner]
