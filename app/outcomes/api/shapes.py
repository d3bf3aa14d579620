"""What everyone's programs read of outcomes: the records of the public lists, described."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from app.outcomes.api.schema import Progress, State


class DepartmentRef(Struct, frozen=True):
    slug: str
    name: str
    url: str


class PublicSubject(Struct, frozen=True):
    """What people asked about, and how many."""

    kind: str
    id: int
    title: str
    url: str
    people: int


class PublicAnswer(Struct, frozen=True):
    """The answer as it stands."""

    grade: str | None
    summary: str
    version: int
    given_at: datetime
    examine_by: date | None


class PublicPromise(Struct, frozen=True):
    """`days_late`: since its day, 0 where it is not overdue."""

    id: int
    url: str
    text: str
    owner: str
    due_on: date
    progress: Progress
    days_late: int
    updated_at: datetime


class Addressed(Struct, frozen=True):
    """What people who asked say of the answer."""

    yes: int
    partly: int
    no: int
    people: int


class OutcomeOut(Struct, frozen=True):
    """What a department owes or answered about one subject."""

    id: int
    subject: PublicSubject
    cause: str
    state: State
    department: DepartmentRef | None
    received_at: datetime
    due_on: date | None
    days_late: int
    answered_at: datetime | None
    answer: PublicAnswer | None
    promises: list[PublicPromise]
    addressed: Addressed


class OutcomePage(Struct, frozen=True):
    """One page of the list, 25 outcomes."""

    total: int
    page: int
    pages: int
    outcomes: list[OutcomeOut]
    next: str | None
    previous: str | None


class ProgressStep(Struct, frozen=True):
    """A dated note on a promise; `due_before` where its day was put off with it."""

    number: int
    progress: Progress
    note: str
    links: list[str]
    due_before: date | None
    at: datetime


class PromiseWhole(PublicPromise, frozen=True):
    """A promise with what it is about and every step."""

    department: DepartmentRef | None
    subject: PublicSubject
    answer: PublicAnswer | None
    steps: list[ProgressStep]


class Punctuality(Struct, frozen=True):
    """Of `due` duties, how many were answered by their day; `share_on_time` in per cent."""

    due: int
    on_time: int
    share_on_time: int | None
    median_days: float | None


class PromisesCounted(Struct, frozen=True):
    open: int
    late: int
    kept: int
    dropped: int


class DepartmentOut(Struct, frozen=True):
    """A department and how it does. What each figure means stands on its page."""

    slug: str
    name: str
    url: str
    dissolved_at: datetime | None
    open: int
    late: int
    answered: int
    all_time: Punctuality
    last_12_months: Punctuality
    put_off: int
    handed_on: int
    promises: PromisesCounted
    addressed: Addressed


class DepartmentList(Struct, frozen=True):
    """By name, the dissolved ones last."""

    departments: list[DepartmentOut]


class TopicOut(Struct, frozen=True):
    """What petitions are filtered by, and who answers what is about it."""

    slug: str
    name: str
    department: Annotated[str | None, Meta(description="Short name of the one that leads; null where nobody does.")]
    helpers: list[str]


class TopicList(Struct, frozen=True):
    topics: list[TopicOut]


_SUBJECT: dict[str, Any] = {
    "kind": "petition",
    "id": 17,
    "title": "Plant fruit trees along the canal path",
    "url": "https://petitions.example.org/petitions/17",
    "people": 10_412,
}
_DEPARTMENT = {"slug": "parks", "name": "Parks", "url": "https://petitions.example.org/departments/parks"}
_ANSWER = {
    "grade": "in-part",
    "summary": "We will plant twenty trees along the northern bank.",
    "version": 1,
    "given_at": "2026-11-20T14:30:00Z",
    "examine_by": None,
}
_PROMISE = {
    "id": 8,
    "url": "https://petitions.example.org/commitments/8",
    "text": "Plant twenty apple trees",
    "owner": "Head of Parks",
    "due_on": "2027-03-31",
    "progress": "done",
    "days_late": 0,
    "updated_at": "2027-03-20T09:00:00Z",
}
_SAID = {"yes": 61, "partly": 30, "no": 9, "people": 100}
EXAMPLE_OUTCOME: dict[str, Any] = {
    "id": 31,
    "subject": _SUBJECT,
    "cause": "response",
    "state": "answered",
    "department": _DEPARTMENT,
    "received_at": "2026-11-03T10:00:00Z",
    "due_on": "2026-12-01",
    "days_late": 0,
    "answered_at": "2026-11-20T14:30:00Z",
    "answer": _ANSWER,
    "promises": [_PROMISE],
    "addressed": _SAID,
}
EXAMPLE_PAGE = {"total": 1, "page": 1, "pages": 1, "outcomes": [EXAMPLE_OUTCOME], "next": None, "previous": None}
EXAMPLE_PROMISE = {
    **_PROMISE,
    "department": _DEPARTMENT,
    "subject": _SUBJECT,
    "answer": _ANSWER,
    "steps": [
        {
            "number": 1,
            "progress": "done",
            "note": "All twenty trees stand.",
            "links": [],
            "due_before": None,
            "at": "2027-03-20T09:00:00Z",
        }
    ],
}
_ON_TIME = {"due": 12, "on_time": 11, "share_on_time": 91, "median_days": 13.5}
EXAMPLE_DEPARTMENT = {
    **_DEPARTMENT,
    "dissolved_at": None,
    "open": 2,
    "late": 1,
    "answered": 11,
    "all_time": _ON_TIME,
    "last_12_months": _ON_TIME,
    "put_off": 1,
    "handed_on": 0,
    "promises": {"open": 3, "late": 0, "kept": 4, "dropped": 1},
    "addressed": _SAID,
}
EXAMPLE_DEPARTMENTS = {"departments": [EXAMPLE_DEPARTMENT]}
EXAMPLE_TOPICS = {"topics": [{"slug": "trees", "name": "Trees and parks", "department": "parks", "helpers": ["water"]}]}
