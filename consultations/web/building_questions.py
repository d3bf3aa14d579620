"""One question: its form, its place on another page, and when it is shown."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.changes import word_changes
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from consultations.rules import building as rules
from consultations.rules.building import question_of
from consultations.rules.conditions import can_ask, dependents, in_words, read_condition, values_of
from consultations.rules.questionnaire import Asks, Condition, Question, QuestionKind, Questionnaire
from consultations.service import building
from consultations.web.building_fields import FURTHER, LISTS, MOST_HELP, MOST_TEXT, listed, read_question, reordered
from consultations.web.building_fields import values_of as values_in
from consultations.web.building_frame import EDIT, START, Bench, bench, number_in, provide_long_form, seen_in

LONG_FORM = {"form": Provide(provide_long_form)}


@get(f"{START}/new", name="consultations.questions.new", guards=EDIT, sync_to_thread=True)
def new_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """First its kind, then the fields of that kind."""
    place = bench(request, db, account, consultation_id)
    asked = Form(values={k: str(v) for k, v in request.query_params.items()})
    page = place.page(number_in(asked, "page"))
    if asked.get("kind") not in set(QuestionKind):
        form = Form(errors={"kind": str(_("Choose a kind of question"))} if "kind" in asked.values else {})
        return place.show("kind", page=page, form=form)
    return _question(place, _empty(asked.get("kind")), Form(), page=page.id)


@post(
    f"{START}/new",
    name="consultations.questions.add",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
    dependencies=LONG_FORM,
)
def add(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    place, said = bench(request, db, account, consultation_id), Form(values=form)
    page, kind = place.page(number_in(form, "page")).id, form.get("kind", "")
    if kind not in set(QuestionKind):
        return see_other(f"{place.path}/new?page={page}&kind=")
    question = read_question(said, _empty(kind), place.policy)
    if question is None:
        return _question(place, _empty(kind), said, page=page, status=422)
    if why := place.change(lambda q: rules.add_question(q, page, question, place.policy).questionnaire, "add"):
        return _question(place, _empty(kind), Form(form, {"text": why}), page=page, status=422)
    return place.back(f"q{place.questionnaire.next_id}", "added")


@get(f"{START}/{{question:int}}", name="consultations.questions.edit", guards=EDIT, sync_to_thread=True)
def form_of(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[bytes]:
    place = bench(request, db, account, consultation_id)
    found = place.question(question)
    return _question(place, found, Form(values=values_in(found)))


@post(
    f"{START}/{{question:int}}",
    name="consultations.questions.edit.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
    dependencies=LONG_FORM,
)
def change(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[Any]:
    """``do``: ``save``, or ``up:option-12`` and the like, which moves an option in the form and stores nothing."""
    place, said = bench(request, db, account, consultation_id), Form(values=form)
    stands = place.question(question)
    if (do := form.get("do", "save")) != "save":
        return _question(place, stands, Form(values=reordered(form, do)), seen=form.get("seen", ""), moved=do)
    wanted = read_question(said, stands, place.policy)
    if wanted is None:
        return _question(place, stands, said, seen=form.get("seen", ""), status=422)
    try:
        by, now, seen = account.id, place.now, form.get("seen", "")
        building.save_question(db, consultation_id, wanted, seen=seen, by=by, now=now)
    except BadField as wrong:
        db.rollback()
        return _question(place, stands, Form(form, {"text": wrong.message}), seen=form.get("seen", ""), status=422)
    except building.ChangedMeanwhile:
        db.rollback()
        return _question(place, stands, said, status=409, newer=_differences(stands, wanted))
    return place.back(f"q{question}", "saved")


@get(f"{START}/{{question:int}}/place", name="consultations.questions.place", guards=EDIT, sync_to_thread=True)
def place_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[bytes]:
    place = bench(request, db, account, consultation_id)
    return _place(place, place.question(question))


@post(
    f"{START}/{{question:int}}/place",
    name="consultations.questions.place.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def put_elsewhere(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[Any]:
    """``where``: ``4:12``, on page 4 after question 12; ``4:0``, before everything there."""
    place = bench(request, db, account, consultation_id)
    found, (page, _colon, after) = place.question(question), form.get("where", "").partition(":")
    numbers = Form(values={"page": page, "after": after})
    if not number_in(numbers, "page"):
        return _place(place, found, Form(errors={"where": str(_("Choose where it goes"))}), status=422)
    edit = partial(
        rules.place_question, number=question, page=number_in(numbers, "page"), after=number_in(numbers, "after")
    )
    if why := place.change(edit, "move", seen=seen_in(form)):
        return _place(place, found, Form(form, {"where": why}), status=422)
    return place.back(f"q{question}", "moved")


@get(f"{START}/{{question:int}}/conditions", name="consultations.questions.when", guards=EDIT, sync_to_thread=True)
def when(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[bytes]:
    """When it is shown; ``?on=`` goes on with a condition on that question."""
    place = bench(request, db, account, consultation_id)
    found = place.question(question)
    asked = Form(values={k: str(v) for k, v in request.query_params.items()})
    if "on" in asked.values:
        if number_in(asked, "on") not in place.questionnaire.by_id:
            return _when(place, found, Form(errors={"on": str(_("Choose an earlier question"))}))
        return _condition(place, found, place.question(number_in(asked, "on")))
    return _when(place, found)


@post(
    f"{START}/{{question:int}}/conditions",
    name="consultations.questions.when.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_when(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    question: FromPath[int],
) -> Response[Any]:
    """``do``: ``add`` a condition, ``remove:0`` the first one, or set with ``together`` whether all must hold."""
    place = bench(request, db, account, consultation_id)
    found, do, seen = place.question(question), form.get("do", ""), seen_in(form)
    if do == "add":
        return _add_condition(place, found, form)
    kept = list(found.conditions)
    if do.startswith("remove:") and is_whole(do[7:]) and int(do[7:]) < len(kept):
        del kept[int(do[7:])]
    any_of = form.get("together", "any" if found.any_of else "all") == "any"
    if why := place.change(_setting(question, kept, any_of=any_of), "condition", seen=seen):
        return _when(place, found, Form(errors={"": why}), status=422)
    return see_other(f"{place.path}/{question}/conditions?saved")


def _add_condition(place: Bench, found: Question, form: Sent) -> Response[Any]:
    on = place.question(number_in(form, "on"))
    try:
        condition = read_condition(on, *_asked_in(form))
    except BadField as wrong:
        return _condition(place, found, on, Form(form, {"asks": wrong.message}), status=422)
    edit = _setting(found.id, [*found.conditions, condition], any_of=found.any_of)
    if why := place.change(edit, "condition", seen=seen_in(form)):
        return _condition(place, found, on, Form(form, {"asks": why}), status=422)
    return see_other(f"{place.path}/{found.id}/conditions?saved")


def _asked_in(form: Sent) -> tuple[str, str]:
    """``asks`` is ``equals:12`` where an answer is chosen, and ``equals`` with its words in ``value`` where not."""
    asks, colon, value = form.get("asks", "").partition(":")
    return (asks, value) if colon else (asks, form.get("value", ""))


def _setting(number: int, conditions: list[Condition], *, any_of: bool) -> building.Edit:
    def edit(questionnaire: Questionnaire) -> Questionnaire:
        return rules.set_conditions(questionnaire, number, conditions, any_of=any_of)

    return edit


def _empty(kind: str) -> Question:
    """What the form of a new question stands on."""
    return Question(0, QuestionKind(kind), "")


def _question(
    place: Bench,
    question: Question,
    form: Form,
    *,
    page: int = 0,
    seen: str = "",
    status: int = 200,
    newer: list[tuple[str, Any]] | None = None,
    moved: str = "",
) -> Response[bytes]:
    """``newer``: what stands by now, against what was typed."""
    return place.show(
        "question",
        status=status,
        question=question,
        page=page,
        form=form,
        seen=seen or (building.digest_of(question) if question.id else ""),
        further=FURTHER[question.kind],
        lists={name: listed(form, name, question) for name in LISTS if name in FURTHER[question.kind]},
        limits={"text": MOST_TEXT, "help": MOST_HELP},
        options_most=place.policy.options_most,
        needed_by=dependents(place.questionnaire, {question.id}) if question.id else [],
        was_published=place.was_published(question.id),
        newer=newer,
        moved=moved.partition(":")[2],
    )


def _differences(stands: Question, wanted: Question) -> list[tuple[str, Any]]:
    """What stands by now against what was typed, word by word."""
    pairs = [
        (_("Question"), stands.text, wanted.text),
        (_("Help"), stands.help, wanted.help),
        (_("Answers"), "; ".join(o.text for o in stands.options), "; ".join(o.text for o in wanted.options)),
        (_("Rows"), "; ".join(o.text for o in stands.rows), "; ".join(o.text for o in wanted.rows)),
    ]
    return [(str(about), word_changes(was, now)) for about, was, now in pairs if was != now]


def _place(place: Bench, question: Question, form: Form | None = None, *, status: int = 200) -> Response[bytes]:
    return place.show("place", status=status, question=question, form=form or Form())


def _when(place: Bench, question: Question, form: Form | None = None, *, status: int = 200) -> Response[bytes]:
    stands = question_of(place.questionnaire, question.id)
    return place.show(
        "conditions",
        status=status,
        question=stands,
        form=form or Form(values={"together": "any" if stands.any_of else "all"}),
        conditions=[in_words(place.questionnaire, c) for c in stands.conditions],
        earlier=rules.earlier_than(place.questionnaire, stands.id),
        saved="saved" in place.request.query_params,
    )


def _condition(
    place: Bench, question: Question, on: Question, form: Form | None = None, *, status: int = 200
) -> Response[bytes]:
    return place.show(
        "condition", status=status, question=question, on=on, form=form or Form(), choices=_choices(place, on)
    )


def _choices(place: Bench, on: Question) -> list[tuple[str, str]]:
    """What the earlier answer may have to be, as (value, words)."""
    choices: list[tuple[str, str]] = []
    for asks in can_ask(on):
        if asks is Asks.ANSWERED or not (known := values_of(on)):
            choices.append((str(asks), _saying(on, asks)))
            continue
        for value, _text in known:
            words = in_words(place.questionnaire, Condition(on.id, asks, value))
            choices.append((f"{asks}:{value}", words[:1].upper() + words[1:]))
    return choices


def _saying(on: Question, asks: Asks) -> str:
    match asks:
        case Asks.ANSWERED:
            return str(_("It was answered, whatever the answer"))
        case Asks.CONTAINS:
            return str(_("The answer contains these words"))
        case _:
            number = on.kind is QuestionKind.NUMBER
            return str(_("The answer is this number") if number else _("The answer is exactly these words"))


HANDLERS = [new_form, add, form_of, change, place_form, put_elsewhere, when, change_when]
