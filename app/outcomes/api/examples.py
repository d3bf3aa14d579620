"""One matter and its answer, as the API's description shows them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from litestar.openapi.spec import Example

from app.outcomes.api.schema import (
    AnswerOut,
    AnswerStored,
    CommitmentOut,
    DraftOut,
    ProgressStored,
    ReferralAnswers,
    ReferralLinks,
    ReferralOut,
    ReferralPage,
    ReferralState,
    ReferralWhole,
    Said,
    SubjectOut,
)

BASE = "https://petitions.example.org"
_OWN = f"{BASE}/api/v1/referrals/31"
_RECEIVED = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
_ANSWERED = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
_TEXT = {
    "grade": "in-part",
    "summary": "We will plant twenty trees along the northern bank.",
    "details": "The southern bank is too narrow. The northern one gets twenty apple trees in March.",
}
_PROMISE = {"text": "Plant twenty apple trees", "owner": "Head of Parks", "due": "2027-03-31"}
ANSWER = [
    Example(
        summary="An answer with a promise, to be public at once",
        value={**_TEXT, "commitments": [_PROMISE], "release": True, "seen_version": 0},
    ),
    Example(summary="An answer that waits for an officer", value=_TEXT),
]
PROGRESS = [
    Example(
        summary="The trees are planted",
        value={"progress": "done", "note": "All twenty trees stand.", "seen_updates": 1, "links": []},
    )
]
_FACTS: dict[str, Any] = {
    "id": 31,
    "state": "answered",
    "cause": "response",
    "subject": SubjectOut(
        "petition", 17, "Plant fruit trees along the canal path", f"{BASE}/petitions/17", 10_412, True, ""
    ),
    "received_at": _RECEIVED,
    "accepted_at": None,
    "due_at": datetime(2026, 12, 2, 0, 0, tzinfo=UTC),
    "late": False,
    "answered_at": _ANSWERED,
    "closed_at": None,
    "closed_why": None,
    "practice": False,
    "updated_at": _ANSWERED,
    "links": ReferralLinks(_OWN, f"{_OWN}/answers", f"{_OWN}/accept", f"{BASE}/desk/referrals/31", None),
}
_GIVEN = AnswerOut(version=1, **_TEXT, examine_by=None, given_at=_ANSWERED, by_program=True, withdrawn_at=None)
_DRAFT = DraftOut(revision=1, summary=_TEXT["summary"], waits=True, by_program=True, at=_ANSWERED)
PAGE = ReferralPage([ReferralOut(**_FACTS)], next=f"{BASE}/api/v1/referrals?state=all&after=1795271400000000-31")
WHOLE = ReferralWhole(
    **_FACTS,
    asked=[Said("Background", "The path has no shade, and fruit would be free for all.")],
    grades=["will-do", "in-part", "examine", "already-done", "no", "not-ours"],
    two_people=False,
    answers=[_GIVEN],
    draft=None,
    notes=[],
    commitments=[
        CommitmentOut(8, _PROMISE["text"], _PROMISE["owner"], date(2027, 3, 31), "planned", 0, f"{BASE}/commitments/8")
    ],
)
ANSWERS = ReferralAnswers(31, "answered", [_GIVEN], None)
ACCEPTED = ReferralState(31, "accepted", datetime(2026, 11, 4, 8, 15, tzinfo=UTC))
PUBLISHED = AnswerStored(31, "published", 1, None, "The answer is public.", f"{BASE}/petitions/17#answer-31")
WAITING = AnswerStored(31, "waiting", None, 1, "It waits for one of your officers, who releases it on the desk.", None)
NOTED = ProgressStored(8, 2, "done", f"{BASE}/commitments/8#step-2")
MEANWHILE = _GIVEN
DRAFTED = _DRAFT
