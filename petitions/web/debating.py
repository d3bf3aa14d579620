"""The department's page for a debate: its date, what it brought, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.model import Department
from app.departments.queries import of_officer
from app.outcomes.model import AnswerDraft, Referral
from app.outcomes.queries import is_overdue
from app.outcomes.rules.referrals import read_note
from app.outcomes.service import drafting
from petitions.model.debate import Debate
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.rules.debates import LINKS, DebateText, allowed_hosts, phase_of, read_debate
from petitions.service import debating as service
from petitions.service import second_person
from petitions.service.debating import Debating

FIELDS = ("state", "date", "overview", *LINKS, "after_version")


@get("/desk/debates/{petition_id:int}", name="petitions.debate", guards=[may("petitions.debate")], sync_to_thread=True)
def debate_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    policy: NamedDependency[PetitionPolicy],
    petition_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, policy, petition_id, Form())


@post(
    "/desk/debates/{petition_id:int}",
    name="petitions.debate-release",
    guards=[may("petitions.debate")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def release(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    policy: NamedDependency[PetitionPolicy],
    debating: NamedDependency[Debating],
    petition_id: FromPath[int],
) -> Response[Any]:
    """``step=preview`` shows it as readers will see it; ``step=release`` publishes it, or ``step=hand-in`` has it wait."""
    department, petition, _duty = _owned(db, account, petition_id)
    shown = Form(values=form)
    now = request.app.state.clock.now()
    try:
        said = _read(request, policy, petition, form)
    except Invalid as wrong:
        shown.errors = {e.field: str(e.message) for e in wrong.errors}
        return _page(request, db, account, policy, petition_id, shown, status=422)
    if form.get("step") not in ("release", "hand-in"):
        if form.get("step") == "edit":  # a box that was not ticked sends nothing
            shown.values = {**form, "send_news": form.get("send_news") or "no"}
        preview = said if form.get("step") == "preview" else None
        return _page(request, db, account, policy, petition_id, shown, preview=preview)
    after, by = _seen(form), account.id
    news = form.get("send_news") == "yes" or not form.keys() & {"send_news", "asks_news"}
    try:
        if form.get("step") == "hand-in":
            second_person.hand_in(
                db, petition_id, department.id, form, after_version=after, send_news=news, by=by, now=now
            )
        else:
            debating.release(db, petition_id, department.id, said, after_version=after, send_news=news, by=by, now=now)
    except service.DebateChanged:
        db.rollback()
        return _changed_meanwhile(request, db, account, policy, petition_id, form)
    return see_other(f"/desk/debates/{petition_id}")


@post(
    "/desk/debates/{petition_id:int}/draft",
    name="petitions.debate-draft",
    guards=[may("petitions.debate")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def draft(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    policy: NamedDependency[PetitionPolicy],
    debating: NamedDependency[Debating],
    petition_id: FromPath[int],
) -> Response[Any]:
    """``do=release`` publishes what a colleague handed in; ``do=hand-back`` wants it changed."""
    department, petition, duty = _owned(db, account, petition_id)
    now, revision = request.app.state.clock.now(), _seen(form, "revision")
    if form.get("do") == "hand-back":
        written = Form(values=form)
        note = written.read("hand-back-note", read_note)
        if note is None:
            waits = second_person.waiting(db, duty)
            kept = {
                **(second_person.fields_of(waits) if waits else {}),
                "hand-back-note": form.get("hand-back-note", ""),
            }
            return _page(request, db, account, policy, petition_id, Form(kept, written.errors), status=422)
        drafting.hand_back(db, duty.id, department.id, note, revision=revision, by=account.id, now=now)
        return see_other(f"/desk/debates/{petition_id}")
    if form.get("do") != "release":
        raise NotFound
    waits = drafting.waiting_for(db, duty.id, department.id, revision=revision, by=account.id)
    try:
        said = _read(request, policy, petition, second_person.fields_of(waits))
    except Invalid as wrong:
        shown = Form.again(second_person.fields_of(waits), wrong)
        return _page(request, db, account, policy, petition_id, shown, status=422)
    second_person.release(db, debating, petition_id, department.id, said, revision=revision, by=account.id, now=now)
    return see_other(f"/desk/debates/{petition_id}")


@post(
    "/desk/debates/{petition_id:int}/take-back",
    name="petitions.debate-take-back",
    guards=[may("petitions.debate")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def take_back(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    debating: NamedDependency[Debating],
    petition_id: FromPath[int],
) -> Response[Any]:
    """What was said last disappears from public pages, and what stood before stands again."""
    department, _petition, _duty = _owned(db, account, petition_id)
    now = request.app.state.clock.now()
    debating.take_back(db, petition_id, department.id, after_version=_seen(form), by=account.id, now=now)
    return see_other(f"/desk/debates/{petition_id}")


@post(
    "/desk/debates/{petition_id:int}/news",
    name="petitions.debate-news",
    guards=[may("petitions.debate")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def news(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    debating: NamedDependency[Debating],
    petition_id: FromPath[int],
) -> Response[Any]:
    """``do=send`` has those who asked told of what stands; ``do=call-off`` stops what has not left."""
    department, _petition, _duty = _owned(db, account, petition_id)
    now = request.app.state.clock.now()
    match form.get("do"):
        case "send":
            debating.send_news(db, petition_id, department.id, after_version=_seen(form), by=account.id, now=now)
        case "call-off":
            debating.call_off(db, petition_id, department.id, by=account.id, now=now)
        case _other:
            raise NotFound
    return see_other(f"/desk/debates/{petition_id}#told")


def _read(
    request: Request[Any, Any, Any], policy: PetitionPolicy, petition: Petition, form: Mapping[str, str]
) -> DebateText:
    hosts = allowed_hosts(policy.debate_hosts)
    return read_debate(form, hosts, since=_since(request, petition), today=_today(request))


def _changed_meanwhile(
    request: Request[Any, Any, Any], db: Session, account: Account, policy: PetitionPolicy, petition_id: int, form: Sent
) -> Response[bytes]:
    """Nothing typed is lost: it waits below what came first."""
    versions = service.all_versions(db, petition_id)
    shown = Form(values={**form, "after_version": str(versions[0].version if versions else 0)})
    words = _("Somebody else changed this while you were writing. Yours is not published: it waits below.")
    shown.errors = {"": str(words)}
    return _page(request, db, account, policy, petition_id, shown, status=409)


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    policy: PetitionPolicy,
    petition_id: int,
    form: Form,
    *,
    status: int = 200,
    preview: DebateText | None = None,
) -> Response[bytes]:
    state = request.app.state
    department, petition, duty = _owned(db, account, petition_id)
    now: datetime = state.clock.now()
    versions = service.all_versions(db, petition_id)
    standing = [d for d in versions if d.withdrawn_at is None]
    waits = second_person.waiting(db, duty)
    if not form.values:
        form = Form(
            second_person.fields_of(waits) if waits else _fields_of(standing[0] if standing else None), form.errors
        )
    news = state.site.news["petition"]
    shown = preview or (standing[0] if standing else None)
    response: Response[bytes] = state.pages.personal(
        "petitions/debate/preview.html" if preview else "petitions/debate/edit.html",
        status=status,
        staff=account,
        department=department,
        petition=petition,
        duty=duty,
        overdue=is_overdue(duty, now),
        versions=versions,
        standing=standing,
        newest_version=versions[0].version if versions else 0,
        debate=service.as_shown(shown, now, state.settings.zone) if shown else None,
        phase=phase_of(petition.debate_state, petition.debate_on, _today(request)),
        hosts=allowed_hosts(policy.debate_hosts),
        fields=FIELDS,
        waits=waits,
        wrote_it=waits is not None and waits.by_id == account.id,
        waiting=_waiting(request, policy, petition, waits) if waits else None,
        audience=news.audience(db, petition_id),
        leaves_at=news.leaves_at(now),
        tellings=service.tellings(db, petition_id),
        form=form,
        now=now,
    )
    return response


def _waiting(
    request: Request[Any, Any, Any], policy: PetitionPolicy, petition: Petition, waits: AnswerDraft
) -> service.ShownDebate | None:
    """What waits as readers would see it; None where its days have passed, so that it must be changed."""
    state = request.app.state
    try:
        said = _read(request, policy, petition, second_person.fields_of(waits))
    except Invalid:
        return None
    return service.as_shown(said, state.clock.now(), state.settings.zone)


def _fields_of(debate: Debate | None) -> dict[str, str]:
    """What stands now, to go on from."""
    if debate is None:
        return {}
    return {
        "state": debate.state,
        "overview": debate.overview,
        "date": debate.debated_on.isoformat() if debate.debated_on else "",
        **{name: str(getattr(debate, name)) for name in LINKS},
    }


def _owned(db: Session, account: Account, petition_id: int) -> tuple[Department, Petition, Referral]:
    """The debate of a petition that calls for it, if this officer's department holds the call."""
    department = of_officer(db, account.id)
    petition = db.get(Petition, petition_id)
    duty = service.duty_of(db, petition_id, department.id) if department else None
    if department is None or petition is None or duty is None:
        raise NotFound
    return department, petition, duty


def _today(request: Request[Any, Any, Any]) -> date:
    state = request.app.state
    return cast("date", state.clock.now().astimezone(state.settings.zone).date())


def _since(request: Request[Any, Any, Any], petition: Petition) -> date:
    opened = petition.opened_at or petition.created_at
    return opened.astimezone(request.app.state.settings.zone).date()


def _seen(form: Sent, name: str = "after_version") -> int:
    seen = form.get(name, "")
    return int(seen) if is_whole(seen, figures=8) else -1


HANDLERS = [debate_page, release, draft, take_back, news]
