"""The next version of a draft text: where each clause came from, a last look, and its publication."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.i18n import _
from app.core.text.plain import excerpt
from app.core.web.forms import Form, Sent, read_form
from app.core.web.page import see_other
from consultations.queries import texts as queries
from consultations.rules.clauses import MOST_CLAUSES, Block, clause_name
from consultations.rules.dispositions import read_change_note, read_note
from consultations.rules.mapping import Mapping, settle
from consultations.rules.working import Working
from consultations.service import texts as service
from consultations.web.mapping import mapped_rows, read_mapping
from consultations.web.own_texts import Desk, desk_of, number_in

MOST_FIELDS = 2 * MOST_CLAUSES + 20
#: a form may be so long, in bytes as it travels
MOST_FORM = 200_000


async def provide_mapping_form(request: Request[Any, Any, Any]) -> Sent:
    """Two fields for each clause of the longest text."""
    return read_form(await request.body(), most=MOST_FIELDS)


@get(
    "/hosting/consultations/{consultation_id:int}/text/{number:int}/mapping",
    name="consultations.text-mapping",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
)
def mapping_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    number: FromPath[int],
) -> Response[Any]:
    desk = desk_of(db, account, consultation_id, number)
    if desk.draft is None or desk.draft.mapping is None:
        return see_other(desk.path)
    return _mapping_page(request, db, account, desk, desk.draft, desk.draft.mapping, Form())


@post(
    "/hosting/consultations/{consultation_id:int}/text/{number:int}/mapping",
    name="consultations.text-mapping.post",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    request_max_body_size=MOST_FORM,
    dependencies={"form": Provide(provide_mapping_form)},
)
def map_clauses(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    number: FromPath[int],
) -> Response[Any]:
    desk, shown = desk_of(db, account, consultation_id, number), Form(values=form)
    if desk.draft is None or desk.draft.mapping is None:
        return see_other(desk.path)
    wanted = read_mapping(shown, desk.draft, [k.id for k in desk.current])
    if shown.errors:
        return _mapping_page(request, db, account, desk, desk.draft, wanted, shown, status=422)
    now, seen = request.app.state.clock.now(), number_in(form, "revision")
    service.confirm(db, consultation_id, number, wanted, after_revision=seen, by=account.id, now=now)
    return see_other(f"{desk.path}/publish")


@get(
    "/hosting/consultations/{consultation_id:int}/text/{number:int}/publish",
    name="consultations.text-publish",
    guards=[may("consultations.publish-text")],
    sync_to_thread=True,
)
def publish_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    number: FromPath[int],
) -> Response[Any]:
    """What would be public, and what would be gone, before it is."""
    desk = desk_of(db, account, consultation_id, number)
    if desk.draft is None:
        return see_other(desk.path)
    if desk.current and not desk.draft.confirmed:
        return see_other(f"{desk.path}/mapping")
    return _publish_page(request, db, account, desk, desk.draft, Form())


@post(
    "/hosting/consultations/{consultation_id:int}/text/{number:int}/publish",
    name="consultations.text-publish.post",
    guards=[may("consultations.publish-text")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def publish(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    number: FromPath[int],
) -> Response[Any]:
    desk, shown = desk_of(db, account, consultation_id, number), Form(values=form)
    note = shown.read("note", read_change_note if desk.current else read_note)
    if note is None and desk.draft is not None:
        return _publish_page(request, db, account, desk, desk.draft, shown, status=422)
    now, seen = request.app.state.clock.now(), number_in(form, "revision")
    service.publish(db, consultation_id, number, note or "", after_revision=seen, by=account.id, now=now)
    return see_other(f"{desk.path}?published")


def _mapping_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    desk: Desk,
    draft: Working,
    mapping: Mapping,
    form: Form,
    *,
    status: int = 200,
) -> Response[bytes]:
    rows = mapped_rows(desk.current, draft.blocks, mapping)
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/text/hosting_mapping.html",
        status=status,
        staff=account,
        desk=desk,
        rows=rows,
        said=queries.said(db, [k.id for k in desk.current]),
        form=form,
    )
    return response


def _publish_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    desk: Desk,
    draft: Working,
    form: Form,
    *,
    status: int = 200,
) -> Response[bytes]:
    settled = settle(desk.current, draft.blocks, draft.mapping or Mapping((None,) * len(draft.blocks)))
    ended = {k.id: k.block for k in desk.current if k.id in settled.removed}
    said = queries.said(db, list(ended))
    gone = [
        (called(block), said[one], called(draft.blocks[settled.merged[one]]) if one in settled.merged else "")
        for one, block in ended.items()
    ]
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/text/hosting_publish.html",
        status=status,
        staff=account,
        desk=desk,
        blocks=[(called(b), b) for b in draft.blocks],
        kept=sum(c.id is not None for c in settled.clauses),
        fresh=sum(c.id is None for c in settled.clauses) if desk.current else 0,
        gone=gone,
        form=form,
    )
    return response


def called(block: Block) -> str:
    """A clause's name with its first words, where the name alone says little."""
    name = clause_name(block.number, block.heading)
    return name if block.heading else _("{clause}: {words}").format(clause=name, words=excerpt(block.body, 60))


HANDLERS = [mapping_form, map_clauses, publish_form, publish]
