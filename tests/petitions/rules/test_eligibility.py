"""Who may sign what, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import NotFound, Refusal
from petitions.rules.eligibility import (
    ConfirmationExpired,
    ConfirmationOutlived,
    NotOpen,
    PetitionClosed,
    PetitionRemoved,
    SignatureWithdrawn,
    SponsorsFull,
    is_signable,
    refusal_to_confirm,
    refusal_to_request,
)
from petitions.rules.lifecycle import PetitionState, SignatureState

S = PetitionState
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    state: PetitionState = S.OPEN
    closes_at: datetime | None = NOW + 30 * DAY
    signature_count: int = 10
    id: int = 7
    closed_on: str = "2 March 2026"
    sponsors_most: int = 20
    opened_at: datetime | None = None


def of(refusal: Refusal | None) -> type | None:
    return type(refusal) if refusal else None


@pytest.mark.parametrize(
    ("standing", "sponsor", "refused"),
    [
        (Standing(), False, None),
        (Standing(), True, None),
        (Standing(closes_at=NOW), False, PetitionClosed),
        (Standing(closes_at=NOW + timedelta(microseconds=1)), False, None),
        (Standing(closes_at=None), False, PetitionClosed),
        (Standing(S.CLOSED, NOW - DAY), False, PetitionClosed),
        (Standing(S.CLOSED, NOW + DAY), False, PetitionClosed),
        (Standing(S.PENDING, None, 0), False, NotOpen),
        (Standing(S.PENDING, None, 0), True, None),
        (Standing(S.COLLECTING, None, 20), True, None),
        (Standing(S.COLLECTING, None, 21), True, SponsorsFull),
        (Standing(S.IN_MODERATION, None, 6), False, NotOpen),
        (Standing(S.IN_MODERATION, None, 6), True, None),
        (Standing(S.REJECTED, None), True, NotOpen),
        (Standing(S.WITHDRAWN), False, NotOpen),
        (Standing(S.STOPPED, None), False, NotOpen),
        (Standing(S.HIDDEN), False, NotFound),
        (Standing(S.HIDDEN, opened_at=NOW - DAY), False, PetitionRemoved),
        (None, False, NotFound),
    ],
)
def test_who_may_ask_to_sign(standing: Standing | None, sponsor: bool, refused: type | None):
    assert of(refusal_to_request(standing, sponsor=sponsor, at=NOW)) is refused


def confirming(
    standing: Standing, *, requested: datetime, at: datetime, asked: datetime | None = None, state="pending"
):
    return of(
        refusal_to_confirm(
            standing,
            state=state,
            requested_at=requested,
            asked_at=asked or requested,
            at=at,
            confirm_days=7,
            grace_hours=24,
        )
    )


def test_a_link_works_for_seven_days_from_the_newest_letter():
    assert confirming(Standing(), requested=NOW - 7 * DAY, at=NOW - HOUR) is None
    assert confirming(Standing(), requested=NOW - 7 * DAY, at=NOW) is ConfirmationExpired
    assert confirming(Standing(), requested=NOW - 9 * DAY, asked=NOW - DAY, at=NOW) is None


def test_whose_link_outlived_the_petition_is_not_told_to_sign_again():
    ended = [Standing(S.CLOSED, closes_at=NOW), Standing(closes_at=NOW), Standing(S.WITHDRAWN), Standing(S.STOPPED)]
    assert {confirming(s, requested=NOW - 8 * DAY, at=NOW) for s in ended} == {ConfirmationOutlived}
    assert ConfirmationOutlived.way_on[0] == "/petitions/{petition}"


def test_who_asked_before_it_closed_has_a_day_to_confirm():
    closed = Standing(S.CLOSED, closes_at=NOW)
    assert confirming(closed, requested=NOW - HOUR, at=NOW + 23 * HOUR) is None
    assert confirming(closed, requested=NOW - HOUR, at=NOW + 24 * HOUR) is PetitionClosed
    assert confirming(closed, requested=NOW, at=NOW + HOUR) is PetitionClosed


@pytest.mark.parametrize("state", [S.REJECTED, S.HIDDEN, S.WITHDRAWN, S.STOPPED])
def test_nobody_is_counted_on_a_petition_that_has_ended_otherwise(state: PetitionState):
    assert confirming(Standing(state), requested=NOW - HOUR, at=NOW) is NotOpen


@pytest.mark.parametrize("state", [SignatureState.WITHDRAWN, SignatureState.INVALIDATED, SignatureState.HELD])
def test_a_signature_that_was_taken_back_is_not_counted_by_its_old_link(state: str):
    assert confirming(Standing(), requested=NOW - HOUR, at=NOW, state=state) is SignatureWithdrawn


def test_the_twenty_first_supporter_waits_until_it_is_published():
    assert confirming(Standing(S.COLLECTING, None, 20), requested=NOW - HOUR, at=NOW) is None
    assert confirming(Standing(S.COLLECTING, None, 21), requested=NOW - HOUR, at=NOW) is SponsorsFull
    assert confirming(Standing(S.OPEN, NOW + DAY, 21), requested=NOW - HOUR, at=NOW) is None


def test_an_open_petition_without_a_closing_day_is_only_shown():
    assert not is_signable(S.OPEN, None, NOW)
    assert is_signable(S.OPEN, NOW + DAY, NOW)
    assert not is_signable(S.CLOSED, NOW + DAY, NOW)


def test_the_refusal_says_when_it_closed():
    refused = refusal_to_request(Standing(S.CLOSED, NOW), sponsor=False, at=NOW)
    assert refused is not None
    assert "2 March 2026" in refused.sentence
    assert refused.link[0] == "/petitions/7"
