"""What programs read of consultations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class ConsultationLinks(Struct, frozen=True):
    """Where to go on from a consultation. ``answer``: where people respond, while they can."""

    self: str
    page: str
    answer: str | None
    questions: str
    story: str


class ConsultationOut(Struct, frozen=True):
    """One consultation whose text is public."""

    id: int
    kind: Annotated[str, Meta(description="`consultation`, or `call` for a call for evidence.")]
    phase: Annotated[str, Meta(description="`upcoming`, `open`, `closed`, `outcome`; or `withdrawn`.")]
    title: str
    summary: str
    department: Annotated[str, Meta(description="The short name of the department that leads it.")]
    opens_at: datetime
    closes_at: datetime
    response_count: Annotated[
        int | None, Meta(description="Null while its results are hidden: nobody is told before it closes.")
    ]
    published_at: datetime
    withdrawn_at: datetime | None
    feedback_at: datetime | None
    outcome_at: datetime | None
    links: ConsultationLinks


class OptionOut(Struct, frozen=True):
    id: int
    text: str


class ConditionOut(Struct, frozen=True):
    """``value``: an option's number as text, or the words compared with; empty for ``answered``."""

    question: int
    asks: Annotated[str, Meta(description="`equals`, `contains` or `answered`.")]
    value: str


class QuestionOut(Struct, frozen=True):
    """``number`` is what people call it by; ``id`` stays with it whatever is moved. ``version`` counts meanings."""

    id: int
    number: int
    version: int
    wording: int
    kind: Annotated[
        str,
        Meta(
            description="`short`, `long`, `single`, `multiple`, `scale`, `matrix`, `ranking`, `number`, `date`, `file`."
        ),
    ]
    text: str
    help: str
    required: bool
    options: list[OptionOut]
    rows: list[OptionOut]
    other: bool
    least: int | None
    most: int | None
    since: str | None
    until: str | None
    ranked: int | None
    confidential: bool
    conditions: list[ConditionOut]
    any_of: Annotated[bool, Meta(description="Shown where one condition holds; otherwise all must.")]


class PageOut(Struct, frozen=True):
    id: int
    title: str
    text: str
    questions: list[QuestionOut]


class QuestionnaireOut(Struct, frozen=True):
    """A published version. It never changes: another edit has another number."""

    version: int
    minutes: Annotated[int, Meta(description="How long most people need.")]
    pages: list[PageOut]


class ConsultationWhole(ConsultationOut, frozen=True):
    """One consultation with its texts (Markdown) and what it asks."""

    body: str
    scope: str
    use: str
    other_ways: str
    contact: str
    withdrawn_reason: str | None
    questionnaire: QuestionnaireOut


class ConsultationPage(Struct, frozen=True):
    """One page of the list, 25 consultations."""

    total: int
    page: int
    pages: int
    consultations: list[ConsultationOut]
    next: str | None
    previous: str | None
