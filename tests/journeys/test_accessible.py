"""No page is forgotten by the walk: each route and each template is claimed by one of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import Database
from app.main import House
from tests.journeys.browsing import Eyes, chromium
from tests.journeys.claiming import NO_PAGES, PARTS, route_claims, routes_of, template_claims, templates
from tests.site import settings_for


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path) -> Iterator[House]:
    """With everything that a demo has."""
    found = House(settings_for(sqlite_database, tmp_path, mode="demo"), jobs=False, database=sqlite_database)
    yield found
    found.close()


def test_every_route_is_claimed_by_a_part_of_the_walk_or_is_said_to_be_no_page(house: House):
    routes = routes_of(house)
    assert sorted(r for r in routes - NO_PAGES.keys() if not route_claims(r)) == []
    assert sorted(NO_PAGES.keys() - routes) == [], "named as no page, and no route at all"


def test_every_template_is_claimed_by_a_part_of_the_walk():
    assert sorted(t for t in templates() if not template_claims(t)) == []


def test_no_part_claims_what_is_not_there(house: House):
    used = {claims[0] for r in routes_of(house) - NO_PAGES.keys() if (claims := route_claims(r))}
    used |= {claims[0] for t in templates() if (claims := template_claims(t))}
    claimed = {(part, beginning) for part in PARTS for beginning in part.routes + part.templates}
    assert sorted((part.name, beginning) for part, beginning in claimed - used) == []


@pytest.mark.browser
def test_text_that_is_hard_to_read_is_found_on_whichever_page_it_first_stands():
    """Text that is drawn like some that was looked at is not looked at again; no other is left out."""
    pages = {
        "fine": "<p>Open the library</p>",
        "same": "<p>Open the park</p><p>Open the pool</p>",
        "grey": "<p>Open the library</p><p style='color: #bbb'>on Sundays</p>",
        "dark": "<div style='background: #333'><p>Open the library</p></div>",
        "shut": "<details><summary>More</summary><i style='color: #ccc'>on Mondays</i></details>",
        "open": "<details open><summary>More</summary><i style='color: #ccc'>on Mondays</i></details>",
        "off": "<button style='color: #ccc' disabled>Sign</button>",
        "on": "<button style='color: #ccc'>Sign</button>",
        "field": "<label>Name <input style='color: #ddd' value='Ana'></label>",
    }
    eyes = Eyes("http://town.example", axe=True)
    with chromium() as browser:
        page, found = eyes.watch(browser.new_page()), {}
        for name, body in pages.items():
            page.set_content(f"<!doctype html><html lang=en><title>Town</title><main><h1>Town</h1>{body}</main>")
            page.evaluate(eyes.axe)
            known = len(eyes.faults)
            eyes.run_axe(page)
            found[name] = ["color-contrast" in fault for fault in eyes.faults[known:]]
    assert found == {name: [True] if name in ("grey", "dark", "open", "on", "field") else [] for name in pages}
