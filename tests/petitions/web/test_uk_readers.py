"""Programs that others wrote for the UK Parliament's petitions read this site: what they ask and expect, in our words.

A map colours constituencies by ``ons_code``, weighs them by population and links to sign. A dashboard parses every date in
the one form it knows. A list follows ``next`` to the end and passes on what it finds under the familiar names.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from petitions.importing import import_records
from petitions.model.petition import Petition
from petitions.model.sorting import PetitionTopic, Topic
from petitions.rules.debates import DebateState, DebateText
from tests.people import crowd
from tests.petitions.web.test_trail import debate
from tests.site import RunningSite

DATES = ("created_at", "updated_at", "rejected_at", "opened_at", "closed_at", "moderation_threshold_reached_at")
LATER = ("response_threshold_reached_at", "government_response_at", "debate_threshold_reached_at", "debate_outcome_at")


@pytest.fixture
def reader(site: RunningSite) -> Iterator[httpx.Client]:
    """From a page of another site."""
    with httpx.Client(base_url=site.base, timeout=30, headers={"origin": "https://map.example"}) as client:
        yield client


def get(reader: httpx.Client, path: str) -> Any:
    """As a browser lets a page of another site have it."""
    answer = reader.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["access-control-allow-origin"] == "*"
    return answer.json()


def instant(text: str) -> datetime:
    """The one form that they know, its Z a letter like any other."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def imported(site: RunningSite, source_id: int) -> int:
    places = [
        {"name": "Northmere East", "ons_code": "E14009901", "mp": "M. P. East", "signature_count": 400},
        {"name": "Northmere West", "ons_code": "E14009902", "mp": None, "signature_count": 90},
    ]
    attributes = {
        "action": "Reopen the branch line",
        "background": "It was shut in 1966.",
        "state": "closed",
        "signature_count": 500,
        "created_at": "2016-01-01T00:00:00.000Z",
        "opened_at": "2016-01-02T00:00:00.000Z",
        "closed_at": "2016-07-02T00:00:00.000Z",
        "signatures_by_constituency": places,
        "signatures_by_country": [{"name": "United Kingdom", "code": "GB", "signature_count": 490}],
    }
    record = {"type": "petition", "id": source_id, "attributes": attributes}
    import_records(site.town.database, [record], site.town.policy, site.town.now)
    (found,) = site.town.rows(Petition, Petition.source_id == str(source_id))
    return int(found.id)


def test_a_map_colours_weighs_and_links(site: RunningSite, reader: httpx.Client):
    petition = imported(site, 700_000 + site.port)
    told = get(reader, f"/petitions/{petition}.json")
    shown = told["data"]["attributes"]
    population = {"E14009901": 70_000, "E14009902": 80_000}
    weighed = {
        place["ons_code"]: place["signature_count"] / population[place["ons_code"]] * 10_000
        for place in shown["signatures_by_constituency"]
    }
    assert max(weighed, key=weighed.__getitem__) == "E14009901"
    highest = max(place["signature_count"] for place in shown["signatures_by_constituency"])
    assert (highest, f"{shown['signature_count']:,}", shown["action"]) == (400, "500", "Reopen the branch line")
    assert {place["mp"] for place in shown["signatures_by_constituency"]} == {"M. P. East", None}
    assert told["links"]["self"].removesuffix(".json") == f"{site.base}/petitions/{told['data']['id']}"


