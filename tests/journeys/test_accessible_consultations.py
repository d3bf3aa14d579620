"""The pages on which officials write and approve, and what everyone reads of a consultation in each of its phases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from app.core.subject import SubjectRef
from app.trails.service.linking import link
from tests import databases
from tests.consultations.asking import Asking
from tests.consultations.web.test_life_pages import EDDA, EMIL, begin, fill
from tests.fakes import FixedClock
from tests.journeys.claiming import CONSULTING
from tests.journeys.consulting import walk_over_texts_and_what_is_published
from tests.journeys.walking import Visit, Walk, walk_over
from tests.site import RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOSTING = "/hosting/consultations"


class Places(NamedTuple):
    """Officials' pages of a draft, of one in review, one approved, one that is public; readers' pages."""

    draft: str
    review: str
    approved: str
    public: str
    read: list[int]
    gone: int


def test_officials_and_readers_can_use_every_page(sqlite_template: Path, tmp_path: Path):
    clock = FixedClock(datetime.now(UTC))
    with (
        databases.sqlite_copy(sqlite_template, tmp_path) as database,
        RunningSite(database, tmp_path, clock=clock, page_cache="off", mode="demo") as site,
    ):
        places = prepared(site)
        with walk_over(site) as walk:
            walk.visitor(readers_visits(places))
            walk_over_stories(site, walk, places)
            walk.member(EDDA, list_visits(places))
            walk.member(EDDA, writing_visits(places))
            walk.member(EDDA, later_visits(places))
            walk.member(EMIL, [Visit(places.review)])
            walk_over_texts_and_what_is_published(site, walk)
            assert walk.findings(CONSULTING) == []


def prepared(site: RunningSite) -> Places:
    asking, now, day = Asking(site.town), site.town.now, timedelta(days=1)
    assert asking.edda
    assert asking.emil
    times = {
        "opens_day": (now + 3 * day).date().isoformat(),
        "opens_time": "09:00",
        "closes_day": (now + 9 * day).date().isoformat(),
        "closes_time": "23:45",
    }
    read = [asking.published(opens=now + a * day, closes=now + b * day) for a, b in ((2, 40), (-2, 40), (-60, -30))]
    read.append(asking.published(opens=now - 200 * day, closes=now - 150 * day, easy_read="It is about a bridge."))
    withdrawn, gone = asking.published(), asking.published()
    site.town.work()
    with site.signed_in(EDDA) as edda, site.signed_in(EMIL) as emil:
        draft, review, approved = (begin(edda, title) for title in ("Ferries at night", "Quay parking", "New signs"))
        for path in (review, approved):
            fill(site, edda, path, **times)
            assert edda.post(f"{path}/act/submit").status_code == 303
        assert emil.post(f"{approved}/act/approve").status_code == 303
        for number, act in ((withdrawn, "withdraw"), (gone, "unpublish")):
            done = edda.post(f"{HOSTING}/{number}/{act}", data={"reason": "The bridge has fallen."})
            assert done.status_code == 303
        late = {"admitted": "Blind Association", "reason": "The file was not readable.", "until_time": "12:00"}
        until = {"until_day": (now + 60 * day).date().isoformat()}
        assert edda.post(f"{HOSTING}/{read[1]}/late", data=late | until).status_code == 303
    return Places(draft, review, approved, f"{HOSTING}/{read[1]}", [*read, withdrawn], gone)


def walk_over_stories(site: RunningSite, walk: Walk, places: Places) -> None:
    """Two consultations of which one led to the other, as readers and as their official see it."""
    before, after = (SubjectRef("consultation", number) for number in places.read[2:0:-1])
    here, edda = f"/hosting/trails/consultation/{before.id}", Asking(site.town).edda
    made = site.town.database.retrying(
        lambda db: link(db, before, after, "Two ways were left.", by=edda, now=site.town.now).id
    )
    walk.visitor([Visit(f"/consultations/{after.id}"), Visit(f"/trails/consultation/{after.id}")])
    walk.member(
        EDDA,
        [
            Visit(f"{here}?q=bridge"),
            Visit(here, fields={"q": "bridge", "note": ""}, status=422),
            Visit(f"{here}?done=linked"),
            Visit(f"{here}/links/{made}"),
            Visit(f"{here}/links/{made}", fields={"reason": ""}, status=422),
        ],
    )


def readers_visits(places: Places) -> Iterator[Visit]:
    for number in places.read:
        yield Visit(f"/consultations/{number}")
    yield Visit(f"/consultations/{places.gone}", status=410)


def list_visits(places: Places) -> Iterator[Visit]:
    yield Visit("/hosting/search?q=bridge", sees="what your role may read beside it")
    yield Visit(HOSTING)
    yield Visit(f"{HOSTING}?whose=all&state=ended")
    yield Visit(f"{HOSTING}/new")
    yield Visit(f"{HOSTING}/new", fields={"title": ""}, status=422)


def writing_visits(places: Places) -> Iterator[Visit]:
    for path in (places.draft, places.review, places.approved, places.public):
        yield Visit(path)
    for section in ("about", "answering", "easy", "times", "settings"):
        yield Visit(f"{places.draft}/edit/{section}")
    twice = {"closes_day": "2027-10-31", "closes_time": "01:30", "revision": "1"}
    yield Visit(f"{places.draft}/edit/times", fields=twice, status=422)
    yield Visit(f"{places.draft}/edit/about", fields={"title": "Ferries by day", "revision": "99"}, status=409)
    yield Visit(f"{places.draft}/preview")
    yield Visit(f"{places.draft}/documents")
    yield Visit(f"{places.draft}/discard")
    yield Visit(f"{places.draft}/act/submit", fields={"go": "on"}, status=422)


def later_visits(places: Places) -> Iterator[Visit]:
    yield Visit(f"{places.review}/force")
    yield Visit(f"{places.draft}/force")
    yield Visit(f"{places.approved}/publish")
    yield Visit(f"{places.approved}/publish", fields={"purpose": "true"}, status=422)
    for act in ("extend", "late", "withdraw", "unpublish"):
        yield Visit(f"{places.public}/{act}")
        yield Visit(f"{places.public}/{act}", fields={"reason": ""}, status=422)
