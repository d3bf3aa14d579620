"""What an administrator may ask for."""

from __future__ import annotations

import pytest

from app.core.errors import Invalid
from app.tokens.policy import TokensPolicy
from app.tokens.rules.scopes import Scope
from app.tokens.rules.wishes import read_wish


def test_a_wish_has_a_name_scopes_in_their_order_and_days() -> None:
    wish = read_wish("  Case   system ", ["answers:write", "referrals:read"], "90", most_days=365)
    assert (wish.name, wish.scopes, wish.days) == ("Case system", (Scope.READ, Scope.WRITE), 90)


@pytest.mark.parametrize(
    ("name", "scopes", "days", "fields"),
    [
        ("", ["referrals:read"], "90", ["name"]),
        ("x" * 81, ["referrals:read"], "90", ["name"]),
        ("A", [], "90", ["scopes"]),
        ("A", ["referrals:read", "everything"], "90", ["scopes"]),
        ("A", ["answers:release"], "90", ["scopes"]),
        ("A", ["referrals:read"], "", ["days"]),
        ("A", ["referrals:read"], "366", ["days"]),
        ("A", ["referrals:read"], "0", ["days"]),
        ("A", ["referrals:read"], "٣٠", ["days"]),
        ("", [], "-1", ["name", "scopes", "days"]),
    ],
)
def test_each_field_that_is_wrong_is_named(name: str, scopes: list[str], days: str, fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_wish(name, scopes, days, most_days=365)
    assert [e.field for e in refused.value.errors] == fields


def test_no_deployment_allows_more_than_a_year() -> None:
    assert TokensPolicy.from_settings({"most_days": "30"}).most_days == 30
    with pytest.raises(ValueError, match="TOWNSQUARE_TOKENS_MOST_DAYS"):
        TokensPolicy.from_settings({"most_days": "400"})
    with pytest.raises(ValueError, match="TOWNSQUARE_TOKENS_A_MINUTE"):
        TokensPolicy.from_settings({"a_minute": "many"})
