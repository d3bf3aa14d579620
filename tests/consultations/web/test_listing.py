"""What anyone finds on the list of consultations, on the page and as data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from tests import databases
from tests.consultations.asking import BRIDGE, YES, Asking
from tests.site import RunningSite

A_DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("listing")
    if request.param == "sqlite":
        made = databases.sqlite_copy(request.getfixturevalue("sqlite_template"), folder)
    else:
        made = request.getfixturevalue("postgres_server").copy()
    with made as database, RunningSite(database, folder) as site:
        yield site


@pytest.fixture(scope="module")
def town(running: RunningSite) -> dict[str, int]:
    """One consultation of each phase, one whose results are hidden, one with an odd title, one withdrawn."""
    asking = Asking(running.town)
    now = running.town.now
    parks = Asking(running.town, "parks")
    made = {
        "bridge": asking.published(),
        "hidden": asking.published(title="Night buses", hides_results=True, closes=now + 2 * A_DAY, opens=now - A_DAY),
        "coming": asking.published(title="Ferry fares", opens=now + 3 * A_DAY),
        "closed": parks.published(title="=2+2 playgrounds", kind="call", opens=now - 40 * A_DAY),
        "done": parks.published(title="Dogs on the beach", opens=now - 90 * A_DAY, has_outcome=True, outcome_at=now),
    }
    made["gone"] = asking.published(title="Cable car")
    running.town.sql(
        "UPDATE consultations_consultation SET state = 'withdrawn', withdrawn_reason = 'No money', withdrawn_at = opens_at "
        "WHERE id = :id",
        id=made["gone"],
    )
    for number in ("bridge", "hidden", "closed"):
        for _one in range(7):
            (parks if number == "closed" else asking).responded(made[number], {2: {"options": [YES.id]}})
    return made


@pytest.fixture
def ana(running: RunningSite, town: dict[str, int]) -> Iterator[httpx.Client]:
    with running.client() as client:
        yield client


def test_ana_finds_what_is_open_first_and_everything_else_by_its_phase(ana: httpx.Client, town: dict[str, int]) -> None:
    page = ana.get("/consultations").text
    assert "2 open consultations" in page
    assert page.index("Night buses") < page.index("Harbour Bridge toll")  # it closes sooner
    assert "Ferry fares" not in page
    assert "1 consultation not yet open" in ana.get("/consultations?phase=upcoming").text
    assert "=2+2 playgrounds" in ana.get("/consultations?phase=closed&kind=call").text
    assert "Dogs on the beach" in ana.get("/consultations?phase=outcome&department=parks").text
    everything = ana.get("/consultations?phase=all").text
    assert "6 consultations" in everything
    assert "Withdrawn" in everything
    found = ana.get("/consultations?phase=all&q=BEACH").text
    assert "1 consultation about" in found
    nothing = ana.get("/consultations?q=owls&phase=nonsense&department=nobody&page=0").text
    assert "0 open consultations about ‘owls’" in nothing
    assert "Try fewer or other words" in nothing
    assert "There is no such page" in ana.get("/consultations?page=9").text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("playground", 1),
        ("playgroun", 1),
        ("hafen bridges", 1),
        ("harbours' tolls", 1),
        ("HÁRBOUR tòll", 1),
        ("toll, bridge!", 1),
        ("bridge owls", 0),
        ("%", 0),
        ('" OR 1=1 -- *', 0),
        ("رسوم الميناء", 1),
        ("رُسُوم", 1),
        ("cafe", 1),
    ],
)
def test_words_are_found_in_every_form_accent_and_case(
    running: RunningSite, ana: httpx.Client, town: dict[str, int], typed: str, found: int
) -> None:
    words = {"title": "Harbour Bridge toll: رسوم الميناء", "body": "Whether the café by the bridge pays tolls."}
    running.town.sql(
        "UPDATE consultations_consultation SET title = :title, summary = 'Häfen', body = :body WHERE id = :id",
        id=town["bridge"],
        **words,
    )
    listed = ana.get("/consultations.json", params={"phase": "all", "q": typed}).json()
    assert listed["total"] == found, typed
    running.town.sql(
        "UPDATE consultations_consultation SET title = 'Harbour Bridge toll' WHERE id = :id", id=town["bridge"]
    )


def test_nobody_learns_how_many_responded_before_it_closes_where_results_are_hidden(
    running: RunningSite, ana: httpx.Client, town: dict[str, int]
) -> None:
    addresses = (
        "/consultations?q=night",
        "/consultations.json?q=night",
        "/consultations.csv?q=night",
        "/consultations.atom?q=night",
        "/api/v1/consultations?q=night",
        f"/api/v1/consultations/{town['hidden']}",
    )
    before = {a: ana.get(a) for a in addresses}
    assert all(answer.status_code == 200 for answer in before.values())
    assert "7 responses" in ana.get("/consultations?q=bridge").text
    assert "response" not in before[addresses[0]].text.partition("Night buses")[2].partition("</ol>")[0]
    asking = Asking(running.town)
    asking.responded(town["hidden"], {2: {"options": [YES.id]}})
    for address, answer in before.items():
        assert ana.get(address).content == answer.content, address
    assert ana.get(addresses[1]).json()["consultations"][0]["response_count"] is None
    assert ana.get(addresses[5]).json()["response_count"] is None


def test_tables_and_feeds_hold_the_same_and_no_cell_computes(ana: httpx.Client, town: dict[str, int]) -> None:
    table = ana.get("/consultations.csv?phase=all").content.decode("utf-8-sig")
    rows = {int(r["id"]): r for r in csv.DictReader(io.StringIO(table))}
    assert set(rows) == set(town.values())
    assert rows[town["closed"]]["title"] == "'=2+2 playgrounds"
    assert rows[town["gone"]]["phase"] == "withdrawn"
    feed = ana.get("/consultations.atom?phase=all").text
    assert "<title>=2+2 playgrounds</title>" in feed
    assert f"/consultations/{town['bridge']}</loc>" in ana.get("/sitemap.xml").text
    data = ana.get("/consultations.json?phase=all").json()
    assert data["total"] == 6
    assert {c["id"] for c in data["consultations"]} == set(rows)


def test_a_program_reads_the_phase_and_every_question_and_is_told_when_nothing_changed(
    ana: httpx.Client, town: dict[str, int]
) -> None:
    listed = ana.get("/api/v1/consultations?phase=all&sort=closing").json()
    assert listed["total"] == 6
    answer = ana.get(f"/api/v1/consultations/{town['bridge']}")
    whole = answer.json()
    assert whole["phase"] == "open"
    assert whole["response_count"] == 7
    pages = whole["questionnaire"]["pages"]
    assert [q["id"] for p in pages for q in p["questions"]] == [q.id for q in BRIDGE.questions()]
    assert pages[0]["questions"][1]["conditions"] == [{"question": 2, "asks": "equals", "value": "12"}]
    assert (
        ana.get(
            f"/api/v1/consultations/{town['bridge']}", headers={"If-None-Match": answer.headers["etag"]}
        ).status_code
        == 304
    )
    assert ana.get("/api/v1/consultations?page=0").status_code == 422
    assert ana.get("/api/v1/consultations/999999").status_code == 404
    assert ana.get(f"/consultations/{town['bridge']}/questions/history").status_code == 200
