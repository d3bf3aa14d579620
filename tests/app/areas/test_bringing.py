"""Ada brings boundaries, populations and postcodes in by her browser: looked through first, confirmed by password."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from app.areas.model import Area, AreaImport, AreaPostcode
from app.audit.model import AuditEntry
from tests import databases
from tests.app.areas.places import BOUNDARIES, NAMES, POPULATIONS, as_bytes, collection
from tests.app.areas.sending import confirm, send, slip_of
from tests.site import ADMINISTRATOR, PASSWORD, RunningSite

PEOPLE = "Area,Population\nOakfield,2500\nMillbrook,3000\nNowhere,7\n"
CODES = "postcode,area code\nN1 1TY,W01\nN2,W02\nN3,W99\n" + "".join(f"M{n},W03\n" for n in range(1, 20))
needs_the_real_ones = pytest.mark.skipif(
    not (BOUNDARIES.exists() and POPULATIONS.exists()), reason="the real boundaries and populations are not here"
)


@pytest.fixture(scope="module")
def on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("areas")
    with databases.sqlite_copy(sqlite_template, folder) as database, RunningSite(database, folder) as running:
        yield running


@pytest.fixture(scope="module")
def on_postgres(postgres_server: databases.Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with postgres_server.copy() as database, RunningSite(database, tmp_path_factory.mktemp("areas")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest) -> RunningSite:
    """A town of its own, with an administrator and no areas."""
    running: RunningSite = request.getfixturevalue(f"on_{request.param}")
    town = running.town
    town.staff(ADMINISTRATOR, "administrator")
    for table in ("areas_postcode", "areas_area", "areas_map", "areas_import"):
        town.sql(f"DELETE FROM {table}")
    town.sql("UPDATE core_page_version SET version = version + 1 WHERE key = 'areas'")
    running.house.site.dependencies["areas"].forget()
    return running


@pytest.fixture
def ada(site: RunningSite) -> Iterator[httpx.Client]:
    with site.signed_in(ADMINISTRATOR) as client:
        yield client


def shown(page: httpx.Response, key: str) -> str:
    found = re.search(rf"<dt[^>]*>{key}</dt><dd[^>]*>([^<]*)</dd>", page.text)
    assert found, page.text
    return found[1]


def stored(site: RunningSite) -> dict[str, int | None]:
    return {area.name: area.population for area in site.town.rows(Area)}


def refused(page: httpx.Response) -> str:
    found = re.search(r'id="file-error"[^>]*>(?:<span[^>]*>.*?</span>)?([^<]*)', page.text)
    assert found, page.text
    assert page.status_code == 422
    return found[1].strip()


def test_three_files_each_looked_through_and_then_brought_in(site: RunningSite, ada: httpx.Client):
    page = send(ada, "boundaries", as_bytes(collection()), "wards.geojson", called="war\0d")
    assert page.status_code == 200
    assert (shown(page, "New areas"), shown(page, "Areas that are no more")) == ("4", "0")
    assert stored(site) == {}, "looking changes nothing"
    done = confirm(ada, "boundaries", page)
    assert (done.status_code, done.headers["location"]) == (303, "/admin/areas?done=areas")
    page = send(ada, "populations", PEOPLE, "people.csv")
    assert shown(page, "Areas that get a population") == "2"
    assert "row 4: no area is called ‘Nowhere’" in page.text
    assert confirm(ada, "populations", page).status_code == 303
    page = send(ada, "postcodes", CODES, "codes.csv")
    assert (shown(page, "Rows that can be used"), shown(page, "Rows that are left out")) == ("21", "1")
    assert "row 4: no area has the code ‘W99’" in page.text
    assert site.town.rows(AreaPostcode) == []
    assert confirm(ada, "postcodes", page).status_code == 303
    overview = ada.get("/admin/areas?done=postcodes").text
    assert "The file was brought in" in overview
    assert "2 of 4" in overview
    assert "wards.geojson" in overview
    assert stored(site) == {"Oakfield": 2500, "Millbrook": 3000, "Harbour": None, "Hill Top": None}
    assert len(site.town.rows(AreaPostcode)) == 21
    by = {row.by_id for row in site.town.rows(AreaImport)}
    assert by == {row.actor_id for row in site.town.rows(AuditEntry, AuditEntry.act == "areas.import")}
    assert None not in by
    assert ada.get("/areas.json").json()["called"] == "ward"
    assert site.town.broken() == {}


@pytest.mark.parametrize(
    ("what", "content", "why"),
    [
        ("boundaries", b"<kml/>", "file: it is not JSON"),
        ("boundaries", b'{"type": "FeatureCollection", "features": []}', "it has 0 features"),
        ("boundaries", b"[" * 100_000, "it is not JSON"),
        ("boundaries", b"", "it is not JSON"),
        ("boundaries", b"\xff\xfe\x00", "it is not JSON"),
        ("populations", b"", "it is empty"),
        ("populations", b"a,b,c\n1,2,3\n", "which of its columns says how many people cannot be told"),
        ("populations", "Area,Population\nNobody’s,1\n".encode(), "only 0 of its 1 rows can be used"),
        ("populations", b"Area,Population\nOak\xe9field,1\n", "it is not in UTF-8"),
        ("populations", b'Area,Population\n"Oakfield,1\n', "is no row of a CSV table"),
        ("postcodes", b"postcode,area\nN1,W77\n", "1 of its 1 rows cannot be used, so nothing was stored. row 2"),
        ("postcodes", b"PK\x03\x04\x00\x00", "its headings must be postcode and area"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_changes_nothing(
    site: RunningSite, ada: httpx.Client, what: str, content: bytes, why: str
):
    confirm(ada, "boundaries", send(ada, "boundaries", as_bytes(collection())))
    before, imports = stored(site), len(site.town.rows(AreaImport))
    page = send(ada, what, content)
    assert why in refused(page).replace("&#39;", "'")
    assert "Nothing was changed." in refused(page)
    assert "<title>Error:" in page.text
    assert (stored(site), len(site.town.rows(AreaImport))) == (before, imports)


def test_a_fault_in_one_feature_is_told_by_its_number(site: RunningSite, ada: httpx.Client):
    document = collection()
    document["features"][2]["geometry"]["coordinates"][0][-1] = [0, 0]
    assert "feature 3 (W03): one of its rings does not end where it begins" in refused(
        send(ada, "boundaries", as_bytes(document))
    )


def test_without_a_file_the_page_asks_for_one_and_keeps_the_words(ada: httpx.Client):
    page = ada.post("/admin/areas/boundaries", data={"called": "parish"}, files={})
    assert "Choose a file." in refused(page)
    assert 'value="parish"' in page.text


def test_areas_that_the_file_leaves_out_go_only_if_that_is_said(site: RunningSite, ada: httpx.Client):
    confirm(ada, "boundaries", send(ada, "boundaries", as_bytes(collection())))
    page = send(ada, "boundaries", as_bytes(collection(NAMES[:3])))
    assert shown(page, "Areas that are no more") == "1"
    assert "Hill Top" in page.text
    asked = confirm(ada, "boundaries", page)
    assert asked.status_code == 422
    assert "Confirm that these areas are no more" in asked.text
    assert all(area.retired_at is None for area in site.town.rows(Area))
    assert confirm(ada, "boundaries", asked, retire="true").status_code == 303
    assert [area.name for area in site.town.rows(Area) if area.retired_at] == ["Hill Top"]


def test_confirming_twice_changes_nothing_more(site: RunningSite, ada: httpx.Client):
    page = send(ada, "boundaries", as_bytes(collection()))
    assert [confirm(ada, "boundaries", page).status_code for _press in range(2)] == [303, 303]
    assert [(row.created, row.unchanged) for row in site.town.rows(AreaImport)][-1] == (0, 4)


def test_it_asks_again_who_it_is_and_the_file_is_not_lost(site: RunningSite, ada: httpx.Client):
    page = send(ada, "boundaries", as_bytes(collection()))
    before = site.town.rows(AreaImport)
    site.clock.advance(timedelta(minutes=11))
    asked = confirm(ada, "boundaries", page)
    assert asked.status_code == 403
    assert len(site.town.rows(AreaImport)) == len(before)
    slip = slip_of(asked)
    proof = {"slip": slip, "it-is-you.password": PASSWORD}
    again = ada.post("/admin/areas/boundaries/confirm", data=proof)
    assert again.status_code == 307
    assert ada.post("/admin/areas/boundaries/confirm", data={"slip": slip}).status_code == 303
    assert len(site.town.rows(AreaImport)) == len(before) + 1


def test_a_slip_is_of_one_administrator_and_one_kind_of_file(site: RunningSite, ada: httpx.Client):
    page = send(ada, "boundaries", as_bytes(collection()))
    assert confirm(ada, "populations", page).status_code == 404
    assert ada.post("/admin/areas/boundaries/confirm", data={"slip": "made up"}).status_code == 404
    assert ada.post("/admin/areas/boundaries/confirm", data={}).status_code == 404
    site.town.staff("adam@example.org", "administrator")
    with site.signed_in("adam@example.org") as adam:
        assert confirm(adam, "boundaries", page).status_code == 404


def test_a_file_that_was_never_confirmed_is_forgotten(site: RunningSite, ada: httpx.Client):
    page = send(ada, "boundaries", as_bytes(collection(("Alone",))))
    cabinet = site.town.site.cabinet
    for digest in list(cabinet.store.older_than(site.town.now + timedelta(days=2))):
        cabinet.store.remove(digest, site.town.now + timedelta(days=2))
    assert "no longer kept; choose it again" in refused(confirm(ada, "boundaries", page))


def test_a_file_that_is_too_large_is_a_page_and_nothing_is_kept(site: RunningSite, ada: httpx.Client):
    page = send(ada, "postcodes", b"postcode,area\n" + b"N1 1TY,W01\n" * 1_000_000)
    assert page.status_code == 413
    assert "A file must be at most" in page.text


def test_while_one_table_comes_in_another_waits(site: RunningSite, ada: httpx.Client):
    confirm(ada, "boundaries", send(ada, "boundaries", as_bytes(collection())))
    page = send(ada, "postcodes", CODES)
    files = site.house.site.dependencies["area_files"]
    with files._one_at_a_time:
        second = confirm(ada, "postcodes", page)
    assert second.status_code == 409
    assert "A file is being brought in at this moment" in second.text


@needs_the_real_ones
def test_the_real_constituencies(site: RunningSite, ada: httpx.Client):
    page = send(ada, "boundaries", BOUNDARIES.read_bytes(), BOUNDARIES.name, called="constituency")
    assert "read from PCON24CD" in page.text
    assert shown(page, "New areas") == "650"
    confirm(ada, "boundaries", page, retire="true")
    page = send(ada, "populations", POPULATIONS.read_bytes(), POPULATIONS.name)
    assert shown(page, "Areas that get a population") == "649"
    assert "row 649: no area is called ‘Ynys MÃ´n’" in page.text
    assert "row 652: no area is called ‘Grand Total’ (its figure is the sum of all others: a total)" in page.text
    assert confirm(ada, "populations", page).status_code == 303
    with site.town.database.reading() as db:
        assert db.scalar(select(func.count(Area.population)).where(Area.retired_at.is_(None))) == 649
    assert len(json.loads(ada.get("/areas.json").text)["areas"]) == 650
    assert site.town.broken() == {}
