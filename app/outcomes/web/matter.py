"""The officer's page of one matter: its clock, who asked, its way so far, the answer, and who was told.

Whoever only helps with it reads it with its notes, and answers nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, Invalid
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.acting import department_of
from app.departments.model import Department
from app.departments.queries import by_ids
from app.files.queries import files_of
from app.outcomes import queries
from app.outcomes.model import Answer, Referral
from app.outcomes.queries import people
from app.outcomes.rules.answers import grades_for
from app.outcomes.rules.commitments import PROGRESS_NAMES
from app.outcomes.rules.deadlines import read_day
from app.outcomes.rules.referrals import CLOSED_NAMES, OWED, UNANSWERED, read_note
from app.outcomes.service import desk, drafting, steering
from app.outcomes.service.documents import owner
from app.outcomes.trail import Step, in_order, read_duties, steps_of
from app.outcomes.web import typed
from app.outcomes.web.lookup import door_of, identity, lock, owned, seen, subject_of, teller_of, today
from app.tokens.queries import names as programs

DONE = {
    "saved": _("The draft is saved. Your colleagues see it here."),
    "handed-in": _("Your colleagues have been told. One of them reads it and releases it."),
    "handed-back": _("It was handed back. Its writer has been told."),
    "thrown-away": _("The draft is gone."),
    "released": _("The answer is public."),
    "accepted": _("The matter is accepted: it is yours to answer."),
    "assigned": _("It is on record who sees to it."),
    "noted": _("Your note is kept. Only colleagues read it."),
    "put-off": _("The date is put off. Everyone can read why."),
    "support": _("The department helps now: it can read this page and its notes."),
    "promised": _("The promise is public."),
}


@get("/desk/referrals/{referral_id:int}", name="outcomes.referral", guards=[may("outcomes.desk")], sync_to_thread=True)
def referral_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[bytes]:
    return page(request, db, account, referral_id, Form(), done=done)


@post(
    "/desk/referrals/{referral_id:int}/accept",
    name="outcomes.accept",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def accept(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
) -> Response[Any]:
    """The department says that the matter is its own."""
    state, referral = request.app.state, owned(db, account, referral_id)
    lock(state, db, referral.subject_kind, referral.subject_id)
    steering.accept(db, referral_id, referral.department_id or 0, by=account.id, now=state.clock.now())
    return _back(referral_id, "accepted")


@post(
    "/desk/referrals/{referral_id:int}/assign",
    name="outcomes.assign",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def assign(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """One officer sees to it; nobody in particular where nobody is chosen."""
    referral, now = owned(db, account, referral_id), request.app.state.clock.now()
    to = identity(form, "assignee") if form.get("assignee") else None
    try:
        desk.assign(db, referral_id, referral.department_id or 0, to, by=account.id, now=now)
    except Invalid as wrong:
        return page(request, db, account, referral_id, Form(), beside=Form.again(form, wrong), status=422)
    return _back(referral_id, "assigned")


@post(
    "/desk/referrals/{referral_id:int}/notes",
    name="outcomes.note",
    guards=[may("outcomes.desk")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def note(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    """A note among colleagues, those of a department that helps among them."""
    seen(db, account, referral_id)
    written = Form(values=form)
    text = written.read("note", read_note)
    if text is None:
        return page(request, db, account, referral_id, Form(), beside=written, status=422)
    department, now = department_of(db, account), request.app.state.clock.now()
    desk.note(db, referral_id, department.id, text, by=account.id, now=now)
    return _back(referral_id, "noted", "notes")


def _back(referral_id: int, done: str, part: str = "") -> Response[Any]:
    return see_other(f"/desk/referrals/{referral_id}?done={done}" + (f"#{part}" if part else ""))


def page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    referral_id: int,
    form: Form,
    *,
    beside: Form | None = None,
    status: int = 200,
    preview: bool = False,
    theirs: bool = False,
    done: str = "",
) -> Response[bytes]:
    """``form`` is the answer's, ``beside`` any other form of the page; ``theirs``: the stored draft is a
    colleague's that the writer of this one has not seen."""
    state, referral, department = request.app.state, seen(db, account, referral_id), department_of(db, account)
    versions = queries.all_versions(db, referral_id)
    beside = beside or Form()
    if not form.values and referral.department_id == department.id:
        form = Form(_begin(db, referral, versions), form.errors)
    response: Response[bytes] = state.pages.personal(
        "outcomes/preview.html" if preview else "outcomes/referral.html",
        status=status,
        staff=account,
        department=department,
        referral=referral,
        helps=referral.department_id != department.id,
        form=form,
        beside=beside,
        wrong=[*form.summary, *beside.summary],
        rows=typed.row_count(form.values),
        theirs=theirs,
        done=DONE.get(done, ""),
        say_day=partial(_say_day, state),
        today=today(state),
        now=state.clock.now(),
        **_answered(state, db, referral, versions),
        **_at_work(state, db, referral, department, account),
        **_around(state, db, referral),
        **(_preview(state, db, referral, department, form) if preview else {}),
    )
    return response


