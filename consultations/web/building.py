"""The questionnaire as a whole, for the officials who write it: its pages, and moving what stands on them."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.queries import shown_names
from app.core.errors import NotFound
from app.core.web.forms import Form, Sent
from consultations.queries import questionnaires as queries
from consultations.rules import building as rules
from consultations.rules.questionnaire import Questionnaire
from consultations.rules.readiness import faults, minutes
from consultations.rules.versions import changes
from consultations.service.building import Edit
from consultations.web.building_fields import MOST_PAGE_TEXT, MOST_TITLE, read_page
from consultations.web.building_frame import DONE, EDIT, START, Bench, bench, seen_in, why_cannot

WAYS = {"up": rules.UP, "down": rules.DOWN}


@get(START, name="consultations.questions", guards=EDIT, sync_to_thread=True)
def overview(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return show_overview(bench(request, db, account, consultation_id))


@post(f"{START}/pages", name="consultations.pages.add", guards=EDIT, sync_to_thread=True, status_code=303, writes=True)
def add_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    place, said = bench(request, db, account, consultation_id), Form(values=form)
    fields = read_page(said)
    if fields is None:
        return show_overview(place, said, status=422)
    number = place.questionnaire.next_id
    why = place.change(lambda q: rules.add_page(q, fields.title, fields.text).questionnaire, "page-add")
    return _refused(place, why) if why else place.back(f"p{number}", "added")


@get(f"{START}/pages/{{page:int}}", name="consultations.pages.edit", guards=EDIT, sync_to_thread=True)
def page_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    page: FromPath[int],
) -> Response[bytes]:
    place = bench(request, db, account, consultation_id)
    found = place.page(page)
    return _page(place, page, Form(values={"title": found.title, "text": found.text}))


@post(
    f"{START}/pages/{{page:int}}",
    name="consultations.pages.edit.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    page: FromPath[int],
) -> Response[Any]:
    """Over a newer save nothing is stored; what was typed is kept below what stands."""
    place, said = bench(request, db, account, consultation_id), Form(values=form)
    stands, fields = place.page(page), read_page(said)
    if fields is None:
        return _page(place, page, said, status=422)
    seen = {form.get(f"seen_{name}", "").replace("\r\n", "\n") == getattr(stands, name) for name in ("title", "text")}
    if seen != {True}:
        return _page(place, page, said, status=409, newer=True)
    why = place.change(partial(rules.change_page, number=page, title=fields.title, text=fields.text), "page-change")
    return _refused(place, why) if why else place.back(f"p{page}", "saved")


@post(
    f"{START}/pages/{{page:int}}/move",
    name="consultations.pages.move",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def move_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    page: FromPath[int],
) -> Response[Any]:
    place = bench(request, db, account, consultation_id)
    edit = partial(rules.move_page, number=place.page(page).id, by=_way(form))
    return _moved(place, edit, "page-move", seen_in(form), f"p{page}")


@get(f"{START}/pages/{{page:int}}/remove", name="consultations.pages.remove", guards=EDIT, sync_to_thread=True)
def remove_page_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    page: FromPath[int],
) -> Response[bytes]:
    """Names what goes with it, or what stands in the way."""
    place = bench(request, db, account, consultation_id)
    found = place.page(page)
    why = why_cannot(lambda: rules.remove_page(place.questionnaire, page))
    return place.show("remove", page=found, question=None, why=why)


@post(
    f"{START}/pages/{{page:int}}/remove",
    name="consultations.pages.remove.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def remove_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    page: FromPath[int],
) -> Response[Any]:
    place = bench(request, db, account, consultation_id)
    edit = partial(rules.remove_page, number=place.page(page).id)
    return _moved(place, edit, "page-remove", seen_in(form), "", "removed")


@post(
    f"{START}/{{question:int}}/move",
    name="consultations.questions.move",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def move_question(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[Any]:
    """``do``: ``up``, ``down`` or ``duplicate``."""
    place, seen = bench(request, db, account, consultation_id), seen_in(form)
    number = place.question(question).id
    if form.get("do") == "duplicate":
        fresh = place.questionnaire.next_id

        def once_more(questionnaire: Questionnaire) -> Questionnaire:
            return rules.duplicate(questionnaire, number, place.policy).questionnaire

        return _moved(place, once_more, "duplicate", seen, f"q{fresh}", "added")
    return _moved(place, partial(rules.move_question, number=number, by=_way(form)), "move", seen, f"q{number}")


@get(f"{START}/{{question:int}}/remove", name="consultations.questions.remove", guards=EDIT, sync_to_thread=True)
def remove_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[bytes]:
    """Asks once more, or names the questions that depend on it."""
    place = bench(request, db, account, consultation_id)
    found = place.question(question)
    why = why_cannot(lambda: rules.remove_question(place.questionnaire, question))
    return place.show("remove", question=found, page=None, why=why)


@post(
    f"{START}/{{question:int}}/remove",
    name="consultations.questions.remove.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def remove(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[Any]:
    place = bench(request, db, account, consultation_id)
    edit = partial(rules.remove_question, number=place.question(question).id)
    return _moved(place, edit, "remove", seen_in(form), "", "removed")


def show_overview(place: Bench, form: Form | None = None, *, status: int = 200) -> Response[bytes]:
    """Everything that is asked, with numbers, conditions in words, and what stands in the way of publishing it."""
    row = queries.stored(place.db, place.consultation.id)
    names = shown_names(place.db, [row.by_id]) if row is not None and row.by_id else {}
    before = place.published
    return place.show(
        "overview",
        status=status,
        form=form or Form(),
        done=DONE.get(str(place.request.query_params.get("done", "")), ""),
        faults=faults(place.questionnaire, place.policy),
        minutes=minutes(place.questionnaire),
        most_questions=place.policy.questions_most,
        changed={c.number: c.how for c in changes(before, place.questionnaire)} if before is not None else {},
        is_changed=before is not None and queries.differs_from_published(place.db, place.consultation),
        last_written=row.at if row is not None and names else None,
        writer=next((n.text for n in names.values()), ""),
    )


def _moved(place: Bench, edit: Edit, what: str, seen: int, anchor: str, note: str = "moved") -> Response[Any]:
    """Change what stands where, as long as it stands as the page showed it."""
    why = place.change(edit, what, seen=seen)
    return _refused(place, why) if why else place.back(anchor, note)


def _refused(place: Bench, why: str) -> Response[bytes]:
    return show_overview(place, Form(errors={"": why}), status=422)


def _page(place: Bench, number: int, form: Form, *, status: int = 200, newer: bool = False) -> Response[bytes]:
    limits = {"title": MOST_TITLE, "text": MOST_PAGE_TEXT}
    return place.show("page", status=status, page=place.page(number), form=form, newer=newer, limits=limits)


def _way(form: Sent) -> int:
    way = WAYS.get(form.get("do", ""))
    if way is None:
        raise NotFound
    return way


HANDLERS = [
    overview,
    add_page,
    page_form,
    change_page,
    move_page,
    remove_page_form,
    remove_page,
    move_question,
    remove_form,
    remove,
]
