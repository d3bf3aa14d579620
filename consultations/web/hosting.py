"""The officials' room: every consultation in every state, one of them with what it lacks and what can be done, a new one."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.ids import new_id
from app.core.paging import Page, read_page
from app.core.text.sections import read_title
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.departments.queries import by_ids, of_officer
from app.files.queries import files_of_many
from consultations import queries
from consultations.model import Consultation
from consultations.policy import ConsultationPolicy
from consultations.queries import editing as lists
from consultations.rules.lifecycle import EDITORIAL_NAMES, KIND_NAMES, Kind, phase_of
from consultations.rules.texts import SECTIONS
from consultations.service import attaching, editing, reviewing
from consultations.service.editing import Begun


@get("/hosting/consultations", name="consultations.hosting", guards=[may("consultations.edit")], sync_to_thread=True)
def hosting(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state, asked = request.app.state, request.query_params
    department = of_officer(db, account.id)
    usual = "department" if department else "all"
    whose = asked.get("whose", usual) if asked.get("whose", usual) in lists.WHOSE else usual
    shown = asked.get("state", "now") if asked.get("state", "now") in lists.STATES else "now"
    wanted = lists.Wanted(whose, shown, account.id, department.id if department else None)
    number = read_page(asked.get("page", ""))
    rows = lists.listed(db, wanted, number)
    query = {"whose": whose, "state": shown}
    response: Response[bytes] = state.pages.personal(
        "consultations/hosting/list.html",
        staff=account,
        department=department,
        wanted=wanted,
        paging=Page(rows, lists.count(db, wanted), number, "/hosting/consultations", query),
        departments=by_ids(db, [c.department_id for c in rows]),
        names=EDITORIAL_NAMES,
        kinds=KIND_NAMES,
        phases={c.id: phase_of(c, state.clock.now()) for c in rows},
        to_look=lists.waiting_for_a_look(db),
        to_review=lists.waiting_for_review(db),
        now=state.clock.now(),
    )
    return response


@get("/hosting/consultations/new", name="consultations.new", guards=[may("consultations.edit")], sync_to_thread=True)
def new(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _new(request, db, account, Form(values={"kind": Kind.CONSULTATION, "submission": str(new_id())}))


@post(
    "/hosting/consultations/new",
    name="consultations.new.post",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def begin(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    shown = Form(values=form)
    kind, title = shown.read("kind", chosen("kind", set(Kind))), shown.read("title", read_title)
    submission = form.get("submission", "")
    if not (0 < len(submission) <= 40 and submission.isascii()):
        submission = str(new_id())
    if kind is None or title is None:
        return _new(request, db, account, shown, status=422)
    begun = Begun(Kind(kind), title, f"{account.id}.{submission}")
    number = editing.begin(db, begun, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/hosting/consultations/{number}")


@get(
    "/hosting/consultations/{consultation_id:int}",
    name="consultations.hosting-one",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
)
def one(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return one_page(request, db, account, seen(db, consultation_id), Form())


def seen(db: Session, consultation_id: int) -> Consultation:
    """Any official reads any of them, so that another one can approve."""
    found = db.get(Consultation, consultation_id)
    if found is None:
        raise NotFound
    return found


def one_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    consultation: Consultation,
    form: Form,
    status: int = 200,
) -> Response[bytes]:
    """What it lacks, what it says, what can be done with it now."""
    state, now = request.app.state, request.app.state.clock.now()
    policy: ConsultationPolicy = state.site.dependencies["consulting"]
    department, helping = of_officer(db, account.id), queries.supporting(db, consultation.id)
    wrote = lists.authors(db, consultation.id)
    draft = consultation.state in ("draft", "in_review", "approved")
    files = files_of_many(db, attaching.owners(consultation.id))
    response: Response[bytes] = state.pages.personal(
        "consultations/hosting/one.html",
        status=status,
        staff=account,
        consultation=consultation,
        owns=department is not None and department.id == consultation.department_id,
        wrote=account.id in wrote,
        departments=by_ids(db, [consultation.department_id, *helping]),
        supporting=helping,
        lacks=reviewing.missing(db, policy, consultation, now) if draft else [],
        sections=SECTIONS,
        names=EDITORIAL_NAMES,
        kinds=KIND_NAMES,
        phase=phase_of(consultation, now),
        changes=queries.date_changes(db, consultation.id),
        passes=queries.late_passes(db, consultation.id),
        files=[file for found in files.values() for file in found],
        form=form,
        now=now,
    )
    return response


def _new(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    department = of_officer(db, account.id)
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/hosting/new.html",
        status=status,
        staff=account,
        department=department,
        kinds=[(str(k), str(name)) for k, name in KIND_NAMES.items()],
        hints={
            Kind.CONSULTATION: _("You propose something, and ask what people think of it."),
            Kind.CALL: _("You have no proposal yet, and ask what people know."),
        },
        form=form,
    )
    return response


HANDLERS = [hosting, new, begin, one]
