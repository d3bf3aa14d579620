"""The wards of the demo's town: brought in as an operator would, and who of the crowd lives near what is asked for."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from app.areas.rules.boundaries import Named
from app.areas.service import boundaries, populations, postcodes
from petitions.demo.crowd import Person
from petitions.demo.town import Town
from petitions.service import area_figures

HERE = Path(__file__).resolve().parent
#: the part of those who sign that live near what it is about
NEAR = 0.4
A_WEEK = timedelta(days=7)


def found(town: Town, at: datetime) -> None:
    """Boundaries, populations, postcodes."""
    about: Mapping[str, Any] = tomllib.loads((HERE / "wards.toml").read_text(encoding="utf-8"))
    shapes, _named = boundaries.read_file((HERE / "wards.geojson").read_bytes(), Named("", ""))
    file = "wards.geojson"
    store = partial(boundaries.store, boundaries=shapes, layer="ward", retire=False, file=file, by=None, now=at)
    town.write(store)
    people = [
        populations.Row(number, code, one["population"], "")
        for number, (code, one) in enumerate(about.items(), start=2)
    ]
    town.write(partial(populations.store, rows=people, file="populations.csv", by=None, now=at))
    home = town.site.settings.home_country
    postcodes.import_table(town.database, _rows(about), home_country=home, file="postcodes.csv", by=None, now=at)
    town.site.dependencies["areas"].forget()


def _rows(about: Mapping[str, Any]) -> Iterator[tuple[int, Sequence[str]]]:
    yield 1, ("postcode", "area code")
    pairs = [(postcode, code) for code, one in about.items() for postcode in one["postcodes"]]
    yield from enumerate(pairs, start=2)


def plan_figures(town: Town, since: datetime) -> None:
    """Once a week, and at the end: as the site's job would have every hour."""
    while since < town.now:
        town.timeline.plan(since, partial(show_figures, town))
        since += A_WEEK


def show_figures(town: Town, at: datetime) -> None:
    """What is known by now of every petition."""
    placing = town.site.dependencies["placing"]
    while town.write(partial(area_figures.show_some, book=placing.book, home_country=placing.home_country, now=at)):
        pass


class Neighbourhood:
    """Every petition is about somewhere: people who live near it come more often."""

    def __init__(self, key: str, names: Mapping[str, Any]) -> None:
        self.chance = random.Random(f"Near {key}")
        districts = sorted({postcode.split()[0] for postcode in names["postcodes"]})
        near = set(self.chance.sample(districts, 2))
        self.postcodes = [postcode for postcode in names["postcodes"] if postcode.split()[0] in near]

    def moves_in(self, person: Person) -> Person:
        """The same person, or the same who lives near."""
        name, address, country, postcode = person
        if not postcode or self.chance.random() > NEAR:
            return person
        return name, address, country, self.chance.choice(self.postcodes)
