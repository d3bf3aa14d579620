"""What responses can be filtered by: a page of boxes to tick, and what is in force, each with a way to take it away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from litestar import Response
from sqlalchemy.orm import Session

from app.accounts.guards import may, signed
from app.core.i18n import _
from app.core.web.edge import shows
from consultations.model import Code
from consultations.queries import coding
from consultations.rules.filtering import Filters
from consultations.rules.questionnaire import Question, QuestionKind
from consultations.rules.responses import CHANNEL_NAMES, CONSENT_NAMES
from consultations.web.desk_frame import Asking, Desk, desk_of

K = QuestionKind
#: what is asked with yes or no
_EITHER = {
    ("read", "yes"): _("Read"),
    ("read", "no"): _("Not read"),
    ("late", "yes"): _("Admitted late"),
    ("late", "no"): _("Not admitted late"),
    ("organisation", "yes"): _("From an organisation"),
    ("organisation", "no"): _("Not from an organisation"),
}


class Group(NamedTuple):
    """One group of boxes to tick: a name, its heading, and (value, label, ticked, how many)."""

    name: str
    heading: str
    boxes: Sequence[tuple[str, str, bool, int]]


class InForce(NamedTuple):
    """One filter: of what, in words, and the query of the list without it."""

    heading: str
    label: str
    query: str


@shows(
    "/desk/consultations/{consultation_id:int}/responses/filter",
    name="consultations.desk.filter",
    guards=[may("consultations.read")],
)
def filter_page(request: Asking, db: Session) -> Response[bytes]:
    """Its form leads to the list. The filters that are in force are ticked."""
    desk = desk_of(request, db, signed(request), int(request.path_params["consultation_id"]))
    filters = filters_of(request)
    return desk.page(
        "consultations/desk/filter.html",
        filters=filters,
        groups=groups(desk, filters),
        codes=[c for c in coding.codes(db, desk.id) if c.merged_into_id is None],
        channels=CHANNEL_NAMES,
        consents=CONSENT_NAMES,
    )


def filters_of(request: Asking) -> Filters:
    return Filters.read_from((k, str(v)) for k, v in request.query_params.multi_items())


def groups(desk: Desk, filters: Filters) -> tuple[Group, ...]:
    """Options of closed questions, in the order in which they are asked."""
    found = []
    for question in desk.questions.values():
        if question.kind not in (K.SINGLE, K.MULTIPLE, K.SCALE):
            continue
        chosen = filters.options.get(question.id, ())
        if question.kind is K.SCALE:
            boxes = [(p, str(p)) for p in question.scale]
        else:
            boxes = [(o.id, o.text) for o in question.options]
        counted = [(str(i), text, i in chosen, desk.columns.count(("option", question.id, i))) for i, text in boxes]
        if question.other:
            counted.append(("0", "…", 0 in chosen, desk.columns.count(("other", question.id))))
        found.append(Group(f"q{question.id}", question.text, tuple(counted)))
    return tuple(found)


def in_force(desk: Desk, filters: Filters, codes: Callable[[], Sequence[Code]]) -> list[InForce]:
    """Every filter but the order; ``codes`` are asked for where one is among them."""
    names = {str(c.id): c.name for c in codes()} if filters.codes else {}
    return [
        InForce(*_said(desk.questions, names, name, value), filters.without(name, value))
        for name, value in filters.pairs
        if name != "sort"
    ]


def _said(questions: Mapping[int, Question], codes: Mapping[str, str], name: str, value: str) -> tuple[str, str]:
    """What it is of, and what is wanted, as people read it."""
    match name:
        case "q":
            return str(_("Words in answers")), value
        case "read" | "late" | "organisation":
            return "", str(_EITHER[name, value])
        case "channel":
            return str(_("Where it came from")), str(CHANNEL_NAMES[value])  # type: ignore[index]
        case "consent":
            return str(_("What its writer agreed to")), str(CONSENT_NAMES[value])  # type: ignore[index]
        case "code":
            return str(_("Has a code")), codes.get(value, value)
    question = questions.get(int(name[1:]))
    if question is None:
        return name, value
    option = question.option(int(value))
    return question.text, option.text if option else str(_("Something else")) if value == "0" else value


HANDLERS = [filter_page]
