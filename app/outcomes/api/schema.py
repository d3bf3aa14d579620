"""What departments' programs send and read. Unknown fields are refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

State = Literal["received", "accepted", "answered", "returned", "closed"]
#: nobody has seen more versions than that
MOST_SEEN = 1_000_000
Progress = Literal["planned", "under-way", "done", "dropped"]


class SubjectOut(Struct, frozen=True):
    """What people asked about. ``public``: whether everyone may read it at the moment."""

    kind: Annotated[str, Meta(examples=["petition"])]
    id: int
    title: str
    page: str
    people: Annotated[int, Meta(description="How many asked.")]
    public: bool
    note: Annotated[str, Meta(description="What the department must know of it; mostly empty.")]


class Said(Struct, frozen=True):
    """One part of what people wrote, as plain text."""

    heading: str
    text: str


class AnswerOut(Struct, frozen=True):
    """One version. One that was taken back stays on record and is public no more."""

    version: int
    grade: str | None
    summary: str
    details: str
    examine_by: date | None
    given_at: datetime
    by_program: bool
    withdrawn_at: datetime | None


class DraftOut(Struct, frozen=True):
    """What the department is writing. Send ``revision`` as ``seen_draft`` to write over it."""

    revision: int
    summary: str
    waits: Annotated[bool, Meta(description="It waits for an officer who releases it.")]
    by_program: bool
    at: datetime


class NoteOut(Struct, frozen=True):
    """What a colleague noted for the others, such as why a draft was handed back."""

    text: str
    at: datetime


class CommitmentOut(Struct, frozen=True):
    """A promise; ``updates`` is what to send as ``seen_updates``."""

    id: int
    text: str
    owner: str
    due: date
    progress: Progress
    updates: int
    page: str


class ReferralLinks(Struct, frozen=True):
    """Whole addresses; ``desk`` is the officers' own page, ``elsewhere`` the one page where it can be answered, if that
    is not here."""

    self: str
    answers: str
    accept: str
    desk: str
    elsewhere: str | None


class ReferralOut(Struct, frozen=True):
    """A matter of the department's, as its list has it."""

    id: int
    state: State
    cause: Annotated[str, Meta(examples=["response"])]
    subject: SubjectOut | None
    received_at: datetime
    accepted_at: datetime | None
    due_at: Annotated[datetime | None, Meta(description="The midnight at which its day ends.")]
    late: bool
    answered_at: datetime | None
    closed_at: datetime | None
    closed_why: str | None
    practice: Annotated[bool, Meta(description="Made up to practise with: nobody is told, nothing is public.")]
    updated_at: datetime
    links: ReferralLinks


class ReferralWhole(ReferralOut, frozen=True):
    """With what people wrote, every version of the answer, the draft and the promises."""

    asked: list[Said]
    grades: Annotated[list[str], Meta(description="What an answer may say that the department does.")]
    two_people: Annotated[bool, Meta(description="Nobody publishes alone in this department.")]
    answers: list[AnswerOut]
    draft: DraftOut | None
    notes: Annotated[list[NoteOut], Meta(description="Among colleagues: nobody else reads them.")]
    commitments: list[CommitmentOut]


class ReferralPage(Struct, frozen=True):
    """Fifty matters, the longest unchanged first; ``next`` leads on, and is null when there are no more now."""

    referrals: list[ReferralOut]
    next: str | None


class ReferralAnswers(Struct, frozen=True):
    """Every version, the newest first, and the draft. Its ETag fits ``If-Match`` of a new answer."""

    referral_id: int
    state: State
    answers: list[AnswerOut]
    draft: DraftOut | None


class ReferralState(Struct, frozen=True):
    id: int
    state: State
    accepted_at: datetime | None


class CommitmentIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Something promised with an answer."""

    text: Annotated[str, Meta(description="At most 300 characters.")]
    owner: Annotated[str, Meta(description="An office, such as Head of Libraries; at most 120 characters.")]
    due: Annotated[date, Meta(description="A working day to come.")]


class AnswerIn(Struct, forbid_unknown_fields=True, frozen=True):
    """An answer, or a corrected one."""

    grade: Annotated[str, Meta(description="One of the matter's `grades`.", examples=["will-do"])]
    summary: Annotated[str, Meta(description="The answer in one sentence, at most 200 characters.")]
    details: Annotated[str, Meta(description="What, why and by when; at most 6,000 characters.")]
    examine_by: Annotated[date | None, Meta(description="Needed where the grade is examine.")] = None
    commitments: Annotated[list[CommitmentIn], Meta(description="At most 10.")] = []
    release: Annotated[bool, Meta(description="Publish it; needs the scope answers:release.")] = False
    tell: Annotated[
        bool | None, Meta(description="Whether those who asked get a letter; of a first answer they do if left out.")
    ] = None
    seen_version: Annotated[int, Meta(ge=0, le=MOST_SEEN, description="The newest version that was read; 0: none.")] = 0
    seen_draft: Annotated[
        int, Meta(ge=0, le=MOST_SEEN, description="The revision of the draft that was read; 0: none.")
    ] = 0


class AnswerStored(Struct, frozen=True):
    """``published`` with its version, or ``waiting`` as a draft for an officer who releases it."""

    referral_id: int
    state: Literal["published", "waiting"]
    version: int | None
    draft: int | None
    detail: Annotated[str, Meta(description="What happens next, in words.")]
    page: Annotated[str | None, Meta(description="Where everyone reads it, once it is public.")]


class ProgressIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A dated note on a promise, which everyone reads."""

    progress: Progress
    note: Annotated[str, Meta(description="What has happened, at most 2,000 characters.")]
    seen_updates: Annotated[int, Meta(ge=0, le=MOST_SEEN, description="How many updates it had when it was read.")]
    links: Annotated[list[str], Meta(description="Evidence, at most 5 https addresses.")] = []
    due: Annotated[date | None, Meta(description="A later day, where it is put off.")] = None


class ProgressStored(Struct, frozen=True):
    commitment_id: int
    number: Annotated[int, Meta(description="Which update it is; the next `seen_updates`.")]
    progress: Progress
    page: str
