"""Mine: a hall while it is live, or just before; and where every plain form of a hall is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import visitor, who
from app.core.errors import Refusal
from app.core.i18n import _
from app.core.web.edge import in_worker
from app.core.web.forms import Sent as SentForm
from app.core.web.page import see_other
from app.moderation import queries as moderation
from townhall.live.carrying import carry_out
from townhall.live.senders import sender_of
from townhall.model import Hall
from townhall.queries import showing
from townhall.queries.mine import mine
from townhall.queries.pages import SIGNS, state_of
from townhall.queries.showing import Thing
from townhall.rules.lifecycle import Entry, HallState
from townhall.rules.reactions import REACTION_NAMES, Reaction
from townhall.service.commanding import Sender, check_participant
from townhall.web import browser
from townhall.web.posted import Typed, command_of, field_id, new_command_id
from townhall.web.readable import readable_hall
from townhall.web.staffroom import STAFF_PAGES
from townhall.web.words import DONE, words_for_script

SORTS = ("top", "newest", "mine")
#: pages that a form may lead back to
BACK = {
    "": "/townhalls/{hall}/room",
    "mine": "/townhalls/{hall}/room?sort=mine",
    "write": "/townhalls/{hall}/room?write=yes",
    "console": "/hosting/townhalls/{hall}/console",
    "desk": "/moderation/townhalls/{hall}",
    "answers": "/desk/townhalls/{hall}",
}


@get("/townhalls/{hall_id:int}/room", name="townhalls.room", guards=[visitor])
async def room(request: Request[Any, Any, Any], hall_id: FromPath[int]) -> Response[bytes]:
    sender = await sender_of(request, hall_id)
    return await in_worker(_room, request, hall_id, sender)


@post("/townhalls/{hall_id:int}/room", name="townhalls.room.post", guards=[visitor], status_code=303)
async def act(
    request: Request[Any, Any, Any], form: NamedDependency[SentForm], hall_id: FromPath[int]
) -> Response[Any]:
    """One operation, by the same way as over the socket; back to the page it was sent from."""
    sender = await sender_of(request, hall_id)
    back = BACK.get(form.get("back", ""), BACK[""]).format(hall=hall_id)
    try:
        await carry_out(request.app.state, hall_id, sender, command_of(form))
    except Refusal as refusal:
        door, page = STAFF_PAGES.get(form.get("back", ""), ("", None))
        if page is not None and request.app.state.site.permissions.opens(sender.role, door):
            return await in_worker(page, request, hall_id, Typed(form, refusal))
        return await in_worker(_room, request, hall_id, sender, Typed(form, refusal))
    joint = "&" if "?" in back else "?"
    return see_other(f"{back}{joint}done={form['op']}")


def _room(
    request: Request[Any, Any, Any],
    hall_id: int,
    sender: Sender,
    typed: Typed | None = None,
) -> Response[bytes]:
    state = request.app.state
    typed = typed or Typed()
    refusal = typed.refusal
    now = state.clock.now()
    with state.database.reading() as db:
        hall = readable_hall(db, hall_id)
        if hall.state in (HallState.ENDED, HallState.CANCELLED) and refusal is None:
            return see_other(f"/townhalls/{hall_id}")
        values = _values(request, db, hall, sender, now)
    response: Response[bytes] = state.pages.personal(
        "townhalls/room.html",
        status=refusal.status if refusal else 200,
        typed=typed,
        done=str(DONE.get(request.query_params.get("done", ""), "")),
        writing=bool(request.query_params.get("write")) or refusal is not None,
        **values,
    )
    if refusal is not None:
        response.headers.update(refusal.headers)
    if hall.entry == Entry.OPEN:
        browser.give(response, browser.begin(request, hall_id)[0], secure=state.settings.secure)
    return response


def _values(request: Request[Any, Any, Any], db: Session, hall: Hall, sender: Sender, now: datetime) -> dict[str, Any]:
    state = request.app.state
    policy = state.site.dependencies["hall_policy"]
    shown = state_of(db, hall.id, showing.PUBLIC_LANE, now, away=policy.host_away_seconds)
    me = mine(
        db,
        hall.id,
        state.site.permissions,
        participant_id=sender.participant_id,
        account_id=sender.account_id,
        role=sender.role,
        known=True,
    )
    sort = request.query_params.get("sort", "top")
    sort = sort if sort in SORTS else "top"
    why_not = _why_not(db, hall, sender, now)
    by_id = {q["id"]: q for q in shown["questions"]}
    return {
        "hall": hall,
        "here": f"/townhalls/{hall.id}",
        "position": shown["position"],
        "state": shown,
        "me": me,
        "own": {q["id"] for q in me["questions"]},
        "sort": sort,
        "shown": _sorted(me["questions"] if sort == "mine" else shown["questions"], sort),
        "staged": by_id.get(shown.get("stage")),
        "taking_part": why_not is None,
        "why_not": why_not,
        "captioned": bool(hall.captions) or bool(shown["captions"]),
        "promises": shown.get("commitments", ()),
        "until": _until(hall.starts_at, now),
        "words": words_for_script(),
        "reactions": [(r.value, SIGNS[r.value], REACTION_NAMES[r]) for r in Reaction],
        "reason_names": {r.code: r.title for r in moderation.reasons(db)},
        "policy": policy,
        "new_id": new_command_id,
        "field_id": field_id,
        "signed_in": who(request) is not None,
    }


def _why_not(db: Session, hall: Hall, sender: Sender, now: datetime) -> Refusal | None:
    """Why this reader cannot ask and vote; None where they can. In an open hall everybody can."""
    if hall.entry == Entry.OPEN and sender.participant_id is None:
        return None
    try:
        check_participant(db, hall, sender, now)
    except Refusal as refusal:
        return refusal
    return None


def _sorted(questions: Sequence[Thing], sort: str) -> Sequence[Mapping[str, Any]]:
    """The most wanted first, of equals the one asked first; or the newest first. Merged ones stand with theirs."""
    if sort == "mine":
        return sorted(questions, key=lambda q: -q["id"])
    listed = [q for q in questions if q["state"] in ("open", "answered")]
    return sorted(listed, key=_newest if sort == "newest" else _most_wanted)


def _newest(q: Thing) -> Any:
    return -q["id"]


def _most_wanted(q: Thing) -> Any:
    """What is still to be answered first."""
    return (q["state"] != "open", -q["votes"], q["id"])


def _until(at: datetime | None, now: datetime) -> str:
    """How long it still takes, in words: whole days, or hours and minutes."""
    minutes = max(0, -int(-(at - now).total_seconds() // 60)) if at else 0
    if minutes == 0:
        return str(_("Any moment now"))
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:
        return str(_("In {days} days")).format(days=days)
    if hours >= 1:
        return str(_("In {hours} h {minutes} min")).format(hours=hours, minutes=minutes % 60)
    return str(_("In {minutes} min")).format(minutes=minutes)


HANDLERS = (room, act)
