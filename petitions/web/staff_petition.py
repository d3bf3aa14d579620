"""Everything staff set for one petition by hand, on one page; topics and tags have lists of their own."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.paging import A_PAGE, Page, read_page
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments import queries as departments
from app.moderation import reporting
from petitions.model.petition import Petition
from petitions.queries import sorting as queries
from petitions.rules import sorting as rules
from petitions.rules.sorting import Sorting
from petitions.service import sorting


@get(
    "/moderation/petitions/{petition_id:int}",
    name="petitions.staff",
    guards=[may("petitions.find")],
    sync_to_thread=True,
)
def staff_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    petition_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, petition_id)


@post(
    "/moderation/petitions/{petition_id:int}",
    name="petitions.sort",
    guards=[may("petitions.sort")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def sort(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    petition_id: FromPath[int],
) -> Response[Any]:
    """Topics, notes and tags in one go; over a newer save nothing is stored and the text is kept."""
    shown, chosen = Form(values=form), _chosen(form)
    wanted = _read(shown, chosen)
    if wanted is None:
        return _page(request, db, account, petition_id, shown, chosen, status=422)
    try:
        now = request.app.state.clock.now()
        sorting.sort(db, petition_id, wanted, seen=form.get("seen", ""), by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        shown.errors.update({e.field: str(e.message) for e in wrong.errors})
        return _page(request, db, account, petition_id, shown, chosen, status=422)
    except sorting.SortedMeanwhile as newer:
        db.rollback()
        return _page(request, db, account, petition_id, shown, chosen, status=409, newer=newer)
    return see_other(f"/moderation/petitions/{petition_id}?saved")


@post(
    "/admin/petitions/{petition_id:int}/keep-signers",
    name="petitions.keep-signers",
    guards=[may("petitions.keep-signers")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def keep_signers(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    petition_id: FromPath[int],
) -> Response[Any]:
    """Exempt its signers from erasure, or end that."""
    shown = Form(values=form)
    reason = shown.read("reason", rules.read_reason)
    if reason is None:
        own = Form(values={"reason": form.get("reason", "")}, errors=shown.errors)
        return _page(request, db, account, petition_id, keeping=own, status=422)
    now = request.app.state.clock.now()
    sorting.keep_signers(db, petition_id, keep=form.get("keep") == "yes", reason=reason, by=account.id, now=now)
    return see_other(f"/moderation/petitions/{petition_id}?saved")


@get("/moderation/tags", name="petitions.tags", guards=[may("petitions.sort")], sync_to_thread=True)
def tags(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Every tag with its count; ``?tag=`` lists the petitions that have it."""
    state = request.app.state
    asked = {k: str(v) for k, v in request.query_params.items()}
    tag, number = rules.one_tag(asked.get("tag", "")), read_page(asked.get("page", ""))
    rows, total = queries.tagged(db, tag, offset=(number - 1) * A_PAGE, most=A_PAGE) if tag else ((), 0)
    response: Response[bytes] = state.pages.personal(
        "petitions/staff/petition_tags.html",
        staff=account,
        tag=tag,
        tags=queries.tags_counted(db),
        rows=rows,
        total=total,
        paging=Page(rows=rows, total=total, page=number, path="/moderation/tags", query={"tag": tag}),
        now=state.clock.now(),
    )
    return response


