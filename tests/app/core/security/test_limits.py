"""A script is told to wait; the people behind one library's address get through."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.core.db import Database
from app.core.errors import TooMany
from app.core.security.limits import Allowance, Limits, network_of
from tests.app.core.guestbook.room import names
from tests.app.core.served import Served

LIBRARY, NEIGHBOUR, STRANGER = "203.0.113.7", "203.0.113.250", "203.0.114.7"


@pytest.fixture(params=["", "memory://"], ids=["own", "shared"])
def limits(request: pytest.FixtureRequest) -> Limits:
    """Counted by ourselves, and by the library that can share counts between processes."""
    return Limits(on=True, redis_url=request.param)


def spend(limits: Limits, address: str, times: int, *what: str, allowance: Allowance | None = None) -> int:
    """How many of ``times`` acts got through."""
    through = 0
    for _ in range(times):
        try:
            limits.spend(allowance or Allowance(), address, *(what or ("sign", "1")))
            through += 1
        except TooMany:
            pass
    return through


def test_sixty_a_minute_get_through_and_the_next_is_told_when_to_come_back(limits: Limits) -> None:
    assert spend(limits, LIBRARY, 60) == 60
    with pytest.raises(TooMany) as told:
        limits.spend(Allowance(), LIBRARY, "sign", "1")
    assert told.value.status == 429
    assert 1 <= int(told.value.headers["retry-after"]) <= 61
    assert "Nothing was stored" in told.value.sentence
    assert "minute" in told.value.sentence


def test_a_minute_later_they_get_through_again(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    assert spend(limits, LIBRARY, 70) == 60
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 61)
    assert spend(limits, LIBRARY, 70) == 60


def test_a_thousand_an_hour_get_through(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    real, minutes, through = time.time, 0, 0
    start = real() // 3600 * 3600 + 1  # the library's hours begin with the clock's
    monkeypatch.setattr(time, "time", lambda: start + 61 * minutes)
    for minutes in range(20):  # noqa: B007  the clock above reads it
        through += spend(limits, LIBRARY, 60)
    assert through == 1000
    with pytest.raises(TooMany) as told:
        limits.spend(Allowance(), LIBRARY, "sign", "1")
    assert int(told.value.headers["retry-after"]) > 60
    minutes = 60
    assert spend(limits, LIBRARY, 1) == 1


def test_one_network_shares_its_allowance_and_no_other_pays_for_it(limits: Limits) -> None:
    assert spend(limits, LIBRARY, 40) + spend(limits, NEIGHBOUR, 40) == 60
    assert spend(limits, STRANGER, 40) == 40


def test_each_petition_has_its_own_allowance(limits: Limits) -> None:
    assert spend(limits, LIBRARY, 70, "sign", "1") == 60
    assert spend(limits, LIBRARY, 70, "sign", "2") == 60
    assert spend(limits, LIBRARY, 70, "create", "1") == 60


def test_limits_that_are_off_stop_nobody() -> None:
    assert spend(Limits(on=False), LIBRARY, 5000) == 5000


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::1", "2001:db8:1::/48"),
        ("2001:db8:1:ffff:ffff::1", "2001:db8:1::/48"),
        ("2001:db8:2::1", "2001:db8:2::/48"),
        ("", "unknown"),
        ("a.host.name", "unknown"),
        ("203.0.113.7:50000", "unknown"),
    ],
)
def test_a_network_is_what_one_library_shares(address: str, network: str) -> None:
    assert network_of(address) == network


def test_while_the_shared_counts_are_out_of_reach_nobody_is_refused() -> None:
    pytest.importorskip("redis")
    assert spend(Limits(on=True, redis_url="redis://127.0.0.1:1/0"), LIBRARY, 70) == 70


# in a house


@pytest.fixture
def limited(sqlite_database: Database) -> Iterator[Served]:
    with Served(sqlite_database, rate_limits="on") as house:
        yield house


def sign(house: Served, name: str, client: str, path: str = "/guestbook/limited", **headers: str) -> int:
    answer = house.ask("POST", path, data={"name": name}, headers=headers, client=client)
    if answer.status_code == 429:
        assert 1 <= int(answer.headers["retry-after"]) <= 61
        assert "Nothing was stored" in answer.text
        assert answer.headers["cache-control"] == "no-store"
    return answer.status_code


def test_over_the_limit_a_page_says_so_and_nothing_is_stored(limited: Served) -> None:
    assert [sign(limited, f"Guest {n}", LIBRARY) for n in range(4)] == [201, 201, 429, 429]
    assert sign(limited, "A neighbour", NEIGHBOUR) == 429
    assert sign(limited, "A stranger", STRANGER) == 201
    assert names(limited.database) == ["A stranger", "Guest 0", "Guest 1"]


def test_nobody_gets_round_it_by_saying_they_are_somebody_else(limited: Served) -> None:
    told = [sign(limited, "Mallory", LIBRARY, **{"x-forwarded-for": f"198.51.100.{n}"}) for n in range(3)]
    assert told == [201, 201, 429]


def test_a_program_gets_a_problem_that_says_when(limited: Served) -> None:
    for _ in range(3):
        answer = limited.ask(
            "POST", "/guestbook/limited", data={"name": "Robot"}, headers={"accept": "application/json"}, client=LIBRARY
        )
    assert answer.status_code == 429
    assert answer.json()["type"] == "/problems/too-many"
    assert answer.headers["content-type"] == "application/problem+json"
