"""One consultation, as the API's description shows it."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import structs

from consultations.api.shapes import (
    ConditionOut,
    ConsultationLinks,
    ConsultationOut,
    ConsultationPage,
    ConsultationWhole,
    OptionOut,
    PageOut,
    QuestionnaireOut,
    QuestionOut,
)

BASE = "https://consultations.example.org"


def links(consultation_id: int, base: str, *, is_open: bool) -> ConsultationLinks:
    """Where to go on from a consultation."""
    page = f"{base}/consultations/{consultation_id}"
    return ConsultationLinks(
        self=f"{base}/api/v1/consultations/{consultation_id}",
        page=page,
        answer=f"{page}/answer" if is_open else None,
        questions=f"{page}/questions/history",
        story=f"{base}/api/v1/trails/consultation/{consultation_id}",
    )


CONSULTATION = ConsultationOut(
    id=17,
    kind="consultation",
    phase="open",
    title="Harbour Bridge toll",
    summary="Whether crossing the Harbour Bridge should cost something, and for whom.",
    department="transport",
    opens_at=datetime(2027, 3, 1, 9, 0, tzinfo=UTC),
    closes_at=datetime(2027, 3, 27, 23, 45, tzinfo=UTC),
    response_count=412,
    published_at=datetime(2027, 2, 22, 10, 0, tzinfo=UTC),
    withdrawn_at=None,
    feedback_at=None,
    outcome_at=None,
    links=links(17, BASE, is_open=True),
)
_ASKS = QuestionOut(
    id=2,
    number=1,
    version=1,
    wording=1,
    kind="single",
    text="Should crossing cost something?",
    help="",
    required=True,
    options=[OptionOut(11, "Yes"), OptionOut(12, "No")],
    rows=[],
    other=False,
    least=None,
    most=None,
    since=None,
    until=None,
    ranked=None,
    confidential=False,
    conditions=[],
    any_of=False,
)
_WHY = structs.replace(
    _ASKS,
    id=3,
    number=2,
    kind="long",
    text="Why not?",
    options=[],
    most=2000,
    conditions=[ConditionOut(2, "equals", "12")],
)
WHOLE = ConsultationWhole(
    **structs.asdict(CONSULTATION),
    body="The bridge must be repaired, and the money has to come from somewhere.",
    scope="Whether there is a toll is open. That the bridge is repaired is not.",
    use="An officer reads every answer.",
    other_ways="Bridge Toll, Ministry of Transport, 1 Quay Street",
    contact="bridge@transport.example.org",
    withdrawn_reason=None,
    questionnaire=QuestionnaireOut(version=1, minutes=3, pages=[PageOut(1, "The toll", "", [_ASKS, _WHY])]),
)
PAGE = ConsultationPage(total=1, page=1, pages=1, consultations=[CONSULTATION], next=None, previous=None)
