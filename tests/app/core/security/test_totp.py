"""Codes of an authenticator app: the right one, at the right time, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.security import totp
from tests.fakes import NOON

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238's, in base 32
STEP = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")],
)
def test_it_counts_as_the_standard_does(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(SECRET, now) == code
    assert totp.step_of(SECRET, code, now) == seconds // 30


@pytest.mark.parametrize(("off", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_telephones_clock_may_be_half_a_minute_off_and_no_more(off: int, good: bool) -> None:
    code = totp.code_at(SECRET, NOON + off * STEP)
    assert (totp.step_of(SECRET, code, NOON) is not None) is good


def test_a_step_that_was_used_is_over_and_so_is_every_earlier_one() -> None:
    here = totp.step_at(NOON)
    for earlier in (0, -1):
        code = totp.code_at(SECRET, NOON + earlier * STEP)
        assert totp.step_of(SECRET, code, NOON, after=here) is None
    assert totp.step_of(SECRET, totp.code_at(SECRET, NOON + STEP), NOON, after=here) == here + 1


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "²²²²²²", "-12345", "12 34 5", "\0" * 6]
)
def test_what_is_no_code_fits_nothing(typed: str) -> None:
    assert totp.step_of(SECRET, typed, NOON) is None


def test_blanks_in_a_code_do_no_harm() -> None:
    code = totp.code_at(SECRET, NOON)
    assert totp.step_of(SECRET, f" {code[:3]} {code[3:]} ", NOON) == totp.step_at(NOON)


def test_a_secret_is_new_each_time_and_long_enough() -> None:
    made = {totp.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(secret) * 5 for secret in made} == {160}


def test_the_picture_is_loaded_from_nowhere() -> None:
    address = totp.setup_address(SECRET, "maureen@example.org", "Town Square")
    assert address.startswith("otpauth://totp/")
    assert SECRET in address
    assert totp.picture(address).startswith("data:image/svg+xml")
    assert totp.in_fours(SECRET).replace(" ", "") == SECRET