def test_a_dashboard_parses_every_date_in_the_one_form_it_knows(site: RunningSite, reader: httpx.Client):
    town = site.town
    petition = town.open_petition()
    town.sign(petition, *crowd(15, "dashboard"))
    town.answer(petition)
    debate(town, petition, DebateText(DebateState.SCHEDULED, town.now.date()), 0)
    debate(town, petition, DebateText(DebateState.OUTCOME, town.now.date(), "They agreed."), 1)
    shown = get(reader, f"/petitions/{petition}.json")["data"]["attributes"]
    read = {name: instant(shown[name]).date() for name in (*DATES, *LATER) if shown[name]}
    assert set(LATER) < set(read)
    days = ("closing_date", "scheduled_debate_date")
    closes, debated = (date.fromisoformat(shown[name]) for name in days)
    assert (closes > read["opened_at"], debated) == (True, town.now.date())
    assert date.fromisoformat(shown["debate"]["debated_on"]) == debated
    given = shown["government_response"]
    assert date.fromisoformat(given["responded_on"]) == town.now.date()
    assert all(instant(given[name]) for name in ("created_at", "updated_at"))
    with town.database.writing() as db:
        db.get_one(Petition, petition).closes_at = town.now - timedelta(hours=1)
    over = get(reader, f"/petitions/{petition}.json")["data"]["attributes"]
    assert over["closing_date"] is None, "then it falls back to the other"
    assert instant(over["closed_at"])


def test_a_list_is_followed_to_its_end(site: RunningSite, reader: httpx.Client):
    word = f"weir{site.port}"
    made = {site.town.open_petition(action=f"Mend the {word}, part {n}") for n in range(5)}
    page, found = get(reader, f"/petitions.json?q={word}&count=2"), list[dict[str, Any]]()
    assert page["links"]["prev"] is None
    while True:
        found += page["data"]
        if page["links"]["next"] is None:
            break
        page = get(reader, page["links"]["next"])
    assert page["links"]["self"] == page["links"]["last"]
    assert {item["id"] for item in found} == made
    assert len(found) == len(made)
    for item in found:
        assert item["type"] == "petition"
        assert get(reader, item["links"]["self"])["data"]["attributes"]["action"] == item["attributes"]["action"]


@pytest.mark.parametrize("count", ["0", "51", "-1", "many", "²", ""])
def test_a_page_of_another_size_than_there_is_has_25(site: RunningSite, reader: httpx.Client, count: str):
    assert "count" not in get(reader, f"/petitions.json?count={count}")["links"]["self"]


def test_what_trends_topics_and_counts_have_their_own_addresses(site: RunningSite, reader: httpx.Client):
    town, slug = site.town, f"rivers-{site.port}"
    petition = town.open_petition(action=f"Trend, river {site.port}")
    town.sign(petition, *crowd(9, "trend"))
    with town.database.writing() as db:
        topic = Topic(slug=slug, name="Rivers")
        db.add(topic)
        db.flush()
        db.add(PetitionTopic(petition_id=petition, topic_id=topic.id))
    site.house.site.dependencies["figures"].forget()
    trending = get(reader, "/trending.json")
    assert set(trending) == {"data", "links", "meta"}
    assert instant(trending["meta"]["updated_at"])
    assert 1 <= len(trending["data"]) <= 10
    mine = [item for item in trending["data"] if item["id"] == petition]
    assert [item["attributes"] for item in mine] in (
        [],
        [{"action": f"Trend, river {site.port}", "signature_count": 15}],
    )
    assert get(reader, "/topics.json")[slug] == {"code": slug, "name": "Rivers"}
    assert get(reader, f"/petitions/{petition}.json")["data"]["attributes"]["topics"] == [slug]
    assert get(reader, f"/petitions/{petition}/count.json")["signature_count"] == 15


def test_departments_that_help_stand_behind_the_one_that_leads(site: RunningSite, reader: httpx.Client):
    town = site.town
    petition = town.open_petition()
    town.sign(petition, *crowd(5, "helped"))
    town.department("lakes")
    town.sql(
        "INSERT INTO outcomes_support (referral_id, department_id, since) SELECT r.id, d.id, r.received_at "
        "FROM outcomes_referral r, departments_department d WHERE d.slug = 'lakes' AND r.subject_id = :p "
        "AND r.subject_kind = 'petition'",
        p=petition,
    )
    found = get(reader, f"/petitions/{petition}.json")["data"]["attributes"]["departments"]
    assert [(d["acronym"], d["name"]) for d in found] == [("parks", "Parks"), ("lakes", "Lakes")]
    assert all(reader.get(d["url"]).status_code == 200 for d in found)
