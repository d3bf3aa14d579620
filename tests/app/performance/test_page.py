"""The page of figures: charts beside tables, what each means, and the same for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from app.core.db import Database
from app.opendata.contribution import At, Row
from app.performance.model import StepCount
from app.performance.rules.opinions import Grade
from app.performance.rules.uptime import A_MINUTE, Heart
from app.performance.service import beating, counting, opining
from app.performance.service.rolling import Rolling
from app.performance.web import datasets
from petitions.queries.measured import SATISFACTION, SIGNING
from tests import databases
from tests.people import crowd
from tests.site import RunningSite

MEASURES = ("signing-completion", "moderation-times", "hall-places-filled", "responses-sent", "answers-on-time")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A site of its own, with its page cache."""
    folder = tmp_path_factory.mktemp("figures")
    if request.param == "sqlite":
        with databases.sqlite_copy(request.getfixturevalue("sqlite_template"), folder) as database:
            yield from _running(database, folder)
    else:
        with request.getfixturevalue("postgres_server").copy() as database:
            yield from _running(database, folder)


def _running(database: Database, folder) -> Iterator[RunningSite]:
    with RunningSite(database, folder) as site:
        yield site


@pytest.fixture(scope="module")
def lively(fresh: RunningSite) -> RunningSite:
    """The same site later: people signed, said how it was, and the figures of a round are there."""
    town, zone = fresh.town, fresh.town.settings.zone
    petition = town.open_petition()
    asked = town.request(petition, *crowd(20, "lively"))
    town.confirm(*asked[:15])
    begin = town.now - timedelta(hours=3)

    def live(db):
        for minute in range(150):
            beating.beat(db, Heart.PAGES, begin + minute * A_MINUTE, read_only=minute < 10)
        for number in range(12):
            grade = Grade.VERY_SATISFIED if number < 9 else Grade.DISSATISFIED
            opining.say(db, SATISFACTION, number, grade, town.now, zone)
        counting.empty(db, town.site.tally)

    town.database.retrying(live)
    rolling = Rolling(town.site.measures, zone)
    while town.database.retrying(lambda db: rolling.step(db, town.now)):
        pass
    return fresh


@pytest.fixture
def reader(fresh: RunningSite) -> Iterator[httpx.Client]:
    with fresh.client() as client:
        yield client


def table(page: httpx.Response) -> list[dict[str, str]]:
    assert page.status_code == 200, page.text
    return list(csv.DictReader(io.StringIO(page.text.removeprefix("\ufeff"))))


def test_a_site_that_has_just_begun_claims_nothing(fresh: RunningSite, reader: httpx.Client):
    page = reader.get("/performance")
    assert page.status_code == 200
    for words in ("Not known yet", "Nothing to count yet.", "Nobody has said yet.", "Not tested yet"):
        assert words in page.text, words
    assert "100%" not in page.text
    assert reader.get("/performance.json").json()["accessibility"] is None
    assert "Not tested yet" in reader.get("/accessibility").text
    for dataset in datasets.datasets(fresh.town.site.measures, fresh.town.site.askings):
        answer = reader.get(dataset.path)
        assert answer.text.removeprefix("\ufeff").splitlines()[0] == ",".join(c.name for c in dataset.columns)
        assert answer.headers["access-control-allow-origin"] == "*"
    for nothing in ("/performance/nothing.csv", "/performance/uptime", "/performance/uptime.json"):
        assert reader.get(nothing).status_code == 404


def test_the_form_is_counted_where_it_leaves_the_page_cache(fresh: RunningSite, reader: httpx.Client):
    town = fresh.town
    petition = town.open_petition()
    town.site.tally.take()
    for _often in range(3):
        assert reader.get(f"/petitions/{petition}/sign").status_code == 200
    reader.head(f"/petitions/{petition}/sign")
    town.database.retrying(lambda db: counting.empty(db, town.site.tally))
    opened = town.rows(StepCount, StepCount.journey == SIGNING, StepCount.step == "opened")
    assert [row.times for row in opened] == [3]
    assert fresh.house.cache.hits >= 2


def test_a_lively_site_shows_its_figures_and_where_they_are_from(lively: RunningSite, reader: httpx.Client):
    page = reader.get("/performance")
    for words in ("75.0%", "15 of 20", "10 more were announced as read-only", "of 12 people who said"):
        assert words in page.text, words
    for key in MEASURES:
        assert f'id="{key}"' in page.text
        assert f"/performance/{key}.csv" in page.text
    assert page.headers["cache-control"].startswith("public")
    assert "set-cookie" not in page.headers
    week = [row for row in table(reader.get("/performance/signing-completion.csv")) if row["period"] == "week"][-1]
    assert (week["part"], week["whole"], week["share"], week["withheld"]) == ("15", "20", "75.00", "false")
    found = reader.get("/performance.json").json()
    assert found["uptime"]["pages"]["lately"]["read_only"] == 10
    (signing,) = [m for m in found["measures"] if m["key"] == "signing-completion"]
    assert signing["lately"]["share"] == 75.0
    assert signing["definition"]
    (said,) = [o for o in found["satisfaction"] if o["key"] == SATISFACTION]
    assert (said["size"], said["share"]) == (12, 75.0)
    months = table(reader.get(f"/performance/{SATISFACTION}.csv"))
    assert (months[0]["very_satisfied"], months[0]["people"], months[0]["withheld"]) == ("9", "12", "false")


def test_the_same_rows_are_open_data(lively: RunningSite):
    town = lively.town
    at = At(town.now, town.settings.zone, lively.base)
    read = {}
    for dataset in (d for d in town.site.datasets if d.page == "/performance"):
        rows: list[Row] = []
        with town.database.reading() as db:
            some = dataset.rows(db, at, None, 100)
            rows += some.rows
            while some.cursor is not None:
                some = dataset.rows(db, at, some.cursor, 100)
                rows += some.rows
        assert all(len(row) == len(dataset.columns) for row in rows)
        read[dataset.key] = [dict(zip((c.name for c in dataset.columns), row, strict=True)) for row in rows]
    signing = [row for row in read["service-figures"] if row["measure"] == "signing-completion"]
    assert (signing[-1]["part"], signing[-1]["share"], signing[-1]["withheld"]) == (15, Decimal("75.00"), False)
    assert {row["what"] for row in read["service-uptime"]} == {"pages"}
    assert read["service-satisfaction"][0]["people"] == 12
    assert all(isinstance(row["times"], int) or row["withheld"] for row in read["service-steps"])


def test_figures_of_few_are_withheld_everywhere(lively: RunningSite, reader: httpx.Client):
    rows = table(reader.get("/performance/petitions-checked-in-time.csv"))
    assert {(r["part"], r["whole"], r["share"], r["withheld"]) for r in rows} == {("", "", "", "true")}
    (measure,) = [
        m for m in reader.get("/performance.json").json()["measures"] if m["key"] == "petitions-checked-in-time"
    ]
    assert set(measure["lately"]) == {"period", "first_day", "last_day", "withheld"}
    assert "fewer than 10" in reader.get("/performance").text


def test_metrics_and_figures_name_nobody(lively: RunningSite, reader: httpx.Client):
    person = crowd(1, "lively")[0]
    for path in ("/metrics", "/performance", "/performance.json", "/performance/steps.csv"):
        text = reader.get(path).text
        assert person.email not in text
        assert person.name not in text
