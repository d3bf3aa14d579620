"""Invented petitions in the UK public JSON shape, as many as a bench wants, read in by the site's own import."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

VERBS = (
    "Protect",
    "Fund",
    "Reopen",
    "Ban",
    "Teach",
    "Repair",
    "Extend",
    "Review",
    "Publish",
    "Plant",
    "Restore",
    "Light",
)
THINGS = ("rural bus routes", "public libraries", "school meals", "single-use plastics", "first aid", "pot-holed roads")
PLACES = ("in every town", "for under-25s", "near schools", "along the coast", "at weekends", "in village halls")
WORDS = (
    "people",
    "council",
    "street",
    "evening",
    "service",
    "cost",
    "winter",
    "children",
    "safe",
    "travel",
    "local",
    "open",
    "report",
    "money",
    "budget",
    "road",
    "promise",
    "school",
    "nurse",
    "library",
    "river",
    "station",
    "carers",
    "young",
    "older",
    "rural",
    "city",
    "early",
    "late",
    "fair",
    "shared",
    "public",
)
FIRST_ID = 900_001  # far from the ids of real petitions
SEED = 2026


def petitions(number: int, now: datetime) -> list[dict[str, Any]]:
    """Two thirds open, the others closed; the same ones at every call but for the dates."""
    chance = random.Random(SEED)
    return [one(FIRST_ID + index, chance, now) for index in range(number)]


def one(source_id: int, chance: random.Random, now: datetime) -> dict[str, Any]:
    opened = now - timedelta(days=chance.randrange(10, 150))
    closing = opened + timedelta(days=182)
    is_open = source_id % 3 != 0
    attributes = {
        "action": f"{chance.choice(VERBS)} {chance.choice(THINGS)} {chance.choice(PLACES)} ({source_id})",
        "background": prose(chance, 45),
        "additional_details": prose(chance, 110),
        "state": "open" if is_open else "closed",
        "signature_count": int(10 ** chance.uniform(0.8, 5.2)),
        "created_at": stamp(opened - timedelta(days=12)),
        "open_at": stamp(opened),
        "opened_at": stamp(opened),
        "closing_date": closing.date().isoformat() if is_open else None,
        "closed_at": None if is_open else stamp(now - timedelta(days=5)),
        "updated_at": stamp(now - timedelta(days=5)),
        "creator_name": None,
    }
    return {"type": "petition", "id": source_id, "attributes": attributes}


def prose(chance: random.Random, words: int) -> str:
    """Sentences of ten words: long enough to wrap, plain enough to search."""
    picked = [chance.choice(WORDS) for _ in range(words)]
    sentences = [" ".join(picked[at : at + 10]).capitalize() + "." for at in range(0, words, 10)]
    return " ".join(sentences)


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(path: Path, number: int) -> Path:
    """A file that `import uk-petitions` reads."""
    path.write_text(json.dumps({"data": petitions(number, datetime.now(UTC))}))
    return path
