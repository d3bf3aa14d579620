"""Every page of the room opens on PostgreSQL, too, which refuses what SQLite lets pass: a row locked in order to read.

The walks over all pages use a browser and SQLite; here the same visits are made by plain requests.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

import httpx

from tests.consultations.asking import Asking
from tests.consultations.web.test_life_pages import EDDA, EMIL
from tests.journeys.consulting import walk_over_texts_and_what_is_published
from tests.journeys.reading import reading_visits
from tests.journeys.test_accessible_consultations import (
    later_visits,
    list_visits,
    prepared,
    readers_visits,
    writing_visits,
)
from tests.journeys.test_accessible_responding import answering_visits, owners_visits
from tests.journeys.walking import Visit
from tests.site import OFFICER, RunningSite


class Requests:
    """Stands where the browser would: each visit's status and words are looked at, nothing else."""

    def __init__(self, site: RunningSite) -> None:
        self.site = site
        self.found: list[str] = []

    def visitor(self, visits: Iterable[Visit]) -> None:
        with self.site.client() as client:
            self._go(client, visits)

    def member(self, address: str, visits: Iterable[Visit]) -> None:
        with self.site.signed_in(address) as client:
            self._go(client, visits)

    def _go(self, client: httpx.Client, visits: Iterable[Visit]) -> None:
        for visit in visits:
            ask = client.get(visit.path) if visit.fields is None else client.post(visit.path, data=dict(visit.fields))
            while ask.status_code in (302, 303):
                ask = client.get(ask.headers["location"])
            if ask.status_code != visit.status or visit.sees not in html.unescape(ask.text):
                self.found.append(f"{visit.path}: {ask.status_code}, not {visit.status} and {visit.sees!r}")


def test_every_page_opens_on_postgres(postgres_site: RunningSite) -> None:
    site, walk, asking = postgres_site, Requests(postgres_site), Asking(postgres_site.town)
    places = prepared(site)
    walk.visitor(readers_visits(places))
    for visits in (list_visits(places), writing_visits(places), later_visits(places)):
        walk.member(EDDA, visits)
    walk.member(EMIL, [Visit(places.review)])
    walk_over_texts_and_what_is_published(site, walk)  # type: ignore[arg-type]  # it only goes where it is sent
    site.town.officer("parks")
    walk.member(OFFICER, reading_visits(site))
    walk.visitor(answering_visits(site, asking))
    walk.visitor(owners_visits(site, asking))
    assert walk.found == []
