"""Responses on the desk: the list with its filters, and one response as it was submitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may, signed
from app.accounts.model import Account
from app.core.errors import BadField, NotFound
from app.core.text.changes import Part, word_changes
from app.core.text.figures import is_whole
from app.core.web.edge import shows
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.files import web as file_pages
from app.files.model import StoredFile
from consultations.model import ResponseVersion
from consultations.queries import answering, coding, questionnaires, responses
from consultations.queries.reach import leading
from consultations.rules.questionnaire import QuestionKind
from consultations.rules.responses import CHANNEL_NAMES, CONSENT_NAMES, PUBLISHING_NAMES, ResponseState
from consultations.service import reading
from consultations.web.desk_filters import filters_of, in_force
from consultations.web.desk_frame import Asking, Desk, desk_of, number

K = QuestionKind


@shows(
    "/desk/consultations/{consultation_id:int}/responses",
    name="consultations.desk.responses",
    guards=[may("consultations.read")],
)
def listed(request: Asking, db: Session) -> Response[bytes]:
    desk = desk_of(request, db, signed(request), int(request.path_params["consultation_id"]))
    filters = filters_of(request)
    page = responses.one_page(desk.columns, responses.chosen(db, desk.id, desk.columns, filters), filters)
    return desk.page(
        "consultations/desk/responses.html",
        filters=filters,
        page=page,
        lines=responses.lines(db, page.ids, desk.questions, filters.words),
        in_force=in_force(desk, filters, lambda: coding.codes(db, desk.id)),
        channels=CHANNEL_NAMES,
    )


class Shown(NamedTuple):
    """A version as it was submitted, and what changed in it against the one before."""

    version: ResponseVersion
    lines: Sequence[answering.Line]
    changes: Sequence[tuple[str, Sequence[Part]]]


@get(
    "/desk/consultations/{consultation_id:int}/responses/{response_id:int}",
    name="consultations.desk.response",
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
    """As it was submitted; who wrote it, where that is still known."""
    return _one(desk_of(request, db, account, consultation_id), response_id)


def _one(desk: Desk, response_id: int, *, form: Form | None = None, status: int = 200) -> Response[bytes]:
    db, response = desk.db, responses.one(desk.db, desk.id, response_id)
    versions = _versions(desk, responses.versions(db, response.id))
    notes = responses.notes(db, response.id)
    codings = coding.codings(db, [response.id])[response.id]
    ids = {response.read_by_id, response.transcriber_id, response.checker_id}
    ids |= {n.by_id for n in notes} | {c.by_id for c in codings}
    return desk.page(
        "consultations/desk/response.html",
        status=status,
        form=form or Form(),
        response=response,
        number=desk.number_of(response.id),
        person=answering.person_of(db, desk.request.app.state.site.keys, response.id),
        newest=versions[-1],
        earlier=versions[:-1][::-1],
        files=_files(desk, versions[-1].version),
        late=responses.late_pass(db, response),
        notes=notes,
        codings=codings,
        codes={c.id: c for c in coding.codes(db, desk.id)},
        findings=coding.findings_of_response(db, desk.columns, desk.id, response.id),
        names=responses.names(db, ids),
        next_unread=responses.next_unread(desk.columns, response.id),
        is_read=response.read_version == response.version,
        channels=CHANNEL_NAMES,
        consents=CONSENT_NAMES,
        publishings=PUBLISHING_NAMES,
    )


def _versions(desk: Desk, rows: Sequence[ResponseVersion]) -> list[Shown]:
    files = answering.file_names(desk.db, rows[0].response_id)
    found: list[Shown] = []
    for row in rows:
        asked = questionnaires.questionnaire(desk.db, desk.id, row.questionnaire_version)
        lines = answering.in_words(asked, responses.answers_of(row), files)
        found.append(Shown(row, lines, _changes(found[-1].lines, lines) if found else ()))
    return found


def _changes(before: Sequence[answering.Line], after: Sequence[answering.Line]) -> list[tuple[str, Sequence[Part]]]:
    """Of every question whose answer is another one, word by word."""
    old = {line.question.id: "\n".join(line.lines) for line in before}
    new = {line.question.id: "\n".join(line.lines) for line in after}
    texts = {line.question.id: line.question.text for line in (*before, *after)}
    return [
        (text, word_changes(old.get(q, ""), new.get(q, "")))
        for q, text in texts.items()
        if old.get(q, "") != new.get(q, "")
    ]


def _files(desk: Desk, version: ResponseVersion) -> list[StoredFile]:
    """Those that the answers name, whatever their state."""
    answers = responses.answers_of(version)
    ids = [n for q in desk.questions.values() if q.kind is K.FILE for n in answers.get(q.id, ())]
    rows = (desk.db.get(StoredFile, i) for i in ids)
    return [r for r in rows if r is not None and r.removed_at is None]


@get(
    "/desk/consultations/{consultation_id:int}/responses/{response_id:int}/files/{file_id:int}",
    name="consultations.desk.file",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def file(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
    file_id: FromPath[int],
) -> Response[Any]:
    """What somebody sent with a response, to be saved; never shown in a page of ours."""
    desk = desk_of(request, db, account, consultation_id)
    response = responses.one(db, consultation_id, response_id)
    for version in responses.versions(db, response.id):
        for row in _files(desk, version):
            if row.id == file_id:
                return file_pages.answer_with(request, row)
    raise NotFound


@post(
    "/desk/consultations/{consultation_id:int}/responses/{response_id:int}/read",
    name="consultations.desk.read",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def mark(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
) -> Response[Any]:
    """``read``: yes or no; ``next``: on to the response that the page named, else this one again."""
    now, read = request.app.state.clock.now(), form.get("read") != "no"
    reading.mark_read(db, consultation_id, response_id, read=read, by=account.id, now=now)
    there = number(form, "next")
    back = form.get("back", "")
    if back.startswith("questions/") and is_whole(back.removeprefix("questions/")):
        return see_other(f"/desk/consultations/{consultation_id}/{back}?after={number(form, 'after')}")
    return see_other(f"/desk/consultations/{consultation_id}/responses/{there or response_id}")


@post(
    "/desk/consultations/{consultation_id:int}/responses/{response_id:int}/notes",
    name="consultations.desk.note",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def note(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
) -> Response[Any]:
    """Write one, or with ``remove`` take one off the page."""
    now = request.app.state.clock.now()
    if gone := number(form, "remove"):
        reading.remove_note(db, consultation_id, response_id, gone, by=account.id, now=now)
    else:
        try:
            reading.add_note(db, consultation_id, response_id, form.get("note", ""), by=account.id, now=now)
        except BadField as wrong:
            shown = Form(values=form, errors={"note": wrong.message})
            return _one(desk_of(request, db, account, consultation_id), response_id, form=shown, status=422)
    return see_other(f"/desk/consultations/{consultation_id}/responses/{response_id}#notes")


@get(
    "/desk/consultations/{consultation_id:int}/responses/{response_id:int}/reject",
    name="consultations.desk.reject",
    guards=[may("consultations.code")],
    sync_to_thread=True,
)
def reject_page(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
) -> Response[bytes]:
    leading(db, account.id, consultation_id)
    return _reject_page(desk_of(request, db, account, consultation_id), response_id, Form())


def _reject_page(desk: Desk, response_id: int, form: Form, status: int = 200) -> Response[bytes]:
    response = responses.one(desk.db, desk.id, response_id)
    return desk.page(
        "consultations/desk/reject.html",
        status=status,
        form=form,
        response=response,
        number=desk.number_of(response.id),
    )


@post(
    "/desk/consultations/{consultation_id:int}/responses/{response_id:int}/reject",
    name="consultations.desk.rejected",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def reject(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
) -> Response[Any]:
    """Leave it out as abuse with a reason, or with ``undo`` count it again."""
    now = request.app.state.clock.now()
    path = f"/desk/consultations/{consultation_id}/responses/{response_id}"
    if "undo" in form:
        reading.restore(db, consultation_id, response_id, by=account.id, now=now)
        return see_other(f"{path}?done=restored")
    try:
        reading.reject(db, consultation_id, response_id, form.get("reason", ""), by=account.id, now=now)
    except BadField as wrong:
        leading(db, account.id, consultation_id)
        shown = Form(values=form, errors={"reason": wrong.message})
        return _reject_page(desk_of(request, db, account, consultation_id), response_id, shown, 422)
    return see_other(f"{path}?done={ResponseState.REJECTED}")


HANDLERS = [listed, one, file, mark, note, reject_page, reject]
