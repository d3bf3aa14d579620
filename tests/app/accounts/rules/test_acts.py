"""One table says who may do what; what it does not say nobody may."""

from __future__ import annotations

import pytest

from app.accounts.rules.acts import Allowed, Permissions
from app.accounts.rules.roles import Role
from app.core.errors import Conflict, Forbidden, NotFound

MODERATOR, CITIZEN = Role.MODERATOR, Role.CITIZEN
TABLE = Permissions(
    [
        Allowed("text.read", frozenset(Role)),
        Allowed("text.hide", frozenset({MODERATOR}), frozenset({"published", "held"})),
        Allowed("text.edit", frozenset({CITIZEN}), frozenset({"published"}), own=True),
        Allowed("text.judge", frozenset({MODERATOR}), own=False, fresh=True),
    ]
)


def test_what_no_row_allows_is_refused_to_everyone():
    assert not any(TABLE.may(role, "text.burn") or TABLE.opens(role, "text.burn") for role in Role)
    assert TABLE.needs_fresh("text.burn")
    with pytest.raises(NotFound):
        TABLE.check(Role.ADMINISTRATOR, "text.burn")


def test_being_an_administrator_is_not_enough():
    assert not TABLE.may(Role.ADMINISTRATOR, "text.hide", state="published")


@pytest.mark.parametrize("role", ["", "root", "Moderator", "moderator ", None])
def test_a_role_that_is_none_may_nothing(role: str):
    assert not TABLE.may(role, "text.read")
    assert not TABLE.opens(role, "text.read")


def test_the_state_decides_and_one_that_nobody_names_does_not_fit():
    assert TABLE.may(MODERATOR, "text.hide", state="published")
    assert not TABLE.may(MODERATOR, "text.hide", state="withdrawn")
    assert not TABLE.may(MODERATOR, "text.hide")
    assert TABLE.opens(MODERATOR, "text.hide"), "the door is there; the thing behind it decides"
    with pytest.raises(Conflict):
        TABLE.check(MODERATOR, "text.hide", state="withdrawn")


def test_ones_own_and_never_ones_own():
    assert TABLE.may(CITIZEN, "text.edit", state="published", own=True)
    assert not TABLE.may(CITIZEN, "text.edit", state="published", own=False)
    assert not TABLE.may(CITIZEN, "text.edit", state="published")
    assert TABLE.may(MODERATOR, "text.judge", own=False)
    assert not TABLE.may(MODERATOR, "text.judge", own=True)
    assert not TABLE.may(MODERATOR, "text.judge"), "whose it is must be said"
    with pytest.raises(Forbidden):
        TABLE.check(MODERATOR, "text.judge", own=True)


def test_other_roles_are_not_told_that_there_is_such_an_act():
    with pytest.raises(NotFound):
        TABLE.check(CITIZEN, "text.hide", state="withdrawn")


def test_an_act_has_one_row():
    with pytest.raises(ValueError, match=r"text\.read"):
        Permissions([*TABLE, Allowed("text.read", frozenset())])
