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
from app.core.errors import Refusal
from app.core.i18n import _
from app.departments import queries as departments
from app.moderation import queries as moderation
from townhall.model import AgendaItem, Ban, Hall
from townhall.queries import showing
from townhall.queries.pages import state_of
from townhall.web.posted import new_command_id
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
    request: Request[Any, Any, Any], db: Session, account: Account, hall_id: int, refusal: Refusal | None = None
) -> Response[bytes]:
    state, now = request.app.state, request.app.state.clock.now()
    hall = readable_hall(db, hall_id)
    host = db.get(Account, hall.host_id) if hall.host_id else None
    response: Response[bytes] = state.pages.personal(
        "townhalls/console.html",
        status=refusal.status if refusal else 200,
        staff=account,
        agenda=[_timed(item, hall, now) for item in _agenda(db, hall_id)],
        departments=departments.active(db),
        mine=host is not None and host.id == account.id,
        hall_host=host.name if host else "",
        **_values(request, db, hall, now, refusal),
    )
    return response


def desk_page(
    request: Request[Any, Any, Any], db: Session, account: Account, hall_id: int, refusal: Refusal | None = None
) -> Response[bytes]:
    state, now = request.app.state, request.app.state.clock.now()
    hall = readable_hall(db, hall_id)
    response: Response[bytes] = state.pages.personal(
        "townhalls/desk.html",
        status=refusal.status if refusal else 200,
        staff=account,
        reasons=moderation.reasons(db),
        bans=_bans(db, hall_id),
        **_values(request, db, hall, now, refusal),
    )
    return response


def _values(
    request: Request[Any, Any, Any], db: Session, hall: Hall, now: datetime, refusal: Refusal | None
) -> dict[str, Any]:
    policy = request.app.state.site.dependencies["hall_policy"]
    shown = state_of(db, hall.id, showing.STAFF_LANE, now, away=policy.host_away_seconds)
    questions = shown["questions"]
    listed = sorted((q for q in questions if q["state"] == "open"), key=lambda q: (-q["votes"], q["id"]))
    return {
        "hall": hall,
        "here": f"/townhalls/{hall.id}",
        "position": shown["position"],
        "state": shown,
        "listed": listed,
        "staged": next((q for q in questions if q["id"] == shown.get("stage")), None),
        "words": words_for_script(),
        "policy": policy,
        "new_id": new_command_id,
        "done": "" if refusal else str(DONE.get(request.query_params.get("done", ""), "")),
        "refusal": refusal,
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
    return {"id": item.id, "title": item.title, "said": said, "over": over}


def _bans(db: Session, hall_id: int) -> list[dict[str, Any]]:
    """Without names: whoever asked anonymously and was excluded for it stays unnamed."""
    rows = db.scalars(select(Ban).where(Ban.hall_id == hall_id, Ban.undone_at.is_(None)).order_by(Ban.id))
    return [{"participant_id": ban.participant_id, "reason": ban.reason, "at": ban.at} for ban in rows]


def refused(request: Request[Any, Any, Any], hall_id: int, refusal: Refusal, *, page: Any) -> Response[bytes]:
    """The page that a form was sent from, with why nothing was done."""
    account = signed(request)
    with request.app.state.database.reading() as db:
        response: Response[bytes] = page(request, db, account, hall_id, refusal)
    return response


#: what ``back`` of a form of the staff names -> the page again, for whoever has its door
STAFF_PAGES = {"console": partial(refused, page=console_page), "desk": partial(refused, page=desk_page)}
HANDLERS = (console, desk)
