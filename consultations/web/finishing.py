"""About you, check your answers, send; saving to go on later; what was typed as a text to take away."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import visitor
from app.core.errors import FieldError, Refusal
from app.core.i18n import _, language
from app.core.people.addresses import read_address
from app.core.web.edge import in_worker
from app.core.web.forms import Form
from app.core.web.page import see_other
from consultations.forms import PRIVACY_VERSION, About, anchor, encoded, read_about
from consultations.rules.drafts import ABOUT, PageChanged, read_seen
from consultations.rules.questionnaire import QuestionKind
from consultations.rules.sending import ConsultationNotOpen, OnlyTheLead, QuestionsChanged
from consultations.service import drafts
from consultations.service.acts import SendResponse
from consultations.web.answering import (
    SENT,
    closed,
    colleague_link,
    show,
    stop_or_sent,
)
from consultations.web.posted import PostedAnswers
from consultations.web.sent import remembered
from consultations.web.walking import ALL, Walk, busy, walk


@get(
    "/consultations/{ref:str}/answer/{key:str}/about",
    name="consultations.answer.about",
    guards=[visitor],
    sync_to_thread=True,
)
def about_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    going = walk(request, db, ref, key)
    if (elsewhere := stop_or_sent(request, going)) is not None:
        return elsewhere
    return _about(request, going, Form(values=about_values(going)))


@post(
    "/consultations/{ref:str}/answer/{key:str}/about",
    name="consultations.answer.about.post",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    dependencies=SENT,
)
def about(
    request: Request[Any, Any, Any],
    sent: NamedDependency[PostedAnswers],
    ref: FromPath[str],
    key: FromPath[str],
) -> Response[Any]:
    state, going = request.app.state, _read(request, ref, key, sent)
    if going.draft.submitted_at is not None:
        return see_other(going.href("sent"))
    if not going.leads:
        raise OnlyTheLead(consultation=going.consultation.id)
    form = Form(values=dict(sent) | ({"email": email} if (email := going.fixed_email()) else {}))
    if (refusal := busy(request, going.consultation.id, times=10)) is not None:
        return _about(request, going, form, refusal=refusal)
    try:
        state.database.retrying(lambda db: _store_about(db, request, going, form))
    except PageChanged:
        going = _read(request, ref, key, sent)
        return _about(request, going, form, changed=True)
    going = _read(request, ref, key, sent)
    if going.refusal is not None:
        return closed(request, going)
    match sent.get("act"):
        case "later":
            return see_other(going.href("save"))
        case "back":
            return see_other(going.href(going.before("about")))
    if read_about(form, is_organisation=going.draft.is_organisation) is None:
        return _about(request, going, form)
    return see_other(going.href("check"))


def _store_about(db: Session, request: Request[Any, Any, Any], going: Walk, form: Form) -> None:
    state, now = request.app.state, request.app.state.clock.now()
    typed = {name: form.get(name)[:20] for name in ("consent", "news") if form.get(name)}
    draft = drafts.save(db, going.draft.id, {ABOUT: typed}, read_seen(form.get("seen")), by=going.writer, now=now)
    drafts.say_who(
        db,
        state.keyring,
        draft,
        name=form.get("name"),
        email=form.get("email"),
        organisation=form.get("organisation"),
    )


@get(
    "/consultations/{ref:str}/answer/{key:str}/check",
    name="consultations.answer.check",
    guards=[visitor],
    sync_to_thread=True,
)
def check_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    going = walk(request, db, ref, key)
    if (elsewhere := stop_or_sent(request, going)) is not None:
        return elsewhere
    return _check(request, going)


@post(
    "/consultations/{ref:str}/answer/{key:str}/send",
    name="consultations.answer.send",
    guards=[visitor],
    status_code=303,
    dependencies=SENT,
)
async def send(
    request: Request[Any, Any, Any],
    sent: NamedDependency[PostedAnswers],
    ref: FromPath[str],
    key: FromPath[str],
) -> Response[Any]:
    """Check everything once more, hand it to the intake; again, it answers what was answered before."""
    going, act = await in_worker(_act_or_page, request, sent, ref, key)
    if not isinstance(act, SendResponse):
        return act
    try:
        stored = await request.app.state.intake.submit(act)
    except ConsultationNotOpen:
        return await in_worker(closed, request, going)
    except QuestionsChanged as changed:
        return await in_worker(_check_again, request, sent, ref, key, changed)
    on = see_other(going.href("sent"))
    return on if stored.counts else remembered(request, on, stored.response_id, act.at)


def _act_or_page(
    request: Request[Any, Any, Any], sent: PostedAnswers, ref: str, key: str
) -> tuple[Walk, SendResponse | Response[Any]]:
    going = _read(request, ref, key, sent)
    if going.draft.submitted_at is not None:
        return going, see_other(going.href("sent"))
    if not going.leads:
        raise OnlyTheLead(consultation=going.consultation.id)
    if going.refusal is not None:
        return going, closed(request, going)
    if (refusal := busy(request, going.consultation.id)) is not None:
        return going, _check(request, going, status=refusal.status, refusal=refusal)
    form = Form(values=about_values(going) | {"privacy": PRIVACY_VERSION})
    about = read_about(form, is_organisation=going.draft.is_organisation)
    body = encoded(going.checked.answers)
    if going.checked.problems or about is None or len(body) > going.policy.response_bytes:
        return going, _check(request, going, status=422, faults=form.errors, too_long=len(body))
    return going, _act(request, going, about, body)


def _act(request: Request[Any, Any, Any], going: Walk, about: About, body: bytes) -> SendResponse:
    draft, account = going.draft, going.account if going.leads else None
    own_account = account if draft.amends_id is None else None
    return SendResponse(
        at=request.app.state.clock.now(),
        consultation_id=going.consultation.id,
        form_key=draft.form_key,
        answers=body,
        questionnaire_version=going.consultation.questionnaire_version,
        name=about.name,
        address=about.address,
        organisation=about.organisation,
        easy_read=draft.easy_read,
        consent=about.consent,
        notify=about.news,
        language=draft.language or language.get(),
        privacy=PRIVACY_VERSION,
        proven=going.is_trusted or own_account is not None,
        account_id=own_account.id if own_account is not None else draft.account_id if going.is_trusted else None,
        draft_id=draft.id,
        amends=draft.amends_id,
        late_pass_id=draft.late_pass_id,
        files=[number for number in going.files if str(number) in _chosen_files(going)],
    )


def _chosen_files(going: Walk) -> set[str]:
    asked = [q for q in going.questionnaire.questions() if q.id in going.checked.answers]
    return {str(n) for q in asked if q.kind is QuestionKind.FILE for n in going.checked.answers[q.id]}


@get(
    "/consultations/{ref:str}/answer/{key:str}/save",
    name="consultations.answer.save",
    guards=[visitor],
    sync_to_thread=True,
)
def save_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    going = walk(request, db, ref, key)
    if (elsewhere := stop_or_sent(request, going)) is not None:
        return elsewhere
    return _save(request, going, Form(values={"email": going.facts["email"]}), done="done" in request.query_params)


@post(
    "/consultations/{ref:str}/answer/{key:str}/save",
    name="consultations.answer.save.post",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    dependencies=SENT,
)
def save(
    request: Request[Any, Any, Any],
    sent: NamedDependency[PostedAnswers],
    ref: FromPath[str],
    key: FromPath[str],
) -> Response[Any]:
    """A letter with the link; the same page whether one left or the mailbox has had enough."""
    state, going = request.app.state, _read(request, ref, key, sent)
    if (elsewhere := stop_or_sent(request, going)) is not None:
        return elsewhere
    if not going.leads:
        raise OnlyTheLead(consultation=going.consultation.id)
    form = Form(values=dict(sent) | ({"email": email} if (email := going.fixed_email()) else {}))
    refusal = busy(request, going.consultation.id)
    address = form.read("email", read_address) if refusal is None else None
    if address is None:
        return _save(request, going, form, refusal=refusal)
    state.database.retrying(
        lambda db: drafts.send_link(
            db,
            state.keyring,
            going.policy,
            going.draft.id,
            address.display,
            organisation=form.get("organisation"),
            now=state.clock.now(),
        )
    )
    return see_other(going.href("save", done="yes"))


@get(
    "/consultations/{ref:str}/answer/{key:str}/copy.txt",
    name="consultations.answer.copy",
    guards=[visitor],
    sync_to_thread=True,
)
def copy(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """Everything that was typed, as a text file."""
    going = walk(request, db, ref, key)
    parts = [going.consultation.title, ""]
    for question in going.questionnaire.questions():
        if lines := going.lines(question):
            parts += [f"{going.questionnaire.numbers[question.id]}. {question.text}", *lines, ""]
    name = re.sub(r"[^a-z0-9]+", "-", going.consultation.title.lower()).strip("-")[:60] or "response"
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}.txt"',
        "x-content-type-options": "nosniff",
    }
    return Response("\r\n".join(parts).encode(), media_type="text/plain; charset=utf-8", headers=headers)


def about_values(going: Walk) -> dict[str, str]:
    stored = going.stored[ABOUT].typed if ABOUT in going.stored else {}
    email = going.fixed_email() or going.facts["email"]
    name = going.facts["name"] or (going.account.name if going.account is not None else "")
    return {**stored, "name": name, "organisation": going.facts["organisation"], "email": email}


def _about(
    request: Request[Any, Any, Any], going: Walk, form: Form, *, refusal: Refusal | None = None, changed: bool = False
) -> Response[Any]:
    status = refusal.status if refusal else 409 if changed else 422 if form.errors else 200
    response = show(
        request,
        going,
        "about",
        status=status,
        form=form,
        fixed=going.fixed_email(),
        privacy_version=PRIVACY_VERSION,
        seen=going.seen([ABOUT]),
        changed=changed,
        busy=refusal,
    )
    response.headers.update(refusal.headers if refusal else {})
    return response


def _check(
    request: Request[Any, Any, Any],
    going: Walk,
    *,
    status: int = 200,
    faults: dict[str, str] | None = None,
    too_long: int = 0,
    refusal: Refusal | None = None,
    changed: bool = False,
) -> Response[Any]:
    problems = {p.question: str(p.message) for p in going.checked.problems}
    summary = [FieldError(anchor(going.questionnaire.by_id[n]), words) for n, words in problems.items()]
    summary += [FieldError(f"about-{name}", words) for name, words in (faults or {}).items()]
    if too_long > going.policy.response_bytes:
        size = f"{going.policy.response_bytes // 1000} KB"
        summary.append(
            FieldError("", str(_("Your response is too long as a whole; at most {size} fit.")).format(size=size))
        )
    response = show(
        request,
        going,
        "check",
        status=status,
        about=about_values(going),
        rows=[(step, [(q, going.lines(q), problems.get(q.id, "")) for q in step.questions]) for step in going.steps],
        summary=summary if status == 422 else [],
        problems=problems,
        changed=changed,
        busy=refusal,
        colleague=colleague_link(request, going),
        anchor=anchor,
        fixed=going.fixed_email(),
        trusted=going.is_trusted or going.account is not None,
    )
    response.headers.update(refusal.headers if refusal else {})
    return response


def _check_again(
    request: Request[Any, Any, Any], sent: PostedAnswers, ref: str, key: str, refusal: Refusal
) -> Response[Any]:
    return _check(request, _read(request, ref, key, sent), status=refusal.status, changed=True)


def _save(
    request: Request[Any, Any, Any],
    going: Walk,
    form: Form,
    *,
    done: bool = False,
    refusal: Refusal | None = None,
) -> Response[Any]:
    response = show(
        request,
        going,
        "save",
        status=refusal.status if refusal else 422 if form.errors else 200,
        form=form,
        done=done,
        fixed=going.fixed_email(),
        colleague=colleague_link(request, going),
        busy=refusal,
    )
    response.headers.update(refusal.headers if refusal else {})
    return response


def _read(request: Request[Any, Any, Any], ref: str, key: str, sent: PostedAnswers) -> Walk:
    with request.app.state.database.reading() as db:
        way = ALL if sent.get("way") == ALL else ""
        found = walk(request, db, ref, key, way=way, by=sent.get("by", ""))
        db.expunge_all()
        return found


HANDLERS = [about_page, about, check_page, send, save_page, save, copy]
