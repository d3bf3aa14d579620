"""What people will be asked, before anyone is: page by page or all on one, conditions included. Nothing is stored."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.web.forms import Form, Sent, read_form
from consultations import forms
from consultations.queries import questionnaires as queries
from consultations.rules.easy import in_plain_words
from consultations.rules.questionnaire import Questionnaire
from consultations.web.building_frame import EDIT, START, Bench, bench, number_in


async def provide_answers(request: Request[Any, Any, Any]) -> Sent:
    return read_form(await request.body(), most=forms.MOST_FIELDS)


@get(f"{START}/preview", name="consultations.questions.preview", guards=EDIT, sync_to_thread=True)
def preview(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """``?page=2``: that page alone; ``?easy``: in plain words."""
    return _preview(bench(request, db, account, consultation_id), {}, [])


@post(
    f"{START}/preview",
    name="consultations.questions.preview.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=200,
    dependencies={"form": Provide(provide_answers)},
)
def update(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """The same page with what was answered on it: questions that depend on it come and go."""
    place = bench(request, db, account, consultation_id)
    typed = forms.typed_in(place.questionnaire.questions(), form)
    problems = forms.check(place.questionnaire, typed, place.policy).problems if form.get("do") == "check" else []
    return _preview(place, typed, problems)


def _preview(place: Bench, typed: forms.Typed, problems: list[Any]) -> Response[bytes]:
    wanted = Form(values={k: str(v) for k, v in place.request.query_params.items()})
    easy = "easy" in wanted.values
    asked = _asked(place, easy=easy)
    number = min(number_in(wanted, "page"), len(asked.pages))
    pages = [asked.pages[number - 1]] if number else list(asked.pages)
    there = {q.id for page in pages for q in page.questions}
    names = {name for q in asked.questions() if q.id in there for name in forms.field_names(q)}
    return place.show(
        "preview",
        asked=asked,
        pages=pages,
        number=number,
        easy=easy,
        now_shown=forms.shown_with(asked, typed, place.policy),
        answers=forms.QuestionForm.with_problems(asked, typed, [p for p in problems if p.question in there], {}),
        elsewhere=[(name, value) for name, value in _pairs(typed) if name not in names],
        policy=place.policy,
        address=_address(place, number, easy=easy),
    )


def _asked(place: Bench, *, easy: bool) -> Questionnaire:
    if not easy:
        return place.questionnaire
    return in_plain_words(place.questionnaire, queries.working_easy(place.db, place.consultation.id))


def _pairs(typed: forms.Typed) -> list[tuple[str, str]]:
    """Name and value of everything typed, several choices one by one: what other pages carry along."""
    return [(name, v) for name, value in typed.items() for v in ([value] if isinstance(value, str) else value)]


def _address(place: Bench, number: int, *, easy: bool) -> str:
    query = "&".join([*(["easy"] if easy else []), *([f"page={number}"] if number else [])])
    return f"{place.path}/preview{'?' + query if query else ''}"


HANDLERS = [preview, update]
