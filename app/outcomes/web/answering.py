"""The answer: begun, kept, seen as the public will, handed in, released, told, taken back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.core.web.too_late import words_back
from app.departments.acting import department_of
from app.outcomes import queries, service
from app.outcomes.model import AnswerDraft, Referral
from app.outcomes.rules.answers import AnswerText
from app.outcomes.rules.referrals import ReferralState, read_note
from app.outcomes.service import desk, drafting
from app.outcomes.web import typed
from app.outcomes.web.lookup import counted, door_of, identity, lock, owned, teller_of
from app.outcomes.web.matter import page


@post(
    "/desk/referrals/{referral_id:int}",
    name="outcomes.answer",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def answer(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """``step`` says what becomes of what was typed: kept, looked at, handed in, released, or only shown again."""
    referral = owned(db, account, referral_id)
    if door := door_of(request.app.state, referral):
        raise service.AnsweredElsewhere(door=door)
    try:
        return _step(request, db, account, referral, form)
    except service.NoLongerOwed as late:
        db.rollback()
        return words_back(request, late, form.get("summary", ""), form.get("details", ""))


def _step(
    request: Request[Any, Any, Any], db: Session, account: Account, referral: Referral, form: Sent
) -> Response[Any]:
    state, referral_id = request.app.state, referral.id
    match form.get("step"):
        case "more":
            return page(request, db, account, referral_id, Form(typed.with_one_more_row(form)))
        case "template":
            return _begin_from_template(request, db, account, referral, form)
        case "save":
            return _save(request, db, account, referral, form)
    try:
        text = typed.read(state, db, form)
    except Invalid as wrong:
        return page(request, db, account, referral_id, Form.again(form, wrong), status=422)
    match form.get("step"):
        case "release" | "hand-in":
            return _let_go(request, db, account, referral, form, text)
        case "edit":  # a box that was not ticked sends nothing
            kept = {**form, "send_news": form.get("send_news") or "no"}
            return page(request, db, account, referral_id, Form(kept))
    return page(request, db, account, referral_id, Form(form), preview=form.get("step") == "preview")


def _begin_from_template(
    request: Request[Any, Any, Any], db: Session, account: Account, referral: Referral, form: Sent
) -> Response[Any]:
    standing = {t.id: t for t in desk.templates(db, referral.department_id or 0)}
    chosen, shown = standing.get(identity(form, "template")), Form(form)
    if chosen is None:
        shown.refuse("template", _("Choose a template."))
        return page(request, db, account, referral.id, shown, status=422)
    return page(request, db, account, referral.id, Form(typed.begun_from(chosen, form)))


def _save(
    request: Request[Any, Any, Any], db: Session, account: Account, referral: Referral, form: Sent
) -> Response[Any]:
    """Keep it for colleagues and for later, however unfinished."""
    if wrong := typed.too_long(form):
        return page(request, db, account, referral.id, Form.again(form, Invalid(wrong)), status=422)
    try:
        _keep(request, db, account, referral, form)
    except drafting.DraftChanged:
        db.rollback()
        return _draft_changed(request, db, account, referral.id, form)
    return _back(referral.id, "saved")


def _let_go(
    request: Request[Any, Any, Any], db: Session, account: Account, referral: Referral, form: Sent, text: AnswerText
) -> Response[Any]:
    """Released at once, or handed in for a second person to release."""
    state, by, now = request.app.state, account.id, request.app.state.clock.now()
    lock(state, db, referral.subject_kind, referral.subject_id)
    number, department = referral.id, department_of(db, account)
    try:
        if form.get("step") == "hand-in":
            draft = _keep(request, db, account, referral, form)
            drafting.hand_in(db, number, department.id, revision=draft.revision, by=by, now=now)
            return _back(number, "handed-in")
        drafting.publish(
            db,
            number,
            department,
            text,
            revision=_revision(form),
            after_version=counted(form, "after_version"),
            by=by,
            now=now,
            tell=_wants_news(form),
        )
    except service.AnswerChanged:
        db.rollback()
        return _changed_meanwhile(request, db, account, number, form)
    except drafting.DraftChanged:
        db.rollback()
        return _draft_changed(request, db, account, number, form)
    return see_other(f"/desk/referrals/{number}")


def _keep(
    request: Request[Any, Any, Any], db: Session, account: Account, referral: Referral, form: Sent
) -> AnswerDraft:
    wants = _wants_news(form)
    return drafting.save(
        db,
        referral.id,
        referral.department_id or 0,
        typed.typed_in(form, send_news=referral.state != ReferralState.ANSWERED if wants is None else wants),
        revision=_revision(form),
        after_version=counted(form, "after_version"),
        by=account.id,
        now=request.app.state.clock.now(),
    )


@post(
    "/desk/referrals/{referral_id:int}/draft",
    name="outcomes.draft",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def draft(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """``do=release`` publishes what a colleague handed in, ``do=hand-back`` wants it changed, ``do=throw-away`` ends it."""
    referral, now = owned(db, account, referral_id), request.app.state.clock.now()
    department, revision = referral.department_id or 0, _revision(form)
    match form.get("do"):
        case "release":
            return _release(request, db, account, referral, form)
        case "hand-back":
            written = Form(form)
            note = written.read("hand-back-note", read_note)
            if note is None:
                return page(request, db, account, referral_id, Form(), beside=written, status=422)
            drafting.hand_back(db, referral_id, department, note, revision=revision, by=account.id, now=now)
            return _back(referral_id, "handed-back")
        case "throw-away":
            drafting.throw_away(db, referral_id, department, revision=revision, by=account.id, now=now)
            return _back(referral_id, "thrown-away")
    raise NotFound


def _release(
    request: Request[Any, Any, Any], db: Session, account: Account, referral: Referral, form: Sent
) -> Response[Any]:
    """The second person's: exactly what they were shown, checked once more, since its days may have passed."""
    state, department, by = request.app.state, department_of(db, account), account.id
    if door := door_of(state, referral):
        raise service.AnsweredElsewhere(door=door)
    lock(state, db, referral.subject_kind, referral.subject_id)
    waiting = drafting.waiting_for(db, referral.id, department.id, revision=_revision(form), by=by)
    try:
        text = typed.read(state, db, typed.of_draft(waiting))
    except Invalid as wrong:
        return page(request, db, account, referral.id, Form.again(typed.of_draft(waiting), wrong), status=422)
    drafting.release(db, referral.id, department, text, revision=waiting.revision, by=by, now=state.clock.now())
    return _back(referral.id, "released")


