""" "You said", written and released by two people; and each finding's own answer."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, Invalid
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from consultations.policy import ConsultationPolicy
from consultations.queries.counted import feedback_versions, finding_answers, findings_of, shown_findings
from consultations.queries.reach import leading
from consultations.rules.findings import MOST_ANSWER, MOST_BODY, MOST_NOTE, MOST_SUMMARY, Chosen, read_text
from consultations.service import feedback
from consultations.service.announcing import News, audience
from consultations.web.desk_frame import Asking, Desk, desk_of, number
from consultations.web.published import SaidAndDone

PATH = "/desk/consultations/{consultation_id:int}/feedback"
ANSWERS = "/desk/consultations/{consultation_id:int}/answers"
_GUARDS = [may("consultations.publish")]


def _desk(request: Asking, db: Session, account: Account, consultation_id: int) -> Desk:
    leading(db, account.id, consultation_id)
    return desk_of(request, db, account, consultation_id)


@get(PATH, name="consultations.feedback", guards=[may("consultations.read")], sync_to_thread=True)
def write(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    desk = _desk(request, db, account, consultation_id)
    draft, versions = feedback.draft_of(db, desk.id), feedback_versions(db, desk.id)
    newest = versions[0] if versions else None
    words = draft or newest
    values = {
        "summary": words.summary if words else "",
        "body": words.body if words else "",
        "note": draft.note if draft else "",
        "revision": str(draft.revision if draft else 0),
    }
    chosen = feedback.chosen_in(draft)
    if draft is None and newest is not None:
        chosen = [Chosen(f.id) for f in shown_findings(db, newest)]
    return _write(desk, Form(values=values), {c.id for c in chosen}, {q for c in chosen for q in c.quotes})


def _write(desk: Desk, form: Form, chosen: set[int], quoted: set[int], status: int = 200) -> Response[bytes]:
    db = desk.db
    draft = feedback.draft_of(db, desk.id)
    picked = feedback.chosen_in(draft)
    return desk.page(
        "consultations/publish/feedback.html",
        status=status,
        form=form,
        findings=findings_of(db, desk.id),
        chosen=chosen,
        quoted=quoted,
        draft=draft,
        preview=[SaidAndDone(f, None, ()) for f in feedback.snapshot(db, desk.id, picked)],
        versions=feedback_versions(db, desk.id),
        audience=audience(db, desk.id),
        mine=draft is not None and draft.by_id == desk.account.id,
    )


@post(PATH, name="consultations.feedback.post", guards=_GUARDS, sync_to_thread=True, status_code=303, writes=True)
def act(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_news: NamedDependency[News],
    consulting: NamedDependency[ConsultationPolicy],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """``do``: save, hand-in, hand-back, release."""
    what, now, revision = form.get("do", "save"), request.app.state.clock.now(), number(form, "revision")
    consultation = leading(db, account.id, consultation_id, lock=True).consultation
    try:
        match what:
            case "release":
                leaves_at = consultation_news.leaves_at(now)
                small = consulting.small_cell
                feedback.release(
                    db, consultation, revision=revision, small=small, by=account.id, now=now, leaves_at=leaves_at
                )
            case "hand-back":
                feedback.hand_back(db, consultation, revision=revision, by=account.id, now=now)
            case _:
                draft = _save(db, consultation, form, revision, account.id, now)
                if what == "hand-in":
                    feedback.hand_in(db, consultation, revision=draft.revision, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        desk = _desk(request, db, account, consultation_id)
        return _write(desk, Form.again(form, wrong), _numbers(form, "finding"), _numbers(form, "quote"), 422)
    return see_other(f"/desk/consultations/{consultation_id}/feedback?done={what}")


def _save(db: Session, consultation: Any, form: Sent, revision: int, by: int, now: Any) -> Any:
    shown = Form(values=form)
    summary = shown.read("summary", lambda text: read_text(text, MOST_SUMMARY))
    body = shown.read("body", lambda text: read_text(text, MOST_BODY, required=False))
    note = shown.read("note", lambda text: read_text(text, MOST_NOTE, required=False))
    shown.check()
    findings, quotes = _numbers(form, "finding"), _numbers(form, "quote")
    chosen = [
        Chosen(f.row.id, tuple(q for q in f.quotes if q in quotes))
        for f in findings_of(db, consultation.id)
        if f.row.id in findings
    ]
    return feedback.save(
        db, consultation, summary=summary or "", body=body or "", note=note or "", chosen=chosen,
        revision=revision, by=by, now=now,
    )  # fmt: skip


def _numbers(form: Sent, name: str) -> set[int]:
    return {int(text) for text in form.all(name) if is_whole(text)}


@get(ANSWERS, name="consultations.finding-answers", guards=[may("consultations.read")], sync_to_thread=True)
def answers(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    return _answers(_desk(request, db, account, consultation_id), Form())


def _answers(desk: Desk, form: Form, status: int = 200) -> Response[bytes]:
    versions = feedback_versions(desk.db, desk.id)
    given = finding_answers(desk.db, desk.id)
    found = shown_findings(desk.db, versions[0]) if versions else []
    values: dict[str, Any] = {}
    for one in found:
        newest = next(iter(given.get(one.id, ())), None)
        values |= {f"text-{one.id}": newest.text if newest else "", f"after-{one.id}": newest.version if newest else 0}
    form.values = {**values, **form.values}
    return desk.page("consultations/publish/answers.html", status=status, form=form, findings=found, given=given)


@post(
    ANSWERS,
    name="consultations.finding-answers.post",
    guards=_GUARDS,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def answer(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """One finding's own answer; public with the outcome, and a correction after that."""
    consultation = leading(db, account.id, consultation_id, lock=True).consultation
    finding, now, shown = number(form, "finding"), request.app.state.clock.now(), Form(values=form)
    try:
        text = read_text(form.get(f"text-{finding}", ""), MOST_ANSWER)
        note = read_text(form.get(f"note-{finding}", ""), MOST_NOTE, required=False)
        after = number(form, f"after-{finding}")
        feedback.answer_finding(db, consultation, finding, text, note, after=after, by=account.id, now=now)
    except (BadField, Invalid) as wrong:
        db.rollback()
        if isinstance(wrong, Invalid):
            shown = Form.again(form, wrong)
        else:
            shown.errors[f"text-{finding}"] = str(wrong.message)
        return _answers(_desk(request, db, account, consultation_id), shown, 422)
    return see_other(f"/desk/consultations/{consultation_id}/answers?done=answered")


HANDLERS = [write, act, answers, answer]
