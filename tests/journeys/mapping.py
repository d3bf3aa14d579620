"""Pages about areas: where the signers of a petition live, and what people of an area want."""

from __future__ import annotations

from collections.abc import Iterator

from tests.app.areas.places import collection, found, people
from tests.journeys.walking import Visit
from tests.petitions.service.test_areas import show, sign_all
from tests.site import RunningSite


def mapped(site: RunningSite) -> int:
    """A petition with signers in three of four areas, so few in one that another is not shown either."""
    town = site.town
    found(town, collection(regions={"W01": "North", "W02": "North", "W03": "South", "W04": "South"}))
    people(town, [("Area", "People"), ("W01", "2000"), ("W02", "4000"), ("W03", "1000"), ("Total", "7000")])
    petition = town.open_petition(action="Keep the pool open in winter")
    for area, count in (("W01", 6), ("W02", 8), ("W03", 2)):
        sign_all(town, petition, area, count)
    show(town)
    return petition


def map_visits(petition: int, without: int) -> Iterator[Visit]:
    """By anybody; ``without``: a petition that has no figures."""
    yield Visit("/areas", sees="Hill Top")
    yield Visit("/areas?q=oak", sees="1 area for")
    yield Visit("/areas?q=nowhere", sees="0 areas for")
    yield Visit("/areas/W02", sees="Keep the pool open in winter")
    yield Visit("/areas/W04?state=all", sees="No petition has enough signatures")
    yield Visit("/areas/W99", 404)
    yield Visit(f"/petitions/{petition}/map", sees="Signatures for every 1,000 people")
    yield Visit(f"/petitions/{petition}/map?by=count", sees="not shown")
    yield Visit(f"/petitions/{petition}", sees="Areas with most signatures")
    yield Visit(f"/petitions/{petition}/sign", 422, {"name": "Sam Wong", "area": "W99"})
    yield Visit(f"/petitions/{without}/map", sees="No figures yet")
