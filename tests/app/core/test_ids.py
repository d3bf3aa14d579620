"""Identifiers grow, are never given twice, and fit every column."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.ids import new_id

ROOT = Path(__file__).resolve().parents[3]


def test_a_later_id_is_greater() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))
    assert all(0 < i < 2**63 for i in (ids[0], ids[-1]))


def test_threads_get_different_ids() -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = [i for some in pool.map(lambda _n: [new_id() for _ in range(2_000)], range(8)) for i in some]
    assert len(set(ids)) == 16_000


def test_a_clock_that_is_set_back_gives_no_id_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time_ns
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3600 * 10**9)
    ids = [before, *(new_id() for _ in range(10_000))]
    assert ids == sorted(set(ids))


def test_a_clock_that_stands_still_gives_no_id_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))


def test_two_processes_are_told_apart() -> None:
    """Ten bits of an id are the process's own; three processes that share them by chance are one in a million."""
    ask = "from app.core.ids import new_id; print(new_id() >> 12 & 1023)"
    told = {subprocess.check_output([sys.executable, "-c", ask], cwd=ROOT, text=True) for _ in range(3)}
    assert len(told) > 1
