"""Answering, page by page or all on one: every step is a form, and everything typed is kept in a draft."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, visitor, who
from app.core.db import after_commit
from app.core.errors import Invalid, NotFound, Refusal
from app.core.i18n import language
from app.core.text.figures import is_whole
from app.core.web.page import see_other
from consultations.forms import anchor, typed_in
from consultations.model import Consultation, LatePass
from consultations.queries.answering import LATE
from consultations.queries.drafts import COLLEAGUE
from consultations.queries.measured import BEGUN, OPENED, RESPONDING
from consultations.rules.drafts import PageChanged, read_seen
from consultations.rules.lifecycle import Phase, next_turn, phase_of
from consultations.rules.questionnaire import QuestionKind
from consultations.rules.sending import LatePassOver, ResponseLinkUnknown, admits, refusal_to_send
from consultations.service import drafts
from consultations.web.addressed import readable
from consultations.web.posted import PostedAnswers, provide_answers
from consultations.web.walking import ALL, Step, Walk, busy, in_lines, walk

SENT = {"sent": Provide(provide_answers)}
WAYS = ("pages", "all", "easy")


@get("/consultations/{ref:str}/answer", name="consultations.answer", guards=[anyone], sync_to_thread=True)
def start_page(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    state, consultation = request.app.state, readable(db, ref)
    now = state.clock.now()
    response: Response[bytes] = state.pages.public(
        "consultations/answer/start.html",
        keys=(f"consultation:{consultation.id}",),
        good_until=next_turn(consultation, now),
        fresh_for=60,
        tallied=f"{RESPONDING}:{OPENED}",
        **_start_values(consultation, takes=refusal_to_send(consultation, None, now) is None, now=now),
    )
    return response


@post(
    "/consultations/{ref:str}/answer",
    name="consultations.answer.start",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    dependencies=SENT,
)
def start(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    sent: NamedDependency[PostedAnswers],
    ref: FromPath[str],
) -> Response[Any]:
    """A draft of one's own; its key is in the address of every page that follows."""
    consultation = readable(db, ref)
    return _begin(request, db, consultation, sent, None, f"/consultations/{consultation.id}/answer")


@get("/consultations/late/{token:str}", name="consultations.late", guards=[anyone], sync_to_thread=True)
def late_page(request: Request[Any, Any, Any], db: NamedDependency[Session], token: FromPath[str]) -> Response[bytes]:
    late_pass, consultation = _admitted(request, db, token)
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/answer/start.html",
        late_pass=late_pass,
        **_start_values(consultation, takes=True, now=request.app.state.clock.now())
        | {"action": f"/consultations/late/{token}"},
    )
    return response


@post(
    "/consultations/late/{token:str}",
    name="consultations.late.start",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    dependencies=SENT,
)
def start_late(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    sent: NamedDependency[PostedAnswers],
    token: FromPath[str],
) -> Response[Any]:
    late_pass, consultation = _admitted(request, db, token)
    return _begin(request, db, consultation, sent, late_pass, f"/consultations/late/{token}")


@get(
    "/consultations/{ref:str}/answer/{key:str}",
    name="consultations.answer.draft",
    guards=[visitor],
    sync_to_thread=True,
)
def overview(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    """What a mailed link opens: the pages, who wrote them last, and the way on."""
    going = walk(request, db, ref, key)
    if going.draft.submitted_at is not None:
        return see_other(going.href("sent"))
    return show(request, going, "overview", colleague=colleague_link(request, going))


@get(
    "/consultations/{ref:str}/answer/{key:str}/{place:str}",
    name="consultations.answer.page",
    guards=[visitor],
    sync_to_thread=True,
)
def page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    ref: FromPath[str],
    key: FromPath[str],
    place: FromPath[str],
) -> Response[Any]:
    going = walk(request, db, ref, key, way=ALL if place == ALL else "")
    if (elsewhere := stop_or_sent(request, going)) is not None:
        return elsewhere
    return _page(request, going, place, going.on(place), more="more" in request.query_params)


@post(
    "/consultations/{ref:str}/answer/{key:str}/{place:str}",
    name="consultations.answer.page.post",
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
    place: FromPath[str],
) -> Response[Any]:
    """Kept first, as it was typed, in a transaction of its own: what is wrong with it is said afterwards."""
    state = request.app.state
    going = _walk(request, sent, ref, key, place)
    if going.draft.submitted_at is not None:
        return see_other(going.href("sent"))
    displayed = {int(n) for n in sent.get("asked", "").split()[:500] if is_whole(n, figures=9)}
    if (refusal := busy(request, going.consultation.id, times=10)) is not None:
        return _page_again(request, going, place, _steps(going, place), sent, refusal=refusal)
    typed = _typed(going, place, sent, displayed)
    seen, now = read_seen(sent.get("seen", "")), state.clock.now()
    try:
        state.database.retrying(
            lambda db: drafts.save(db, going.draft.id, typed, seen, by=going.writer, now=now) and None
        )
    except PageChanged as changed:
        return _conflict(request, going, place, sent, typed, changed)
    errors = _keep_files(request, sent, going, place)
    return _onwards(request, _walk(request, sent, ref, key, place), place, sent, displayed, errors)


