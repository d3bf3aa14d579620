"""The host's console and the moderators' desk of one hall. Their forms are sent where everyone's are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.guards import may, signed
from app.accounts.model import Account
from app.core.i18n import _
from app.departments import queries as departments
from app.moderation import queries as moderation
from townhall.model import AgendaItem, Hall
from townhall.queries import showing, standing
from townhall.queries.pages import state_of
from townhall.web.doors import answering_page
from townhall.web.posted import Typed, field_id, new_command_id
from townhall.web.readable import readable_hall
from townhall.web.words import DONE, words_for_script


@get(
    "/hosting/townhalls/{hall_id:int}/console",
    name="townhalls.console",
    guards=[may("townhalls.host")],
    sync_to_thread=True,
)
def console(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return console_page(request, db, account, hall_id)


@get(
    "/moderation/townhalls/{hall_id:int}",
    name="townhalls.desk",
    guards=[may("townhalls.moderate")],
    sync_to_thread=True,
)
def desk(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return desk_page(request, db, account, hall_id)


def console_page(
    request: Request[Any, Any, Any], db: Session, account: Account, hall_id: int, typed: Typed | None = None
) -> Response[bytes]:
    state, now = request.app.state, request.app.state.clock.now()
    hall = readable_hall(db, hall_id)
    host = db.get(Account, hall.host_id) if hall.host_id else None
    response: Response[bytes] = state.pages.personal(
        "townhalls/console.html",
        status=_status(typed),
        staff=account,
        agenda=[_timed(item, hall, now) for item in _agenda(db, hall_id)],
        departments=departments.active(db),
        mine=host is not None and host.id == account.id,
        hall_host=host.name if host else "",
        **_values(request, db, account, hall, now, typed or Typed()),
    )
    return response


def desk_page(
    request: Request[Any, Any, Any], db: Session, account: Account, hall_id: int, typed: Typed | None = None
) -> Response[bytes]:
    state, now = request.app.state, request.app.state.clock.now()
    hall = readable_hall(db, hall_id)
    values = _values(request, db, account, hall, now, typed or Typed())
    set_aside = {row.id for row in standing.waiting(db, hall_id, of_banned=True)}
    queue = [q for q in values["state"]["questions"] if q["state"] == "waiting"]
    response: Response[bytes] = state.pages.personal(
        "townhalls/desk.html",
        status=_status(typed),
        staff=account,
        reasons=moderation.reasons(db),
        bans=[ban for ban in standing.bans(db, hall_id) if not ban["undone"]],
        waiting=[q for q in queue if q["id"] not in set_aside],
        set_aside=[q for q in queue if q["id"] in set_aside],
        **values,
    )
    return response


def _values(
    request: Request[Any, Any, Any], db: Session, account: Account, hall: Hall, now: datetime, typed: Typed
) -> dict[str, Any]:
    policy = request.app.state.site.dependencies["hall_policy"]
    shown = state_of(db, hall.id, showing.STAFF_LANE, now, away=policy.host_away_seconds)
    questions = shown["questions"]
    listed = sorted((q for q in questions if q["state"] == "open"), key=lambda q: (-q["votes"], q["id"]))
    return {
        "hall": hall,
        "here": f"/townhalls/{hall.id}",
        # which of the other pages about this hall are there for whoever looks
        "opens": partial(request.app.state.permissions.opens, account.role),
        "position": shown["position"],
        "state": shown,
        "listed": listed,
        "staged": next((q for q in questions if q["id"] == shown.get("stage")), None),
        "words": words_for_script(),
        "policy": policy,
        "new_id": new_command_id,
        "field_id": field_id,
        "done": "" if typed.refusal else str(DONE.get(request.query_params.get("done", ""), "")),
        "typed": typed,
    }


def _agenda(db: Session, hall_id: int) -> Sequence[AgendaItem]:
    return db.scalars(
        select(AgendaItem).where(AgendaItem.hall_id == hall_id).order_by(AgendaItem.position, AgendaItem.id)
    ).all()


def _timed(item: AgendaItem, hall: Hall, now: datetime) -> dict[str, Any]:
    """How an item stands with its time: minutes planned, then how much is left of them, or how much it is over."""
    said, over = str(_("{minutes} min")).format(minutes=item.minutes), False
    if item.began_at is not None:
        spent = int(((item.ended_at or now) - item.began_at).total_seconds() // 60)
        left = item.minutes - spent
        over = left < 0
        if item.ended_at is not None:
            said = str(_("took {spent} of {minutes} min")).format(spent=spent, minutes=item.minutes)
        elif over:
            said = str(_("{over} min over")).format(over=-left)
        else:
            said = str(_("{left} min left")).format(left=left)
    began = showing.instant(item.began_at if item.ended_at is None else None)
    return {"id": item.id, "title": item.title, "said": said, "over": over, "minutes": item.minutes, "began": began}


def _status(typed: Typed | None) -> int:
    return typed.refusal.status if typed and typed.refusal else 200


def refused(request: Request[Any, Any, Any], hall_id: int, typed: Typed, *, page: Any) -> Response[bytes]:
    """The page that a form was sent from, with why nothing was done and what was typed."""
    account = signed(request)
    with request.app.state.database.reading() as db:
        response: Response[bytes] = page(request, db, account, hall_id, typed)
    if typed.refusal is not None:
        response.headers.update(typed.refusal.headers)
    return response


#: what ``back`` of a form of the staff names -> the act that opens the page, and the page again
STAFF_PAGES = {
    "console": ("townhalls.host", partial(refused, page=console_page)),
    "desk": ("townhalls.moderate", partial(refused, page=desk_page)),
    "answers": ("townhalls.answer", partial(refused, page=answering_page)),
}
HANDLERS = (console, desk)
