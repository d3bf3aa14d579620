"""A password is long, and not what a cracker with lists and the person's name would try first."""

from __future__ import annotations

import pytest

from app.accounts.rules import passwords
from app.core.errors import BadField

MAUREEN = ["maureen.tully@northmere.example", "Maureen Tully", "Northmere Square"]


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "letmeinletmein",
        "qwertyuiop12",
        "1234567890ab",
        "abcdefghijkl",
        "aaaaaaaaaaaaaaa",
        "111111111111111111",
        "p@ssword1234",
        "Password1234",
        "townsquare2026",
        "petitionpetition",
        "moderator2026",
    ],
)
def test_what_everybody_uses_is_refused_whoever_it_is(password: str):
    with pytest.raises(BadField, match="too easy"):
        passwords.check(password, [])


@pytest.mark.parametrize(
    "password",
    [
        "Maureen Tully",
        "maureen.tully1",
        "MaureenTully2026",
        "tully.maureen!",
        "northmere2026",
        "Northmere Square",
        "maureen.tully@northmere.example",
    ],
)
def test_her_name_her_address_and_the_sites_name_are_refused_to_her(password: str):
    with pytest.raises(BadField, match="too easy"):
        passwords.check(password, MAUREEN)


@pytest.mark.parametrize("password", ["", "short", "eleven char"])
def test_twelve_characters_at_least(password: str):
    with pytest.raises(BadField, match="12 characters"):
        passwords.check(password, MAUREEN)


@pytest.mark.parametrize(
    "password",
    [
        "three random words",
        "wool lamp river",
        "Zw8!kq0-vvTp",
        "öffne das grüne Tor",
        "пароль не скажу никому",
        "雨の日に図書館で本を読みます",
        "  leading and trailing blanks  ",
        "glow 🦆 paddle harbour",
        "x7" + "correct horse battery staple " * 8,
    ],
)
def test_any_sign_of_any_script_will_do(password: str):
    passwords.check(password, MAUREEN)


def test_a_password_that_is_too_long_is_told_so():
    with pytest.raises(BadField, match="256 characters or fewer"):
        passwords.check("three random words " * 20, [])