def _onwards(
    request: Request[Any, Any, Any],
    going: Walk,
    place: str,
    sent: PostedAnswers,
    displayed: set[int],
    errors: dict[str, str],
) -> Response[Any]:
    """Where a stored page leads."""
    act = sent.get("act", "")
    if going.refusal is not None:
        return closed(request, going)
    if act == "later":
        return see_other(going.href("save"))
    if act == "back":
        return see_other(going.href(going.before(place)))
    if sent.get("remove_file"):
        return see_other(going.href(place))
    here = _steps(going, place)
    mine = {q.id for step in here for q in step.questions}
    problems = [p for p in going.checked.problems if p.question in mine & displayed]
    for problem in problems:
        errors.setdefault(anchor(going.questionnaire.by_id[problem.question]), str(problem.message))
    if errors:
        return _page(request, going, place, here, errors=errors, status=422)
    if new := [q for step in here for q in step.questions if q.id not in displayed]:
        return see_other(going.href(place, anchor=anchor(new[0]), more="yes"))
    return see_other(going.href("check" if sent.get("to") == "check" else going.after(place)))


def _keep_files(request: Request[Any, Any, Any], sent: PostedAnswers, going: Walk, place: str) -> dict[str, str]:
    """Take in what was chosen and let go of what was removed; answers what is wrong, by field."""
    state, errors = request.app.state, dict(sent.too_large)
    if is_whole(sent.get("remove_file", "")):
        number = int(sent["remove_file"])
        state.database.retrying(lambda db: drafts.remove_file(db, going.draft.id, number, now=state.clock.now()))
    for step in _steps(going, place):
        for question in step.questions:
            for upload in sent.uploads(f"q{question.id}_file") if question.kind is QuestionKind.FILE else ():
                try:
                    state.database.retrying(
                        lambda db, up=upload, page=step.page.id, name=f"q{question.id}_file": _keep(
                            db, going, page, name, up, state.clock.now()
                        )
                    )
                except Invalid as wrong:
                    errors[upload.field] = str(wrong.errors[0].message)
    return errors


def _keep(db: Session, going: Walk, page: int, name: str, upload: Any, now: Any) -> None:
    drafts.keep_file(
        db, going.draft.id, page, name, upload, by=going.writer, most=going.policy.files_a_response, now=now
    )


def _typed(going: Walk, place: str, sent: PostedAnswers, displayed: set[int]) -> dict[int, dict[str, Any]]:
    """By page: what was posted for the questions that the form showed, and what is stored of the others."""
    found: dict[int, dict[str, Any]] = {}
    pages = going.questionnaire.pages if place == ALL else [p for p in going.questionnaire.pages if str(p.id) == place]
    if not pages:
        raise NotFound
    for one in pages:
        stored = dict(going.stored[one.id].typed) if one.id in going.stored else {}
        posted = [q for q in one.questions if q.id in displayed]
        numbers = {str(q.id) for q in posted if q.kind is not QuestionKind.FILE}
        kept = {
            name: value for name, value in stored.items() if name.removeprefix("q").partition("_")[0] not in numbers
        }
        _drop_file(kept, sent.get("remove_file", ""))
        typed = kept | typed_in(posted, sent)
        if posted or typed:
            found[one.id] = typed
    return found


def _drop_file(typed: dict[str, Any], number: str) -> None:
    for name in [n for n in typed if n.endswith("_file")]:
        typed[name] = [n for n in typed[name] if str(n) != number]


def _begin(
    request: Request[Any, Any, Any],
    db: Session,
    consultation: Consultation,
    sent: PostedAnswers,
    late_pass: LatePass | None,
    action: str,
) -> Response[Any]:
    state, account = request.app.state, who(request)
    way = sent.get("way", "pages")
    if (refusal := busy(request, consultation.id)) is not None:
        return again(
            request,
            "start",
            refusal,
            late_pass=late_pass,
            **_start_values(consultation, takes=True, now=state.clock.now()) | {"action": action},
        )
    draft = drafts.start(
        db,
        consultation,
        language=language.get(),
        now=state.clock.now(),
        is_organisation=sent.get("as") == "organisation",
        easy_read=way == "easy",
        account_id=account.id if account is not None else None,
        late_pass=late_pass,
    )
    after_commit(db, partial(state.site.tally.add, RESPONDING, BEGUN))
    going = walk(request, db, str(consultation.id), draft.form_key, way=ALL if way == "all" else "")
    return see_other(going.href(going.first()))


def _admitted(request: Request[Any, Any, Any], db: Session, token: str) -> tuple[LatePass, Consultation]:
    state = request.app.state
    number = state.keyring.read_token(LATE, token)
    late_pass = db.get(LatePass, number) if number is not None else None
    if late_pass is None:
        raise ResponseLinkUnknown
    consultation = readable(db, str(late_pass.consultation_id))
    if not admits(late_pass, consultation.id, state.clock.now()):
        raise LatePassOver(consultation=consultation.id)
    return late_pass, consultation