def _back(referral_id: int, done: str) -> Response[Any]:
    return see_other(f"/desk/referrals/{referral_id}?done={done}")


@post(
    "/desk/referrals/{referral_id:int}/news",
    name="outcomes.news",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def news(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """``do=send`` has those who asked told of the answer as it stands; ``do=call-off`` stops what has not left."""
    state = request.app.state
    referral = owned(db, account, referral_id)
    teller = teller_of(state, referral)
    if teller is None or form.get("do") not in ("send", "call-off"):
        raise NotFound
    lock(state, db, referral.subject_kind, referral.subject_id)
    department, now = referral.department_id or 0, state.clock.now()
    if form.get("do") == "send":
        service.send_news(
            db, teller, referral_id, department, after_version=counted(form, "after_version"), by=account.id, now=now
        )
    else:
        service.call_off_news(db, teller, referral_id, department, by=account.id, now=now)
    return see_other(f"/desk/referrals/{referral_id}#told")


@post(
    "/desk/referrals/{referral_id:int}/take-back",
    name="outcomes.take-back",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def take_back(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """The answer disappears from public pages and is owed again; refused once somebody was told of it."""
    state = request.app.state
    referral = owned(db, account, referral_id)
    if door := door_of(state, referral):
        raise service.AnsweredElsewhere(door=door)
    lock(state, db, referral.subject_kind, referral.subject_id)
    service.withdraw_answer(
        db,
        referral_id,
        referral.department_id or 0,
        after_version=counted(form, "after_version"),
        by=account.id,
        now=state.clock.now(),
    )
    return see_other(f"/desk/referrals/{referral_id}")


def _changed_meanwhile(
    request: Request[Any, Any, Any], db: Session, account: Account, referral_id: int, form: Sent
) -> Response[bytes]:
    """Nothing typed is lost: it waits below the answer that came first."""
    newest, kept = queries.all_versions(db, referral_id), drafting.of(db, referral_id)
    seen = {"after_version": str(newest[0].version if newest else 0), "revision": str(kept.revision if kept else 0)}
    shown = Form(values={**form, **seen})
    words = _("Somebody else changed the answer while you were writing. Yours is not published: it waits below.")
    shown.errors = {"": str(words)}
    return page(request, db, account, referral_id, shown, status=409)


def _draft_changed(
    request: Request[Any, Any, Any], db: Session, account: Account, referral_id: int, form: Sent
) -> Response[bytes]:
    """The colleague's draft is shown above one's own words, which take its place only when they are saved again."""
    kept = drafting.of(db, referral_id)
    shown = Form(values={**form, "revision": str(kept.revision if kept else 0)})
    words = (
        _("A colleague changed this draft while you were writing. Yours is not stored: it waits below theirs.")
        if kept
        else _(
            "A colleague removed or released this draft while you were writing. Yours is not stored: it waits below."
        )
    )
    shown.errors = {"": str(words)}
    return page(request, db, account, referral_id, shown, status=409, theirs=kept is not None)


def _wants_news(form: Sent) -> bool | None:
    """The box as it was left; None, the usual way, where whoever sent the form was never shown one."""
    return form.get("send_news") == "yes" if "send_news" in form or "asks_news" in form else None


def _revision(form: Sent) -> int:
    """The draft that was seen: none where the form says nothing of one."""
    return counted(form, "revision") if form.get("revision") else 0


HANDLERS = [answer, draft, news, take_back]
