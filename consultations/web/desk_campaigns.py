"""Campaigns on the desk: letters that are nearly alike, read together, counted each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid
from app.core.text.changes import Part, word_changes
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from consultations.model import GroupMember
from consultations.queries import campaigns as queries
from consultations.queries import coding, responses
from consultations.rules.filtering import whole
from consultations.rules.likeness import OWN_NAMES, Own
from consultations.rules.reading import GROUP_NAMES
from consultations.service import campaigns
from consultations.web.desk_frame import Asking, Desk, desk_of, number, share


@get(
    "/desk/consultations/{consultation_id:int}/campaigns",
    name="consultations.desk.campaigns",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def listed(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    desk = desk_of(request, db, account, consultation_id)
    rows, runs = queries.groups(db, consultation_id), queries.runs(db, consultation_id)
    return desk.page(
        "consultations/desk/campaigns.html",
        groups=rows,
        people=queries.people(db, [g.id for g in rows]),
        runs=[(run, share(run.read, run.total)) for run in runs],
        running=any(run.done_at is None for run in runs),
        states=GROUP_NAMES,
        own_names=OWN_NAMES,
    )


@post(
    "/desk/consultations/{consultation_id:int}/campaigns",
    name="consultations.desk.campaigns.look",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def look(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """Have answers compared; a job does it, and the page shows how far it is."""
    now = request.app.state.clock.now()
    campaigns.look(db, consultation_id, number(form, "question"), by=account.id, now=now)
    return see_other(f"/desk/consultations/{consultation_id}/campaigns")


class Letter(NamedTuple):
    """What one letter has of its own."""

    member: GroupMember
    number: str
    added: Sequence[str]
    changes: Sequence[Sequence[Part]]


@get(
    "/desk/consultations/{consultation_id:int}/campaigns/{group_id:int}",
    name="consultations.desk.campaign",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def one(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    group_id: FromPath[int],
) -> Response[bytes]:
    """``own``: which of its letters are listed, those that may say the opposite first."""
    return _one(desk_of(request, db, account, consultation_id), group_id)


def _one(desk: Desk, group_id: int, form: Form | None = None, status: int = 200) -> Response[bytes]:
    group = queries.group(desk.db, desk.id, group_id)
    people = queries.people(desk.db, [group.id]).get(group.id, {})
    asked = desk.request.query_params
    kinds = [o for o in (Own.OPPOSITE, Own.CHANGED, Own.ADDED, Own.NOTHING) if people.get(o)]
    own = Own(asked["own"]) if asked.get("own") in set(Own) else kinds[0] if kinds else Own.NOTHING
    rows = queries.members(desk.db, group.id, own, whole(asked.get("after", "")) or 0)
    return desk.page(
        "consultations/desk/campaign.html",
        status=status,
        group=group,
        people=people,
        total=sum(people.values()),
        apart=queries.apart_count(desk.db, group.id),
        own=own,
        kinds=kinds,
        own_names=OWN_NAMES,
        states=GROUP_NAMES,
        letters=[_letter(desk, m) for m in rows[: queries.A_PAGE]],
        more_after=rows[queries.A_PAGE - 1].response_id if len(rows) > queries.A_PAGE else None,
        codes=[c for c in coding.codes(desk.db, desk.id) if c.retired_at is None],
        form=form or Form(values={"name": group.name}),
        names=responses.names(desk.db, {group.decided_by_id}),
    )


def _letter(desk: Desk, member: GroupMember) -> Letter:
    return Letter(
        member,
        desk.number_of(member.response_id),
        queries.added(member),
        [word_changes(common, mine) for common, mine in queries.changed(member)],
    )


@post(
    "/desk/consultations/{consultation_id:int}/campaigns/{group_id:int}",
    name="consultations.desk.campaign.judge",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def judge(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    group_id: FromPath[int],
) -> Response[Any]:
    """``do``: confirm, dissolve, suggest, apart, together, code, read."""
    what = form.get("do", "")
    path = f"/desk/consultations/{consultation_id}/campaigns/{group_id}"
    try:
        _judge(request, db, account.id, form, consultation_id, group_id, what)
    except Invalid as wrong:
        db.rollback()
        return _one(desk_of(request, db, account, consultation_id), group_id, Form.again(form, wrong), 422)
    if what in ("apart", "together"):
        own = form.get("own", "")
        return see_other(f"{path}?own={own}" if own in set(Own) else path)
    return see_other(f"{path}?done={what}" if what.isalpha() else path)


def _judge(request: Asking, db: Session, by: int, form: Sent, consultation_id: int, group_id: int, what: str) -> None:
    now, letter = request.app.state.clock.now(), number(form, "response")
    match what:
        case "confirm":
            campaigns.confirm(db, consultation_id, group_id, form.get("name", ""), by=by, now=now)
        case "dissolve":
            campaigns.dissolve(db, consultation_id, group_id, by=by, now=now)
        case "suggest":
            campaigns.suggest_again(db, consultation_id, group_id, by=by, now=now)
        case "apart" | "together":
            campaigns.set_apart(db, consultation_id, group_id, letter, apart=what == "apart", by=by, now=now)
        case "code":
            campaigns.code_all(db, consultation_id, group_id, number(form, "code"), by=by, now=now)
        case "read":
            campaigns.read_all(db, consultation_id, group_id, by=by, now=now)


HANDLERS = [listed, look, one, judge]
