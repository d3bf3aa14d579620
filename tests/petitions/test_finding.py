"""Finding petitions: the list in all its orders, words in it, and what is like a new request."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from petitions.model.petition import MinuteCount, Petition
from petitions.model.sorting import PetitionTopic, Topic
from petitions.queries import finding
from petitions.queries.figures import ListFigures
from petitions.queries.finding import SORTS, STATES, Search
from petitions.queries.similar import similar
from tests.site import Town

SET = tomllib.loads((Path(__file__).parent / "paraphrases.toml").read_text(encoding="utf-8"))
RECALL = 0.8


def publish(town: Town, *petitions: dict[str, Any]) -> list[int]:
    """Open petitions with these columns, one after another, as if they had been published an hour ago."""
    ids = []
    with town.database.writing() as db:
        for given in petitions:
            count = given.get("signature_count", 6)
            plain = {"state": "open", "background": "", "additional_details": "", "last_number": count}
            at = town.now - timedelta(hours=1)
            times = {"created_at": at, "opened_at": at, "updated_at": at, "closes_at": town.now + timedelta(days=90)}
            bounds = {"sponsors_needed": 5, "sponsors_most": 20, "response_threshold": 10, "debate_threshold": 20}
            made = Petition(**{"signature_count": count} | plain | times | bounds | given)
            db.add(made)
            db.flush()
            ids.append(made.id)
    return ids


def found(town: Town, action: str, most: int = 5) -> list[str]:
    with town.database.reading() as db:
        return [p.action for p in similar(db, action, most=most, now=town.now)]


# what is like a new request


@pytest.fixture
def full_town(town: Town) -> Town:
    """All petitions of the set are open."""
    rows = [*SET["petition"], *SET["distractor"]]
    publish(town, *({"action": p["action"], "background": p["background"]} for p in rows))
    return town


def recall(town: Town, entries: Sequence[dict[str, str]]) -> float:
    hits = [e["action"] in found(town, e["paraphrase"]) for e in entries]
    missed = [e["paraphrase"] for e, hit in zip(entries, hits, strict=True) if not hit]
    print(f"recall {sum(hits)}/{len(hits)}; missed: {missed}")
    return sum(hits) / len(hits)


@pytest.mark.parametrize("written", ["before", "after"])
def test_a_request_in_other_words_finds_the_petition_that_is_there(full_town: Town, written: str):
    entries = [p for p in SET["petition"] if p["written"] == written]
    assert len(entries) == 20
    assert recall(full_town, entries) >= RECALL
