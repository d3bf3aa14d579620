"""Passwords are hashed slowly, checked evenly, and a flood of sign-ins is turned away."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from app.core.errors import Unavailable
from app.core.security.passwords import Passwords
from tests import once

RIGHT, WRONG = "three random words", "three random birds"


@pytest.fixture(scope="module")
def passwords() -> Iterator[Passwords]:
    """At what they cost in service."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.core.security.passwords.COST", once.REAL_COST)
        yield Passwords(1)


@pytest.fixture(scope="module")
def stored(passwords: Passwords) -> str:
    return passwords.hash(RIGHT)


def test_only_the_right_password_fits(passwords: Passwords, stored: str) -> None:
    assert passwords.check(stored, RIGHT)
    assert not passwords.check(stored, WRONG)
    assert not passwords.check(stored, "")


def test_a_hash_is_argon2id_and_never_the_same(passwords: Passwords, stored: str) -> None:
    assert stored.startswith("$argon2id$")
    assert RIGHT not in stored
    assert passwords.hash(RIGHT) != stored
    assert not passwords.is_outdated(stored)
    assert passwords.is_outdated(stored.replace("m=19456", "m=1024"))


def test_no_account_is_checked_as_long_as_one_and_never_fits(
    passwords: Passwords, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = passwords._fits
    monkeypatch.setattr(passwords, "_fits", lambda hashed, word: checked.append(hashed) or real(hashed, word))
    assert not passwords.check(None, RIGHT)
    assert not passwords.check(None, "a password that no account has")
    assert len(checked) == 2
    assert {c.rpartition("$")[0].rpartition("$")[0] for c in checked} == {stored.rpartition("$")[0].rpartition("$")[0]}


@pytest.mark.parametrize("odd", ["", "not a hash", "$argon2id$broken"])
def test_a_damaged_hash_lets_nobody_in(passwords: Passwords, odd: str) -> None:
    assert not passwords.check(odd, RIGHT)


def test_a_flood_is_told_to_come_back_and_leaves_room_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, go, told = Passwords(1), threading.Event(), []
    monkeypatch.setattr(passwords, "_fits", lambda _hashed, _word: go.wait(10))

    def sign_in() -> None:
        try:
            told.append(passwords.check("stored", RIGHT))
        except Unavailable:
            told.append("busy")

    threads = [threading.Thread(target=sign_in) for _ in range(8)]
    for thread in threads:
        thread.start()
    while told.count("busy") < 3:
        threading.Event().wait(0.005)
    go.set()
    for thread in threads:
        thread.join(10)
    assert told == ["busy"] * 3 + [True] * 5
    assert passwords.check("stored", RIGHT)
