"""Deciding many cases together: what was done, what was not and why, and undoing it for ten minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent, read_form
from app.core.web.page import see_other
from app.moderation import bulk, decided
from app.moderation.model import Batch
from app.moderation.rules.standards import Verdict
from app.moderation.rules.wanted import SIZES
from app.moderation.web.queue import address, show_queue, wanted_of
from app.moderation.web.saying import BULK_VERDICTS, say_time, say_verdict

#: one for each case of the largest page, and what is said about all of them
MOST_FIELDS = SIZES[-1] + 20


async def provide_long_form(request: Request[Any, Any, Any]) -> Sent:
    """A form with a whole page of ticks."""
    return read_form(await request.body(), most=MOST_FIELDS)


@post(
    "/moderation/bulk",
    name="moderation.bulk",
    guards=[may("moderation.decide")],
    sync_to_thread=True,
    status_code=303,
    dependencies={"form": Provide(provide_long_form)},
)
def decide_together(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """One verdict and one reason for everything that is ticked, each as it stood on the page."""
    state, picked, verdict = request.app.state, read_ticks(form.all("case")), form.get("verdict", "")
    try:
        if not picked:
            raise Invalid([FieldError("together", _("Tick the texts that you want to decide together."))])
        if verdict not in BULK_VERDICTS:
            raise Invalid([FieldError("verdict", _("Choose what to do with them."))])
        done = bulk.decide_many(
            state.database,
            state.site.moderated,
            picked,
            verdict=Verdict(verdict),
            reason_code=form.get("reason", ""),
            note=form.get("note", ""),
            by=account.id,
            now=state.clock.now(),
        )
    except Invalid as wrong:
        ticked = [case for case, _revision in picked]
        return show_queue(request, db, account, Form.again(form, wrong), ticked=ticked, status=422)
    return see_other(address(f"/moderation/bulk/{done.batch}", wanted_of(request)))


@get(
    "/moderation/bulk/{batch_id:int}",
    name="moderation.bulk.done",
    guards=[may("moderation.queue")],
    sync_to_thread=True,
)
def what_was_done(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    batch_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, batch_id)


@post(
    "/moderation/bulk/{batch_id:int}/undo",
    name="moderation.bulk.undo",
    guards=[may("moderation.decide")],
    sync_to_thread=True,
    status_code=200,
)
def undo(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    batch_id: FromPath[int],
) -> Response[bytes]:
    """Answers with what could not be undone, and why."""
    state = request.app.state
    undone = bulk.undo(state.database, state.site.moderated, batch_id, by=account.id, now=state.clock.now())
    return _page(request, db, account, batch_id, undone)


def _page(
    request: Request[Any, Any, Any], db: Session, account: Account, batch_id: int, undone: bulk.Done | None = None
) -> Response[bytes]:
    state = request.app.state
    batch = db.get(Batch, batch_id)
    if batch is None:
        raise NotFound
    now, zone, wanted = state.clock.now(), state.settings.zone, wanted_of(request)
    refused = bulk.left_alone(db, batch)
    stands = decided.still_decided(db, batch_id) if batch.undone_at and undone is None else []
    named = [r.case_id for r in (*refused, *(undone.refused if undone else ()))] + stands
    until = bulk.undoable_until(batch)
    response: Response[bytes] = state.pages.personal(
        "moderation/bulk.html",
        staff=account,
        batch=batch,
        verdict=say_verdict(batch.verdict),
        rule=decided.rule_of_batch(db, batch_id),
        refused=refused,
        undone=undone,
        undone_so_far=bulk.count_undone(db, batch_id),
        stands=stands,
        excerpts=decided.excerpts(db, named),
        may_undo=batch.undone_at is None and batch.by_id == account.id and now < until and batch.done > 0,
        until=say_time(until, zone),
        at=say_time(batch.at, zone),
        queue_href=address("/moderation", wanted),
        next_href=address("/moderation/next", wanted),
    )
    return response


def read_ticks(sent: Sequence[str]) -> list[tuple[int, int]]:
    """(case, revision) of each tick, as the queue writes them; what is none is left out."""
    found = []
    for tick in sent:
        case, _dot, revision = tick.partition(".")
        if all(is_whole(part) for part in (case, revision)):
            found.append((int(case), int(revision)))
    return found


HANDLERS = [decide_together, what_was_done, undo]
