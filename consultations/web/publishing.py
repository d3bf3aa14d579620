"""The publishing desk: which responses become public, what is taken out of them, and taking it back."""

from __future__ import annotations

import re
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from consultations.model import Response as Row
from consultations.queries.reach import leading
from consultations.rules.publishing import REDACTION_NAMES, UNDO_WITHIN, RedactionReason, read_reason, words_of
from consultations.rules.responses import CONSENT_NAMES, PUBLISHING_NAMES, Publishing
from consultations.rules.saying import said
from consultations.service import publishing, redacting
from consultations.web.desk_frame import Asking, Desk, desk_of

A_PAGE = 25
PATH = "/desk/consultations/{consultation_id:int}/publish"
_GUARDS = [may("consultations.publish")]


def _desk(request: Asking, db: Session, account: Account, consultation_id: int) -> Desk:
    """Of officers of the lead department."""
    leading(db, account.id, consultation_id)
    return desk_of(request, db, account, consultation_id)


def _whole(text: str) -> int:
    return int(text) if is_whole(text) else 0


@get(PATH, name="consultations.publishing", guards=[may("consultations.read")], sync_to_thread=True)
def queue(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    """Those that wait, by number; with ``state`` those that are ready, published or withheld."""
    desk, query = _desk(request, db, account, consultation_id), request.query_params
    wanted = query.get("state", "")
    state = Publishing(wanted) if wanted in list(Publishing) else Publishing.WAITING
    after = _whole(query.get("after", ""))
    rows = publishing.queued(desk.id, state).where(Row.id > after).order_by(Row.id).limit(A_PAGE + 1)
    found = db.scalars(rows).all()
    now = request.app.state.clock.now()
    batches = publishing.batches(db, desk.id)
    return desk.page(
        "consultations/publish/queue.html",
        state=state,
        figures=publishing.figures(db, desk.id),
        rows=[(r, _first_words(db, r)) for r in found[:A_PAGE]],
        more=found[A_PAGE - 1].id if len(found) > A_PAGE else None,
        names=PUBLISHING_NAMES,
        consents=CONSENT_NAMES,
        undoable=[b for b in batches if b.undone_at is None and now < b.at + UNDO_WITHIN],
        open=desk.consultation.closes_at is not None and desk.consultation.closes_at > now,
        passing=_whole(query.get("passing", "")),
    )


def _first_words(db: Session, row: Row) -> str:
    asked, answers, _version = redacting.answers_of(db, row)
    return " … ".join(redacting.texts_of(asked, answers).values())[:200]


@post(
    f"{PATH}/numbers",
    name="consultations.publishing.numbers",
    guards=_GUARDS,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def pass_numbers(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """The next five hundred; the page it leads to goes on."""
    leading(db, account.id, consultation_id, lock=True)
    after, now = _whole(form.get("after", "")), request.app.state.clock.now()
    step = publishing.pass_numbers(db, consultation_id, after=after, by=account.id, now=now)
    onwards = f"?passing={step.last}" if step.last else "?done=passed"
    return see_other(f"/desk/consultations/{consultation_id}/publish{onwards}")


@get(f"{PATH}/ready", name="consultations.publishing.check", guards=_GUARDS, sync_to_thread=True)
def check(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    """What will be public, before it is."""
    desk = _desk(request, db, account, consultation_id)
    ready = publishing.queued(desk.id, Publishing.READY).order_by(Row.id).limit(A_PAGE)
    return desk.page(
        "consultations/publish/check.html",
        figures=publishing.figures(db, desk.id),
        rows=[(r, _first_words(db, r)) for r in db.scalars(ready)],
        consents=CONSENT_NAMES,
        a_batch=publishing.A_BATCH,
    )


@post(
    f"{PATH}/ready",
    name="consultations.publishing.publish",
    guards=_GUARDS,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def publish(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[Any]:
    found = leading(db, account.id, consultation_id, lock=True)
    publishing.publish_ready(db, found.consultation, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/desk/consultations/{consultation_id}/publish?state=published&done=published")


@post(
    f"{PATH}/undo",
    name="consultations.publishing.undo",
    guards=_GUARDS,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def undo(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    leading(db, account.id, consultation_id, lock=True)
    batch, now = _whole(form.get("batch", "")), request.app.state.clock.now()
    publishing.undo(db, consultation_id, batch, by=account.id, now=now)
    return see_other(f"/desk/consultations/{consultation_id}/publish?state=ready&done=undone")


@get(
    PATH + "/{response_id:int}",
    name="consultations.publishing.one",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def one(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
) -> Response[bytes]:
    return _one(_desk(request, db, account, consultation_id), response_id, Form())


def _one(desk: Desk, response_id: int, form: Form, status: int = 200) -> Response[bytes]:
    row = publishing.publishable(desk.db, desk.id, response_id)
    asked, answers, _version = redacting.answers_of(desk.db, row)
    spans = redacting.spans_of(desk.db, row.id, row.version)
    shown = [
        (q, words_of(q, answers[q.id]), said(q, answers[q.id]), spans.get(q.id, ()))
        for q in asked.questions()
        if q.id in answers
    ]
    return desk.page(
        "consultations/publish/one.html",
        status=status,
        row=row,
        answers=shown,
        redactions=redacting.redactions(desk.db, row.id, row.version),
        texts=redacting.texts_of(asked, answers),
        signed=redacting.signatures(desk.db, desk.request.app.state.keyring, row),
        consents=CONSENT_NAMES,
        names=PUBLISHING_NAMES,
        reasons=REDACTION_NAMES,
        form=form,
    )


@post(
    PATH + "/{response_id:int}",
    name="consultations.publishing.act",
    guards=_GUARDS,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def act(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
) -> Response[Any]:
    """``do``: approve, publish, redact, signature, put-back, withhold, again."""
    what, shown = form.get("do", ""), Form(values=form)
    found = leading(db, account.id, consultation_id, lock=True)
    try:
        _act(request, db, found.consultation, response_id, what, shown, account.id)
    except BadField as wrong:
        db.rollback()
        shown.errors[_FIELDS.get(what, "reason")] = str(wrong.message)
        return _one(_desk(request, db, account, consultation_id), response_id, shown, 422)
    return see_other(f"/desk/consultations/{consultation_id}/publish/{response_id}?done={what}")


_FIELDS = {"redact": "passage", "signature": "passage", "withhold": "withheld"}


def _act(request: Asking, db: Session, consultation: Any, response_id: int, what: str, form: Form, by: int) -> None:
    keys, now = request.app.state.keyring, request.app.state.clock.now()
    row = publishing.publishable(db, consultation.id, response_id, lock=True)
    match what:
        case "approve" | "publish":
            version, stays = _whole(form.get("version")), bool(form.get("may_stay"))
            publishing.approve(db, keys, row, version=version, may_stay=stays, by=by, now=now)
            if what == "publish":
                publishing.publish_ready(db, consultation, by=by, now=now, only=row.id)
        case "redact":
            reason = RedactionReason(chosen("redaction", frozenset(RedactionReason))(form.get("redaction")))
            passage = _passage(db, row, form.get("question"), form.get("passage"))
            redacting.redact(db, row, passage, reason, by=by, now=now)
        case "signature":
            places = [(p.question, p.start, p.end) for p in redacting.signatures(db, keys, row)]
            redacting.redact(db, row, places, RedactionReason.SIGNATURE, by=by, now=now)
        case "put-back":
            redacting.put_back(db, row, _whole(form.get("redaction_id")), by=by, now=now)
        case "withhold":
            publishing.withhold(db, row, read_reason(form.get("withheld")), by=by, now=now)
        case "again":
            publishing.look_again(db, row, by=by, now=now)


def _passage(db: Session, row: Row, question: str, passage: str) -> list[tuple[int, int, int]]:
    """Every place where these words stand in the answer, whatever the space between them."""
    asked, answers, _version = redacting.answers_of(db, row)
    words = redacting.texts_of(asked, answers).get(_whole(question), "")
    wanted = r"\s+".join(re.escape(word) for word in passage.split())
    places = [(_whole(question), m.start(), m.end()) for m in re.finditer(wanted, words)] if wanted else []
    if not places:
        raise BadField(_("Copy the words exactly as they stand in this answer"))
    return places


HANDLERS = [queue, pass_numbers, check, publish, undo, one, act]
