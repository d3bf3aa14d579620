"""The page of one case: the text, what is known about it, and the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.changes import word_changes
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.core.web.too_late import words_back
from app.moderation import appeals, claims, decided, fairness, notes, previewing, queries, queue, reporting, service
from app.moderation.contribution import Moderated, Shown
from app.moderation.model import Case, Decision, Report
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import ORIGIN_NAMES, REFUSALS, Origin, allowed
from app.moderation.rules.wanted import Place
from app.moderation.web.queue import address, desk_of, read_number, wanted_of
from app.moderation.web.saying import say_holder, say_signal, say_verdict, verdict_choices, what_happens


@get("/moderation/{case_id:int}", name="moderation.case", guards=[may("moderation.queue")], sync_to_thread=True)
def case_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    case_id: FromPath[int],
) -> Response[bytes]:
    return show_case(request, db, account, case_id, Form())


@post(
    "/moderation/{case_id:int}",
    name="moderation.decide",
    guards=[may("moderation.decide")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def decide(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    case_id: FromPath[int],
) -> Response[Any]:
    """``step=preview`` shows the letter and stores nothing; else the decision is made, and the next case opens."""
    try:
        if form.get("step") == "preview":
            letter = _preview(request, db, account, form, case_id)
            return show_case(request, db, account, case_id, Form(values=form), letter=letter)
        _decide(request, db, account, form, case_id)
    except Invalid as wrong:
        db.rollback()
        return show_case(request, db, account, case_id, Form.again(form, wrong), status=422)
    except Conflict as late:
        db.rollback()
        return words_back(request, late, form.get("note", ""), form.get("internal", ""))
    wanted = wanted_of(request)
    found = queue.next_case(db, desk_of(request, db, account), wanted)
    return see_other(address(f"/moderation/{found}" if found else "/moderation", wanted, done=case_id))


def _decide(request: Request[Any, Any, Any], db: Session, account: Account, form: Sent, case_id: int) -> Decision:
    state, verdict = request.app.state, form.get("verdict", "")
    if verdict not in set(Verdict):
        raise Invalid([FieldError("verdict", _("Choose what to do with the text."))])
    return service.decide(
        db,
        state.site.moderated,
        case_id,
        revision_id=read_number(form.get("revision", "")),
        verdict=Verdict(verdict),
        reason_code=form.get("reason", ""),
        note=form.get("note", ""),
        internal=form.get("internal", ""),
        extras={"department": form.get("department", ""), "survivor": form.get("survivor", "")},
        by=account.id,
        now=state.clock.now(),
    )


def _preview(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Sent, case_id: int
) -> previewing.Previewed | None:
    state = request.app.state
    case, kind = case_and_kind(request, db, case_id)
    return previewing.preview(
        db,
        state.site.letters,
        state.house.postman.renderer,
        kind.author(db, case.subject_id),
        lambda: _decide(request, db, account, form, case_id),
        state.clock.now(),
    )


def show_case(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    case_id: int,
    form: Form,
    *,
    letter: previewing.Previewed | None = None,
    status: int = 200,
) -> Response[bytes]:
    """The page; with the ``form`` as it was sent, and the ``letter`` that it would bring about."""
    state = request.app.state
    case, kind = case_and_kind(request, db, case_id)
    desk, wanted, subject = desk_of(request, db, account), wanted_of(request), _subject(case)
    shown, lead, zone = kind.show(db, case.subject_id), kind.lead(db, case.subject_id), state.settings.zone
    form.values = {"department": lead, **form.values}
    holder = claims.holders(db, [case_id], desk.now).get(case_id)
    verdicts = allowed(case.origin, can_return=kind.can_return)
    barred = _barred(db, kind, case, account)
    reasons, revision = queries.reasons(db), queries.newest_revision(db, case_id)
    response: Response[bytes] = state.pages.personal(
        "moderation/case.html",
        status=status,
        staff=account,
        case=case,
        kind=kind,
        shown=shown,
        origin_name=str(ORIGIN_NAMES[Origin(case.origin)]),
        changes=[(c.heading, word_changes(c.before, c.after)) for c in shown.changes],
        newest=queries.newest_case(db, subject),
        previous=case.previous_case_id,
        revision=revision,
        history=queries.history(db, subject),
        others=_others(db, desk, case),
        signals=[_found(one) for one in case.signals or ()],
        appeal=appeals.appeal_in(db, case_id) if case.origin == Origin.APPEAL else None,
        told=_told(db, subject) if case.origin == Origin.REPORT else (),
        titles={reason.code: reason.title for reason in reasons},
        notes=notes.notes_about(db, case.subject_kind, case.subject_id),
        context=_context(request, db, case),
        administers=state.permissions.opens(account.role, "moderation.restore"),
        reasons=reasons,
        departments=kind.leads(db),
        lead=lead,
        verdicts=verdict_choices(verdicts),
        refusals=verdicts & REFUSALS,
        what_happens=what_happens(case.origin),
        reports=reporting.count_about(db, subject),
        form=form,
        letter=letter,
        barred=barred,
        may_claim=case.state == "waiting" and not barred and (holder is None or holder.account_id == account.id),
        may_stand_back=case.state == "waiting" and not barred,
        mine=holder is not None and holder.account_id == account.id,
        lease_words=say_holder(holder, account.id, zone) if holder else "",
        done=done_lately(db, request.query_params.get("done", "")),
        now_href=address("/moderation/now", wanted, cases=case_id, revision=revision.id if revision else 0),
        queue_href=address("/moderation", wanted),
        next_href=address("/moderation/next", wanted, after=Place(case.opened_at, case.id)),
        previous_href=address("/moderation/next", wanted, before=Place(case.opened_at, case.id)),
        kept_query=address("", wanted),
        now=desk.now,
    )
    return response


def case_and_kind(request: Request[Any, Any, Any], db: Session, case_id: int) -> tuple[Case, Moderated]:
    """Illegal content is shown by its own track alone."""
    case = db.get(Case, case_id)
    moderated = request.app.state.site.moderated
    if case is None or case.subject_kind not in moderated or case.origin == Origin.ILLEGAL:
        raise NotFound
    return case, moderated[case.subject_kind]


def _subject(case: Case) -> SubjectRef:
    return SubjectRef(case.subject_kind, case.subject_id)


def _barred(db: Session, kind: Moderated, case: Case, account: Account) -> str:
    """Why this moderator may not decide it, in words; empty where they may."""
    if case.state != "waiting":
        return ""
    try:
        fairness.check(db, kind, case, account.id)
    except Forbidden as refusal:
        return f"{refusal.heading}. {refusal.sentence}"
    return ""


def _others(db: Session, desk: queue.Desk, case: Case) -> list[tuple[queue.Line, decided.Judged | None]]:
    """What else its author sent in, and what became of it."""
    if case.author_id is None:
        return []
    lines = queue.of_author(db, desk, case.author_id, but=case.id)
    done = decided.judged(db, [line.id for line in lines])
    return [(line, done.get(line.id)) for line in lines]


def _told(db: Session, subject: SubjectRef) -> Sequence[Report]:
    """What readers wrote with their reports."""
    found, _total = reporting.reported(db, sort="newest", about=subject, offset=0, most=1)
    return found[0].words if found else ()


def _context(request: Request[Any, Any, Any], db: Session, case: Case) -> Shown | None:
    """Where it would appear, where that is something else."""
    kind = request.app.state.site.moderated.get(case.context_kind or "")
    if kind is None or case.context_id is None:
        return None
    try:
        shown: Shown = kind.show(db, case.context_id)
    except NotFound:
        return None
    return shown


class Found(NamedTuple):
    """A check's finding on the page; ``score`` of 100."""

    name: str
    score: int
    cause: str


def _found(signal: Mapping[str, Any]) -> Found:
    return Found(say_signal(signal), round(100 * float(signal.get("score", 0))), str(signal.get("cause", "")))


class Done(NamedTuple):
    """What was just decided, before this case opened."""

    id: int
    words: str


def done_lately(db: Session, text: str) -> Done | None:
    """The case that an address names as just decided."""
    number = read_number(text)
    decision = decided.judged(db, [number]).get(number)
    case = db.get(Case, number) if decision else None
    if case is None or decision is None:
        return None
    return Done(
        number, f"{say_verdict(decision.verdict)}: {case.excerpt}" if case.excerpt else say_verdict(decision.verdict)
    )


HANDLERS = [case_page, decide]
