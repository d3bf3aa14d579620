"""One question on the desk: its tables, or its answers one after another, to be coded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, FieldError, Invalid
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from consultations.model import Code, Coding
from consultations.policy import ConsultationPolicy
from consultations.queries import coding as queries
from consultations.queries import responses, tables
from consultations.queries.responses import Answered
from consultations.rules.filtering import Filters
from consultations.rules.questionnaire import Question
from consultations.rules.reading import Passage, Segment, joined, read_passage, segments, sentences
from consultations.service import coding
from consultations.web.desk_frame import Asking, Desk, desk_of, number, share

A_PAGE = 10


class Answer(NamedTuple):
    """One answer ready to be coded. ``sentences``: passages with their words."""

    answered: Answered
    number: str
    segments: Sequence[Segment]
    sentences: Sequence[tuple[Passage, str]]
    codings: Sequence[Coding]


@get(
    "/desk/consultations/{consultation_id:int}/questions/{question_id:int}",
    name="consultations.desk.question",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def question_page(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consulting: NamedDependency[ConsultationPolicy],
    consultation_id: FromPath[int],
    question_id: FromPath[int],
) -> Response[bytes]:
    """``show``: all answers, or those without a code; ``by`` takes a table apart; ``protect`` leaves small cells out."""
    desk = desk_of(request, db, account, consultation_id)
    question = desk.question(question_id)
    if not question.is_free_text:
        return _tables(desk, question, consulting)
    return _answers(desk, question, dict(request.query_params.items()))


def _tables(desk: Desk, question: Question, consulting: ConsultationPolicy) -> Response[bytes]:
    asked = desk.request.query_params
    by, protected = asked.get("by", ""), asked.get("protect", "") == "yes"
    across = tables.split(desk.columns, by)
    small = consulting.small_cell if protected else 0
    everyone = desk.columns.submitted
    answered = desk.columns.count(("answered", question.id))
    return desk.page(
        "consultations/desk/question_table.html",
        question=question,
        answered=answered,
        share=share(answered, desk.people),
        tables=tables.tables_of(desk.columns, question, everyone, across=across, small=small)
        if tables.is_counted(question)
        else [],
        by=by if across else "",
        protected=protected,
        small=consulting.small_cell,
    )


def _answers(
    desk: Desk, question: Question, asked: dict[str, str], *, form: Form | None = None, at: int = 0, status: int = 200
) -> Response[bytes]:
    """``at``: the answer whose form was wrong."""
    q, show = question.id, asked.get("show", "")
    filters = replace(Filters.read_from(asked.items()), oldest_first=True, options={}, read="")
    bits = responses.chosen(desk.db, desk.id, desk.columns, filters) & desk.columns["answered", q]
    if show == "uncoded":
        bits &= ~desk.columns["coded", q]
    page = responses.one_page(desk.columns, bits, filters, A_PAGE)
    if at and at not in page.ids:
        page = page._replace(ids=[at])
    rows = responses.answers_to(desk.db, page.ids, q)
    codings = queries.codings(desk.db, page.ids, q)
    codes = queries.codes(desk.db, desk.id)
    answered = desk.columns.count(("answered", q))
    coded = desk.columns.count(("answered", q), ("coded", q))
    return desk.page(
        "consultations/desk/question_answers.html",
        status=status,
        question=question,
        answers=[_answer(desk, row, codings[row.response_id]) for row in rows],
        page=page,
        filters=filters,
        show=show,
        codes=[c for c in codes if c.retired_at is None],
        every_code={c.id: c for c in codes},
        counts=_counts(desk, codes, q),
        answered=answered,
        coded=coded,
        share=share(coded, answered),
        names=responses.names(desk.db, {c.by_id for those in codings.values() for c in those}),
        form=form or Form(),
        at=at,
    )


def _counts(desk: Desk, codes: Sequence[Code], question: int) -> list[tuple[Code, int]]:
    """How many people made each point here, the most first."""
    counted = [(c, desk.columns.count(("code", c.id, question))) for c in codes]
    return sorted(((c, n) for c, n in counted if n), key=lambda pair: (-pair[1], pair[0].slug))


def _answer(desk: Desk, row: Answered, its_codings: Sequence[Coding]) -> Answer:
    standing = [c for c in its_codings if c.version == row.version]
    coded = [(Passage(c.start, c.end), c.code_id) for c in standing]
    return Answer(
        row,
        desk.number_of(row.response_id),
        segments(row.text, coded),
        [(p, p.of(row.text)) for p in sentences(row.text)],
        standing,
    )


@post(
    "/desk/consultations/{consultation_id:int}/questions/{question_id:int}/codings",
    name="consultations.desk.code",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def put(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    question_id: FromPath[int],
) -> Response[Any]:
    """Put a code, an old or a new one, on what was selected, on the sentences that were ticked, or on the answer."""
    desk = desk_of(request, db, account, consultation_id)
    question, response_id = desk.question(question_id), number(form, "response")
    place = {name: form.get(name, "") for name in ("show", "after", "q") if form.get(name)}
    try:
        _put(desk, question, form)
    except Invalid as wrong:
        db.rollback()
        fresh = desk_of(request, db, account, consultation_id)
        shown = Form(values=form, errors={"code": str(wrong.errors[0].message)})
        return _answers(fresh, question, place, form=shown, at=response_id, status=422)
    return see_other(_back(desk.path, question_id, form, response_id))


def _back(path: str, question_id: int, form: Sent, response_id: int) -> str:
    """To the answer that was coded, in the same list; what has a code now is gone from those without one."""
    if form.get("from") == "response":
        return f"{path}/responses/{response_id}"
    place = Filters.read_from([("q", form.get("q", "")), ("after", form.get("after", ""))])
    show = [("show", "uncoded")] if form.get("show") == "uncoded" else []
    after = [("after", str(place.after))] if place.after is not None else []
    query = urlencode([*place.pairs, *after, *show])
    anchor = "" if show else f"#answer-{response_id}"
    return f"{path}/questions/{question_id}{'?' if query else ''}{query}{anchor}"


def _put(desk: Desk, question: Question, form: Sent) -> None:
    now, by = desk.request.app.state.clock.now(), desk.account.id
    response = responses.one(desk.db, desk.id, number(form, "response"))
    text = responses.text_of(desk.db, response, question.id)
    passages = _passages(form, text)
    code_id = number(form, "code")
    if form.get("new", "").strip():
        code_id = coding.make(desk.db, desk.id, form["new"], by=by, now=now).id
    if not code_id:
        raise Invalid([FieldError("code", str(_("Choose a code, or write the name of a new one")))])
    coding.code(
        desk.db, desk.id, response.id, question.id, passages, code_id, version=number(form, "version"), by=by, now=now
    )


def _passages(form: Sent, text: str) -> list[Passage]:
    """None: the whole answer. Sentences that stand beside one another are one passage."""
    try:
        if form.get("start") or form.get("end"):
            return [read_passage(form.get("start", ""), form.get("end", ""), text)]
        ticked = [read_passage(*one.partition("-")[::2], text) for one in form.all("sentence")]
    except BadField as wrong:
        raise Invalid([FieldError("code", wrong.message)]) from wrong
    return joined(ticked, text)


@post(
    "/desk/consultations/{consultation_id:int}/codings/{coding_id:int}/remove",
    name="consultations.desk.uncode",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def take_off(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    coding_id: FromPath[int],
) -> Response[Any]:
    gone = coding.remove(db, consultation_id, coding_id, by=account.id, now=request.app.state.clock.now())
    return see_other(_back(f"/desk/consultations/{consultation_id}", gone.question, form, gone.response_id))


HANDLERS = [question_page, put, take_off]
