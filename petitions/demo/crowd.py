"""The people of the demo, and when they come."""

from __future__ import annotations

import random
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.core.people.addresses import Address, read_address

#: how early in a stretch of time people come: below 1 late, above 1 early
SHAPES = {"burst": 3.0, "slow-then-fast": 0.45}


#: name, address, country, postcode
Person = tuple[str, Address, str, str]


@dataclass
class Crowd:
    """People of Northmere, no two alike."""

    names: Mapping[str, Any]
    chance: random.Random
    made: int = 0
    #: those with an account, by the key of each petition that they sign
    regulars: Mapping[str, Sequence[Person]] = field(default_factory=dict)

    def person(self, domain: str = "example.org") -> Person:
        self.made += 1
        first, last = self.chance.choice(self.names["first"]), self.chance.choice(self.names["last"])
        address = read_address(f"{plain(first)}.{plain(last)}.{self.made}@{domain}")
        weights = self.names["countries"]
        country = self.chance.choices(list(weights), weights=list(weights.values()))[0]
        postcode = self.chance.choice(self.names["postcodes"]) if country == "GB" else ""
        return f"{first} {last}", address, country, postcode


def regulars(content: Mapping[str, Any]) -> dict[str, list[Person]]:
    """The people whom the content names, by the key of each petition that they sign."""
    found: dict[str, list[Person]] = defaultdict(list)
    for one in content["regular"]:
        for key in one["signs"]:
            found[key].append((one["name"], read_address(one["email"]), "GB", one["postcode"]))
    return found


def creator_address(entry: Mapping[str, Any]) -> Address:
    """Where letters to the creator of a petition go."""
    return read_address(f"{plain(entry['creator'].split()[0])}.{entry['key']}@example.org")


def spread(start: datetime, end: datetime, count: int, pace: str, chance: random.Random) -> list[datetime]:
    """``count`` instants between two, growing; ``pace`` says where they are dense."""
    places = sorted(chance.random() ** SHAPES.get(pace, 1.0) for _ in range(max(0, count)))
    room = (end - start) * 0.98
    return [start + timedelta(minutes=1) + room * place for place in places]


def plain(name: str) -> str:
    """As it stands in an address: ``zoe`` for Zoë."""
    letters = unicodedata.normalize("NFKD", name.replace("Ł", "L").replace("ł", "l"))
    return "".join(c for c in letters if c.isascii() and c.isalnum()).lower()