@get("/admin/topics", name="petitions.topics", guards=[may("petitions.topics")], sync_to_thread=True)
def topics(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _topics(request, db, account)


@post(
    "/admin/topics",
    name="petitions.topics.add",
    guards=[may("petitions.topics")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add_topic(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    shown = Form(values=form)
    name = shown.read("name", rules.read_topic)
    try:
        shown.check()
        assert name is not None  # checked just before
        sorting.add_topic(db, name, by=account.id, now=request.app.state.clock.now())
    except Invalid as wrong:
        return _topics_again(request, db, account, shown, wrong)
    return see_other("/admin/topics")


@post(
    "/admin/topics/{topic_id:int}",
    name="petitions.topics.change",
    guards=[may("petitions.topics")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_topic(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    topic_id: FromPath[int],
) -> Response[Any]:
    """Rename, retire, bring back or delete, as its button says."""
    by, now = account.id, request.app.state.clock.now()
    match form.get("do", ""):
        case "retire":
            sorting.retire_topic(db, topic_id, by=by, now=now)
        case "bring-back":
            sorting.bring_back_topic(db, topic_id, by=by, now=now)
        case "delete":
            sorting.delete_topic(db, topic_id, by=by, now=now)
        case _rename:
            shown = Form(values=form)
            name = shown.read("name", rules.read_topic)
            try:
                shown.check()
                assert name is not None  # checked just before
                sorting.rename_topic(db, topic_id, name, by=by, now=now)
            except Invalid as wrong:
                return _topics_again(request, db, account, shown, wrong, topic_id)
    return see_other("/admin/topics")


def _chosen(form: Sent) -> set[int]:
    return {int(text) for text in form.all("topic") if is_whole(text)}


def _read(form: Form, chosen: set[int]) -> Sorting | None:
    """What the form wants; None where a field is wrong, which the form then says."""
    public = form.read("public_note", rules.read_public_note)
    internal = form.read("staff_note", rules.read_staff_note)
    tags = form.read("tags", rules.read_tags)
    if public is None or internal is None or tags is None:
        return None
    return Sorting(frozenset(chosen), public, internal, tuple(sorted(tags)))


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    petition_id: int,
    form: Form | None = None,
    chosen: set[int] | None = None,
    *,
    keeping: Form | None = None,
    status: int = 200,
    newer: sorting.SortedMeanwhile | None = None,
) -> Response[bytes]:
    state = request.app.state
    petition = db.get(Petition, petition_id)
    if petition is None:
        raise NotFound
    stands = queries.sorting_of(db, petition)
    mine = queries.topics_of(db, petition.id)
    subject = SubjectRef("petition", petition.id)
    named = departments.by_ids(db, [petition.lead_department_id])
    response: Response[bytes] = state.pages.personal(
        "petitions/staff/petition.html",
        status=status,
        staff=account,
        petition=petition,
        form=form or Form(values=_values(stands)),
        chosen=stands.topics if chosen is None else chosen,
        seen=stands.digest if form is None or newer else form.get("seen"),
        stands=stands,
        newer=newer,
        keeping=keeping or Form(),
        mine=mine,
        topics=sorted({t.id: t for t in (*queries.topics_in_use(db), *mine)}.values(), key=lambda t: t.name.lower()),
        suggestions=[tag for tag, _count in queries.tags_counted(db)[:100]],
        cases=queries.cases_of(db, petition.id),
        lead=named.get(petition.lead_department_id or 0),
        reports=reporting.count_about(db, subject),
        reports_ever=reporting.count_ever(db, subject),
        saved="saved" in request.query_params,
        erase_after_months=state.site.dependencies["policy"].erase_after_months,
        limits={
            "public_note": rules.MOST_PUBLIC_NOTE,
            "staff_note": rules.MOST_STAFF_NOTE,
            "reason": rules.MOST_REASON,
        },
        now=state.clock.now(),
    )
    return response


def _values(stands: Sorting) -> dict[str, str]:
    return {
        "public_note": stands.public_note,
        "staff_note": stands.staff_note,
        "tags": ", ".join(stands.tags),
    }


def _topics(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    form: Form | None = None,
    renaming: int = 0,
    status: int = 200,
) -> Response[bytes]:
    """``renaming``: the topic whose own form has the faults; 0 for the form that adds one."""
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/petition_topics.html",
        status=status,
        staff=account,
        topics=queries.topics_counted(db),
        form=form or Form(),
        renaming=renaming,
    )
    return response


def _topics_again(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, wrong: Invalid, renaming: int = 0
) -> Response[bytes]:
    db.rollback()
    field = f"name-{renaming}" if renaming else "name"
    again = Form(values={field: form.get("name")}, errors={field: str(wrong.errors[0].message)})
    return _topics(request, db, account, again, renaming, status=422)


HANDLERS = [staff_page, sort, keep_signers, tags, topics, add_topic, change_topic]
