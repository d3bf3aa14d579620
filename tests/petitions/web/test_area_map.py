"""The form that asks where people live, the map of a petition, an area's own page, and the same as data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from petitions.model.petition import Petition
from petitions.service.acts import SignatureConfirmation
from tests import databases
from tests.app.areas.places import codes, collection, found, people, square
from tests.people import LAURA, PEDRO, SAM, SUZIE, crowd
from tests.petitions.service.test_areas import show
from tests.site import ADMINISTRATOR, RunningSite

REGIONS = {"W01": "North", "W02": "North", "W03": "South", "W04": "South"}


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A town with four areas and populations, and no table of postcodes."""
    folder = tmp_path_factory.mktemp("areas")
    numbers = {"petitions_response_at": 10, "petitions_debate_at": 20}
    with (
        databases.sqlite_copy(sqlite_template, folder) as database,
        RunningSite(database, folder, page_cache="off", **numbers) as site,
    ):
        found(site.town, collection(regions=REGIONS))
        people(site.town, [("Area", "People"), ("W01", "2000"), ("W02", "4000"), ("W03", "1000")])
        yield site


@pytest.fixture(scope="module")
def reader(site: RunningSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.base, headers={"origin": site.base}, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def petition(site: RunningSite) -> int:
    """Eight from Oakfield, seven from Millbrook, two from Harbour, nine from Hill Top."""
    town = site.town
    petition = town.open_petition(action="Keep the pool open")
    acts = []
    for area, count in (("W01", 8), ("W02", 7), ("W03", 2), ("W04", 9)):
        for person in crowd(count, f"pool{area.lower()}"):
            act = town.request_act(petition, person)
            act.area = area
            acts.append(act)
    town.perform(acts)
    town.perform([SignatureConfirmation(at=town.now, signature_id=a.id) for a in acts])
    show(town)
    return petition


def drawing(page: str) -> ET.Element:
    svg = page[page.index('<svg class="ts-map__drawing"') :]
    return ET.fromstring(svg[: svg.index("</svg>") + 6])


def paths(page: str) -> list[str]:
    """What the map says of each of its areas."""
    return [title.text or "" for title in drawing(page).iter("title")]


def outlines(page: str) -> dict[str, str]:
    """By what it says of an area, where the area lies: each is drawn once, by its own outline."""
    tree = drawing(page)
    known = {path.attrib["id"]: path.attrib["d"] for path in tree.iter("path")}
    drawn = {use.findtext("title", ""): known[use.attrib["href"].removeprefix("#")] for use in tree.iter("use")}
    assert len(drawn) == len(known)
    return drawn


def test_the_map_says_what_its_table_says(reader: httpx.Client, petition: int):
    page = reader.get(f"/petitions/{petition}/map").text
    assert sorted(paths(page)) == [
        "Harbour: not shown",
        "Hill Top: not shown",
        "Millbrook: 7 signatures, 1.8 for every 1,000 people",
        "Oakfield: 8 signatures, 4.0 for every 1,000 people",
    ]
    assert "Signatures for every 1,000 people" in page
    assert page.index(">Oakfield<") < page.index(">Millbrook<")
    assert "2 areas are not shown" in page
    assert 'href="/areas/W01"' in page
    counts = reader.get(f"/petitions/{petition}/map?by=count").text
    assert "Signatures in each area" in counts


def test_harbours_two_take_hill_top_along_in_every_form(reader: httpx.Client, petition: int):
    data = reader.get(f"/petitions/{petition}/areas.json").json()
    assert [(a["code"], a["signature_count"], a["per_thousand"]) for a in data["areas"]] == [
        ("W01", 8, 4.0),
        ("W02", 7, 1.8),
    ]
    assert data["regions"] == [
        {"code": "Nor", "name": "North", "signature_count": 15},
        {"code": "Sou", "name": "South", "signature_count": 11},
    ]
    assert (data["kept_back"], data["unplaced"]) == (2, 6)
    answer = reader.get(f"/petitions/{petition}/areas.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(r["code"], r["signatures"], r["signatures_per_thousand"]) for r in rows] == [
        ("W01", "8", "4.0"),
        ("W02", "7", "1.8"),
    ]
    uk = reader.get(f"/petitions/{petition}.json").json()["data"]["attributes"]
    assert [(a["ons_code"], a["signature_count"]) for a in uk["signatures_by_constituency"]] == [("W01", 8), ("W02", 7)]
    assert [(r["name"], r["signature_count"]) for r in uk["signatures_by_region"]] == [("North", 15), ("South", 11)]
    for code in ("W03", "W04"):
        assert reader.get(f"/areas/{code}.json").json()["petitions"] == []


def test_a_petitions_own_page_names_the_foremost_areas(reader: httpx.Client, petition: int):
    page = reader.get(f"/petitions/{petition}").text
    assert "Areas with most signatures" in page
    assert f'href="/petitions/{petition}/map"' in page


def test_an_areas_page_lists_what_people_there_want(reader: httpx.Client, petition: int):
    page = reader.get("/areas/W01").text
    assert "Keep the pool open" in page
    assert "4.0 for every 1,000 people" in page
    assert "/follow?kind=area&amp;key=W01" in page
    facts = reader.get("/areas/W01.json").json()
    assert facts["region"] == {"code": "Nor", "name": "North"}
    assert [(p["id"], p["here"], p["everywhere"]) for p in facts["petitions"]] == [(petition, 8, 32)]
    assert reader.get("/areas/W01?state=all").status_code == 200
    assert reader.get("/areas/W99").status_code == 404
    assert reader.get("/areas/W99.json").status_code == 404


def test_areas_are_found_by_their_names(reader: httpx.Client):
    assert "Millbrook" in reader.get("/areas?q=mill").text
    assert "Oakfield</a>" not in reader.get("/areas?q=mill").text
    assert "0 areas for" in reader.get("/areas?q=zz").text
    assert [a["code"] for a in reader.get("/areas.json").json()["areas"]] == ["W03", "W04", "W02", "W01"]


def test_a_petition_without_figures_says_when_there_will_be_some(reader: httpx.Client, site: RunningSite):
    fresh = site.town.open_petition(action="Plant an oak")
    assert "No figures yet" in reader.get(f"/petitions/{fresh}/map").text
    assert reader.get(f"/petitions/{fresh}/areas.json").json()["areas"] == []
    assert reader.get("/petitions/999999/map").status_code == 404


def test_the_form_offers_areas_and_keeps_the_choice(reader: httpx.Client, petition: int):
    form = reader.get(f"/petitions/{petition}/sign").text
    assert '<option value="W02">Millbrook</option>' in form
    again = reader.post(f"/petitions/{petition}/sign", data=SAM.form(area="W99"))
    assert again.status_code == 422
    assert 'href="#area"' in again.text
    assert "Choose your area from the list" in again.text
    assert 'value="sam@example.org"' in again.text


@pytest.mark.parametrize(("person", "chosen", "area"), [(SUZIE, "W02", "W02"), (LAURA, "", None), (PEDRO, "W01", None)])
def test_signing_with_a_chosen_area_or_without_one(
    site: RunningSite, reader: httpx.Client, petition: int, person, chosen: str, area: str | None
):
    answer = reader.post(f"/petitions/{petition}/sign", data=person.form(area=chosen))
    assert answer.status_code == 303
    site.town.deliver()
    link = site.town.letters.link(person)
    assert reader.post(link).status_code == 303
    (signature,) = site.town.signatures(petition, person)
    assert (signature.state, signature.area) == ("validated", area)
    assert site.town.broken() == {}


def test_an_address_corrected_keeps_the_area(site: RunningSite, petition: int):
    with httpx.Client(base_url=site.base, headers={"origin": site.base}) as browser:
        person = SAM.but(name="Sam Corrected", email="sam.wrong@example.org")
        assert browser.post(f"/petitions/{petition}/sign", data=person.form(area="W03")).status_code == 303
        fields = {"email": "sam.right@example.org"}
        assert browser.post(f"/petitions/{petition}/sign/correct", data=fields).status_code == 303
    (signature,) = site.town.signatures(petition, person.but(email="sam.right@example.org"))
    assert signature.area == "W03"


def test_the_api_takes_an_area_and_refuses_an_unknown_one(site: RunningSite, petition: int):
    with httpx.Client(base_url=site.base) as program:
        address = f"/api/v1/petitions/{petition}/signatures"
        person = SAM.but(name="Api Sam", email="api.sam@example.org")
        wrong = program.post(address, json=person.json(area="W99"))
        assert wrong.status_code == 422
        assert [e["field"] for e in wrong.json()["errors"]] == ["area"]
        assert program.post(address, json=person.json(area="W01")).status_code == 202
        start = {"action": "Mend the clock", "background": "It is late.", "creator_name": "Anna Example"}
        start |= {k: v for k, v in person.json().items() if k not in ("name", "notify")}
        wrong = program.post("/api/v1/petitions", json=start | {"area": "W99"})
        assert (wrong.status_code, [e["field"] for e in wrong.json()["errors"]]) == (422, ["area"])
        started = program.post("/api/v1/petitions", json=start | {"area": "W04"})
        assert started.status_code == 202
    (signature,) = site.town.signatures(petition, person)
    assert signature.area == "W01"
    assert [s.area for s in site.town.signatures(started.json()["id"])] == ["W04"]


def test_the_creation_steps_ask_for_the_area(site: RunningSite, reader: httpx.Client):
    fields = {"may": "true", "action": "Mend the bell", "background": "It is silent.", "creator_name": "Ann Bell"}
    fields |= {
        "email": "ann.bell@example.org",
        "country": "GB",
        "postcode": "N1 1TY",
        "eligible": "true",
        "privacy": "1",
    }
    about = reader.post("/petitions/new", data=fields | {"step": "details"}).text
    assert '<option value="W02">Millbrook</option>' in about
    wrong = reader.post("/petitions/new", data=fields | {"step": "about", "area": "W99"})
    assert wrong.status_code == 422
    assert "Choose your area from the list" in wrong.text
    check = reader.post("/petitions/new", data=fields | {"step": "about", "area": "W02"}).text
    assert "Millbrook" in check
    assert reader.post("/petitions/new", data=fields | {"step": "check", "area": "W02"}).status_code == 303
    newest = max(p.id for p in site.town.rows(Petition))
    assert [s.area for s in site.town.signatures(newest)] == ["W02"]


def test_new_boundaries_are_drawn_at_once(site: RunningSite, reader: httpx.Client, petition: int):
    address = f"/petitions/{petition}/map"
    before = outlines(reader.get(address).text)
    assert before == outlines(reader.get(address, headers={"accept-encoding": "identity"}).text)
    assert len(set(before.values())) == 4
    moved = collection(regions=REGIONS)
    moved["features"][3]["geometry"]["coordinates"] = [square(7)]
    found(site.town, moved)
    after = outlines(reader.get(address).text)
    assert after["Hill Top: not shown"] != before["Hill Top: not shown"]
    assert after.keys() == before.keys()
    found(site.town, collection(regions=REGIONS))
    assert outlines(reader.get(address).text) == before


def test_administrators_see_what_there_is(site: RunningSite, reader: httpx.Client):
    assert reader.get("/admin/areas").status_code == 404
    site.town.staff(ADMINISTRATOR, "administrator")
    with site.signed_in(ADMINISTRATOR) as ada:
        page = ada.get("/admin/areas").text
    assert "3 of 4" in page
    assert "wards.geojson" in page
    assert "the command line" in page


def test_with_a_table_the_form_asks_for_nothing_more(site: RunningSite, reader: httpx.Client, petition: int):
    """Last, because the site keeps it."""
    codes(site.town, ("N1", "W01"))
    site.clock.advance(timedelta(hours=2))
    assert 'name="area"' not in reader.get(f"/petitions/{petition}/sign").text
    person = SAM.but(name="Tabled Sam", email="tabled.sam@example.org")
    assert reader.post(f"/petitions/{petition}/sign", data=person.form()).status_code == 303
    (signature,) = site.town.signatures(petition, person)
    assert signature.area == "W01"
