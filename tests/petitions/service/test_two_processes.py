"""Two servers take signatures for the same petitions at the same moment: nobody waits for ever, everybody counts once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, text

from app.core.db import Database
from petitions.model.signature import Signature
from tests.people import ANNA, BOB, CHARLIE, LAURA, SAM
from tests.site import Town

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 4


@pytest.fixture
def petitions(postgres_database: Database, tmp_path: Path) -> tuple[Town, list[int]]:
    town = Town(postgres_database, tmp_path, petitions_response_at=30, petitions_debate_at=60)
    people = (ANNA, BOB, CHARLIE, LAURA, SAM)
    return town, [town.open_petition(p, action=f"Open the library on {n} more days") for n, p in enumerate(people, 1)]


def told_by_two(town: Town, petitions: list[int]) -> list[dict[str, Any]]:
    """Both begin when both are ready."""
    with ExitStack() as stack:
        servers = []
        for seed in (1, 2):
            program = [sys.executable, "-m", "tests.petitions.service.storm", town.database.url, str(seed)]
            server = subprocess.Popen(
                [*program, str(SECONDS), *map(str, petitions)],
                cwd=ROOT,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            stack.callback(server.kill)
            servers.append(server)
        for server in servers:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n", server.communicate()[1]
        for server in servers:
            assert server.stdin is not None
            server.stdin.write("go\n")
            server.stdin.flush()
        answers = [server.communicate(timeout=SECONDS + 60) for server in servers]
    assert [s.returncode for s in servers] == [0, 0], answers
    return [msgspec.json.decode(out) for out, _errors in answers]


@pytest.mark.slow
def test_colliding_batches_count_everybody_once_and_never_deadlock(petitions: tuple[Town, list[int]]) -> None:
    town, ids = petitions
    before = {p: town.count(p) for p in ids}
    told = told_by_two(town, ids)
    assert [t["faults"] for t in told] == [[], []]
    assert all(t["batches"] > 20 and t["withdrawn"] > 5 for t in told), "it was no storm"
    assert any(t["refused"].get("TwoAlready", 0) for t in told), "they never met at an address"

    numbers = Counter(tuple(pair) for t in told for pair in t["confirmed"])
    assert [pair for pair, times in numbers.items() if times > 1] == [], "two people got one number"
    confirmed = Counter(petition for petition, _number in numbers)
    withdrawn = sum(t["withdrawn"] for t in told)
    with town.database.reading() as db:
        validated = dict(
            db.execute(
                select(Signature.petition_id, func.count())
                .where(Signature.state == "validated")
                .group_by(Signature.petition_id)
            ).all()
        )
        deadlocks = db.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
    assert {p: town.count(p) for p in ids} == validated
    assert sum(validated.values()) == sum(before.values()) + sum(confirmed.values()) - withdrawn
    assert town.broken() == {}
    assert deadlocks == 0