def _start_values(consultation: Consultation, *, takes: bool, now: Any) -> dict[str, Any]:
    return {
        "consultation": consultation,
        "takes": takes,
        "upcoming": phase_of(consultation, now) is Phase.UPCOMING,
        "action": f"/consultations/{consultation.id}/answer",
    }


def _walk(request: Request[Any, Any, Any], sent: PostedAnswers, ref: str, key: str, place: str) -> Walk:
    with request.app.state.database.reading() as db:
        way = ALL if place == ALL or sent.get("way") == ALL else ""
        found = walk(request, db, ref, key, way=way, by=sent.get("by", ""))
        db.expunge_all()
        return found


def _steps(going: Walk, place: str) -> list[Step]:
    """As :meth:`Walk.on`, and empty where the page asks nothing any more."""
    try:
        return going.on(place)
    except NotFound:
        return []


def _page(
    request: Request[Any, Any, Any],
    going: Walk,
    place: str,
    steps: list[Step],
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
    **more: Any,
) -> Response[Any]:
    return show(
        request,
        going,
        "page",
        status=status,
        place=place,
        steps=steps,
        form=going.form(errors),
        seen=going.seen([p.id for p in going.questionnaire.pages] if place == ALL else [int(place)]),
        to=request.query_params.get("to", ""),
        has_files=any(q.kind is QuestionKind.FILE for step in steps for q in step.questions),
        **{"more": False, "busy": None, **more},
    )


def _page_again(
    request: Request[Any, Any, Any],
    going: Walk,
    place: str,
    steps: list[Step],
    sent: PostedAnswers,
    *,
    refusal: Refusal,
) -> Response[Any]:
    """Over a limit: the fields as they were sent, nothing stored."""
    typed = typed_in([q for step in steps for q in step.questions], sent)
    going.__dict__["typed"] = {**going.typed, **typed}
    response = _page(request, going, place, steps, status=refusal.status, busy=refusal)
    response.headers.update(refusal.headers)
    return response


def _conflict(
    request: Request[Any, Any, Any],
    going: Walk,
    place: str,
    sent: PostedAnswers,
    typed: dict[int, dict[str, Any]],
    changed: PageChanged,
) -> Response[Any]:
    """Both texts, and a form for each choice. Neither is stored by showing them."""
    theirs = {name: value for one in changed.stored.values() for name, value in one.typed.items()}
    mine = {name: value for words in typed.values() for name, value in words.items()}
    differing = [q for q in going.questionnaire.questions() if in_lines(q.id, mine) != in_lines(q.id, theirs)]
    going = _walk(request, sent, str(going.consultation.id), going.key, place)
    return show(
        request,
        going,
        "conflict",
        status=409,
        place=place,
        changed=changed,
        questions=[(q, going.lines(q, theirs), going.lines(q, mine)) for q in differing],
        mine=[(n, v) for n, value in mine.items() for v in (value if isinstance(value, list) else [value])],
        asked=sent.get("asked", ""),
        seen=going.seen([p.id for p in going.questionnaire.pages] if place == ALL else [int(place)]),
        last=max(changed.stored.values(), key=lambda one: one.at),
    )


def show(
    request: Request[Any, Any, Any], going: Walk, template: str, *, status: int = 200, **values: Any
) -> Response[Any]:
    response: Response[Any] = request.app.state.pages.personal(
        f"consultations/answer/{template}.html",
        status=status,
        walk=going,
        consultation=going.consultation,
        draft=going.draft,
        **values,
    )
    return response


def again(request: Request[Any, Any, Any], template: str, refusal: Refusal, **values: Any) -> Response[Any]:
    """The page once more, because nothing can be sent just now."""
    response: Response[Any] = request.app.state.pages.personal(
        f"consultations/answer/{template}.html", status=refusal.status, busy=refusal, error_prefix=True, **values
    )
    response.headers.update(refusal.headers)
    return response


def closed(request: Request[Any, Any, Any], going: Walk) -> Response[Any]:
    """It has closed meanwhile: what was typed is kept, and can be taken away."""
    now = request.app.state.clock.now()
    upcoming = phase_of(going.consultation, now) is Phase.UPCOMING
    return show(request, going, "closed", status=409, refusal=going.refusal, upcoming=upcoming)


def stop_or_sent(request: Request[Any, Any, Any], going: Walk) -> Response[Any] | None:
    """Where a draft leads that cannot be written at any more."""
    if going.draft.submitted_at is not None:
        return see_other(going.href("sent"))
    return closed(request, going) if going.refusal is not None else None


def colleague_link(request: Request[Any, Any, Any], going: Walk) -> str:
    """For the lead to hand on."""
    if not (going.draft.is_organisation and going.leads):
        return ""
    state = request.app.state
    token = state.keyring.token(COLLEAGUE, going.draft.id)
    return f"{state.settings.base_url}/consultations/{going.consultation.id}/answer/{token}"


HANDLERS = [start_page, start, late_page, start_late, overview, page, save]
