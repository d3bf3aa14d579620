"""What refused somebody stands in the log, once in a while, and says nothing of whom."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from app.core.errors import TooMany
from app.core.security import events
from app.core.security.limits import Allowance, Limits


@pytest.fixture(autouse=True)
def nothing_yet() -> Iterator[None]:
    events.forget()
    yield
    events.forget()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "townsquare.security"]


def test_a_flood_is_one_line_and_the_next_says_how_often(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    caplog.set_level(logging.INFO)
    for _time in range(500):
        events.note("sign-in: a wrong address or password")
    events.note("a form: sent by another site")
    assert said(caplog) == [
        "sign-in: a wrong address or password (times: 1)",
        "a form: sent by another site (times: 1)",
    ]
    monkeypatch.setattr(events, "EVERY", 0.0)
    events.note("sign-in: a wrong address or password")
    assert said(caplog)[-1] == "sign-in: a wrong address or password (times: 500)"


def test_a_limit_names_the_act_and_nobody(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    limits = Limits(on=True)
    limits.spend(Allowance(most=1), "203.0.113.9", "sign", "17")
    with pytest.raises(TooMany):
        limits.spend(Allowance(most=1), "203.0.113.9", "sign", "17")
    assert said(caplog) == ["a limit: too many of sign (times: 1)"]
