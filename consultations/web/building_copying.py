"""Pages of another consultation's questionnaire, taken over; and the plain words beside a questionnaire."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.text.plain import length, tidy
from app.core.web.forms import Form, Sent
from consultations.queries import copying as sources
from consultations.queries import questionnaires as queries
from consultations.rules.copying import Copied, copy_pages
from consultations.rules.easy import EasyText, EasyTexts
from consultations.rules.questionnaire import Page, Question, Questionnaire
from consultations.service import building
from consultations.web.building_frame import (
    EDIT,
    START,
    Bench,
    bench,
    number_in,
    provide_long_form,
    seen_in,
    why_cannot,
)

MOST_EASY = 1000


@get(f"{START}/copy", name="consultations.questions.copy", guards=EDIT, sync_to_thread=True)
def copy_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """First from which one, found by words of its title; ``?from=`` goes on with its pages."""
    place = bench(request, db, account, consultation_id)
    asked = Form(values={k: str(v) for k, v in request.query_params.items()})
    if "from" in asked.values:
        return _pages(place, number_in(asked, "from"))
    words = asked.get("q").strip()[:200]
    found = sources.to_copy_from(db, words, but=consultation_id)
    return place.show("copy", words=words, found=found, form=asked)


@post(
    f"{START}/copy",
    name="consultations.questions.copy.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def copy(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """Shows the conditions that would be dropped before it drops any."""
    place, number = bench(request, db, account, consultation_id), number_in(form, "from")
    source = _source(place, number)
    chosen = {int(text) for text in form.all("page") if is_whole(text, figures=9)}
    made: list[Copied] = []
    why = why_cannot(lambda: made.append(copy_pages(place.questionnaire, source, chosen, place.policy)))
    if why:
        return _pages(place, number, Form(errors={"page": why}), chosen, status=422)
    if made[0].dropped and form.get("do") != "anyway":
        return _pages(place, number, Form(), chosen, dropped=made[0].dropped)
    first = place.questionnaire.next_id

    def edit(questionnaire: Questionnaire) -> Questionnaire:
        return copy_pages(questionnaire, source, chosen, place.policy).questionnaire

    why = place.change(edit, "copy", seen=seen_in(form))
    return (
        _pages(place, number, Form(errors={"page": why}), chosen, status=422)
        if why
        else place.back(f"p{first}", "copied")
    )


@get(f"{START}/easy", name="consultations.questions.easy", guards=EDIT, sync_to_thread=True)
def easy_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """``?page=``: the number of a page; the first one otherwise."""
    place = bench(request, db, account, consultation_id)
    asked = Form(values={k: str(v) for k, v in request.query_params.items()})
    return _easy(place, number_in(asked, "page"))


@post(
    f"{START}/easy",
    name="consultations.questions.easy.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
    dependencies={"form": Provide(provide_long_form)},
)
def write_easy(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    place, said = bench(request, db, account, consultation_id), Form(values=form)
    page = place.page(number_in(form, "page"))
    texts = {page.id: EasyText(_said(said, f"text-{page.id}"), _said(said, f"help-{page.id}"))}
    texts |= {q.id: _easy_text(said, q) for q in page.questions}
    if said.errors:
        return _easy(place, page.id, said, status=422)
    try:
        building.save_easy(db, consultation_id, texts, seen=seen_in(form), by=account.id, now=place.now)
    except building.ChangedMeanwhile as newer:
        db.rollback()
        said.errors[""] = newer.heading
        return _easy(bench(request, db, account, consultation_id), page.id, said, status=409)
    return place.back(f"p{page.id}", "saved")


def _pages(
    place: Bench,
    number: int,
    form: Form | None = None,
    chosen: set[int] | None = None,
    *,
    dropped: list[str] | None = None,
    status: int = 200,
) -> Response[bytes]:
    source = _source(place, number)
    return place.show(
        "copy_pages",
        status=status,
        source=source,
        number=number,
        title=sources.title_of(place.db, number),
        chosen={p.id for p in source.pages} if chosen is None else chosen,
        dropped=dropped or [],
        form=form or Form(),
    )


def _source(place: Bench, number: int) -> Questionnaire:
    """The questionnaire to copy from: what is published of it, or what its writers have so far."""
    found = sources.one_to_copy_from(place.db, number)
    if found is None:
        raise NotFound
    if found.questionnaire_version:
        return queries.questionnaire(place.db, found.id, found.questionnaire_version)
    return queries.working(place.db, found.id)


def _easy(place: Bench, number: int, form: Form | None = None, *, status: int = 200) -> Response[bytes]:
    pages = place.questionnaire.pages
    if not pages:
        raise NotFound
    page = place.page(number) if number else pages[0]
    texts = queries.working_easy(place.db, place.consultation.id)
    values = form or Form(values=_easy_values(page, texts))
    return place.show("easy", status=status, page=page, form=values, most=MOST_EASY)


def _easy_values(page: Page, texts: EasyTexts) -> dict[str, str]:
    values: dict[str, str] = {}
    for number in (page.id, *(q.id for q in page.questions)):
        said = texts.get(number, EasyText())
        values |= {f"text-{number}": said.text, f"help-{number}": said.help}
        values |= {f"option-{option}": text for option, text in said.options.items()}
    return values


def _easy_text(form: Form, question: Question) -> EasyText:
    options = {o.id: _said(form, f"option-{o.id}") for o in (*question.options, *question.rows)}
    kept = {number: text for number, text in options.items() if text}
    return EasyText(_said(form, f"text-{question.id}"), _said(form, f"help-{question.id}"), kept)


def _said(form: Form, name: str) -> str:
    text = tidy(form.get(name))
    if length(text) > MOST_EASY:
        form.refuse(name, _("Write {most} characters or fewer").format(most=MOST_EASY))
    return text


HANDLERS = [copy_form, copy, easy_form, write_easy]