def _begin(db: Session, referral: Referral, versions: Any) -> dict[str, str]:
    """The draft that is kept, else the newest words, to go on from."""
    draft = drafting.of(db, referral.id)
    if draft is not None:
        return typed.of_draft(draft)
    standing: list[Answer] = [a for a in versions if a.withdrawn_at is None] or list(versions)
    return typed.of_answer(standing[0]) if standing else {}


def _answered(state: Any, db: Session, referral: Referral, versions: Any) -> dict[str, Any]:
    """The answer with its versions and promises, and who was told of it."""
    teller, now = teller_of(state, referral), state.clock.now()
    return {
        "answers": [a for a in versions if a.withdrawn_at is None],
        "withdrawn": [a for a in versions if a.withdrawn_at is not None],
        "newest_version": versions[0].version if versions else 0,
        "tells": referral.answered_at is None or referral.state in OWED,
        "promises": queries.commitments_of(db, referral.id),
        "documents": len(files_of(db, owner(referral.id))),
        "progress": PROGRESS_NAMES,
        "door": door_of(state, referral),
        "audience": teller.audience(db, referral.subject_id) if teller else None,
        "leaves_at": teller.leaves_at(now) if teller else None,
        "tellings": teller.tellings(db, referral.subject_id, [a.id for a in versions]) if teller else (),
        "grades": grades_for(referral.cause),
    }


def _at_work(state: Any, db: Session, referral: Referral, department: Department, account: Account) -> dict[str, Any]:
    """Who sees to it, what colleagues wrote, and the draft."""
    draft, notes = drafting.of(db, referral.id), desk.notes(db, referral.id)
    writers, waits = [draft.by_id] if draft else [], draft is not None and draft.waits_since is not None
    return {
        "draft": draft,
        "waits": waits,
        "waiting_letter": _letter(state, db, referral, department, draft.summary) if draft and waits else None,
        "wrote_it": draft is not None and draft.by_id == account.id,
        "program": programs(db, [draft.token_id]).get(draft.token_id or 0) if draft else None,
        "notes": notes,
        "names": people.names(db, {*(n.by_id for n in notes), *writers, referral.assignee_id}),
        "officers": people.officers(db, referral.department_id),
        "templates": desk.templates(db, referral.department_id or 0),
        "cards": desk.cards_read(db, account.id),
    }


def _around(state: Any, db: Session, referral: Referral) -> dict[str, Any]:
    """What people asked, who else is in it, and its way as the public sees it."""
    helpers = by_ids(db, queries.supporting(db, referral.id))
    return {
        "subject": subject_of(state, db, referral),
        "lead": by_ids(db, [referral.department_id]).get(referral.department_id or 0),
        "helpers": sorted((d.name for d in helpers.values()), key=str.casefold),
        "steps": steps(state, db, referral),
        "overdue": queries.is_overdue(referral, state.clock.now()),
        "owed": referral.state in OWED,
        "linkable": referral.subject_kind in state.site.stories and not referral.sandbox,
        "unanswered": referral.state in UNANSWERED,
        "closed_why": str(CLOSED_NAMES.get(referral.closed_why, "")),  # type: ignore[call-overload]
    }


def steps(state: Any, db: Session, referral: Referral) -> list[Step]:
    """Its subject's way through departments, as the public reads it."""
    duties = read_duties(db, SubjectRef(referral.subject_kind, referral.subject_id))
    return in_order(steps_of(duties, state.pages, state.clock.now(), state.settings.zone))


def _say_day(state: Any, text: str) -> str:
    """A day of a draft in words, where it is one: drafts keep what was typed."""
    try:
        words: str = state.pages.say_date(read_day(text))
    except BadField:
        return text
    return words


def _preview(state: Any, db: Session, referral: Referral, department: Department, form: Form) -> dict[str, Any]:
    """The answer with its promises as checked, and the letter to those who asked."""
    text = typed.read(state, db, form.values)
    return {"text": text, "letter": _letter(state, db, referral, department, text.summary)}


def _letter(
    state: Any, db: Session, referral: Referral, department: Department, summary: str
) -> tuple[str, str] | None:
    """Its subject and its words; None where nobody is told."""
    teller = teller_of(state, referral)
    if teller is None:
        return None
    name, values = teller.preview(db, referral.subject_id, summary, department.name)
    words: tuple[str, str] = state.house.postman.renderer.words(name, values)
    return words


HANDLERS = [referral_page, accept, assign, note]
