"""What programs read of petitions: the UK's shape, tables, feeds. Never a signer's name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from app.core.web.atom import NAMESPACE
from app.moderation.rules.standards import Verdict
from petitions.importing import import_records
from petitions.model.petition import Petition
from petitions.model.sorting import PetitionTopic, Topic
from petitions.rules.debates import DebateState, DebateText
from petitions.web import open_data
from tests.people import ANNA, PEDRO, SAM, crowd
from tests.petitions.web.test_trail import debate
from tests.site import RunningSite, Town

SAMPLE = Path(__file__).resolve().parents[4] / "shared" / "data" / "uk_petitions_sample.json"
NAMES = {"a": NAMESPACE}
INSTANTS = {"created_at", "updated_at", "opened_at", "closed_at", "rejected_at"} | {
    f"{what}_at"
    for what in (
        "moderation_threshold_reached",
        "response_threshold_reached",
        "government_response",
        "debate_threshold_reached",
        "debate_scheduled",
        "debate_outcome",
    )
}
SHAPE = INSTANTS | {
    "action",
    "background",
    "additional_details",
    "committee_note",
    "state",
    "signature_count",
    "closing_date",
    "creator_name",
    "scheduled_debate_date",
    "rejection",
    "government_response",
    "debate",
    "departments",
    "topics",
}
PLACES = {
    "signatures_by_country",
    "signatures_by_constituency",
    "signatures_by_region",
    "other_parliamentary_business",
}


@pytest.fixture
def program(site: RunningSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.base, timeout=30) as client:
        yield client


def attributes(program: httpx.Client, petition: int) -> dict[str, Any]:
    return program.get(f"/petitions/{petition}.json").json()["data"]["attributes"]


def row(site: RunningSite, petition: int, **values: Any) -> None:
    with site.town.database.writing() as db:
        found = db.get_one(Petition, petition)
        for name, value in values.items():
            setattr(found, name, value)


def table(answer: httpx.Response) -> list[dict[str, str]]:
    """As a spreadsheet reads it: UTF-8 with its mark."""
    assert answer.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def feed(program: httpx.Client, path: str) -> ET.Element:
    answer = program.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    return ET.fromstring(answer.content)


def entries(root: ET.Element, what: str) -> list[str | None]:
    return [entry.findtext(f"a:{what}", namespaces=NAMES) for entry in root.findall("a:entry", NAMES)]


# the UK's shape


def test_one_petition_has_every_name_the_uk_site_has(site: RunningSite, program: httpx.Client):
    found = attributes(program, site.town.open_petition())
    assert set(found) == SHAPE | PLACES
    assert found["creator_name"] == "Anna Example"
    assert found["departments"] == [{"acronym": "parks", "name": "Parks", "url": f"{site.base}/departments/parks"}]
    assert found["signatures_by_country"] == [{"name": "United Kingdom", "code": "GB", "signature_count": 6}]
    assert (found["signatures_by_constituency"], found["signatures_by_region"]) == ([], [])


def test_the_list_has_the_same_without_places(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition(action=f"Light the quay {site.port} by night")
    [item] = program.get("/petitions.json", params={"q": f"quay {site.port}"}).json()["data"]
    assert set(item["attributes"]) == SHAPE
    assert (item["type"], item["id"]) == ("petition", petition)
    assert item["links"] == {"self": f"{site.base}/petitions/{petition}.json"}


def test_instants_are_written_as_there(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition()
    row(site, petition, opened_at=datetime(2026, 3, 2, 12, 0, 7, 8_900, tzinfo=UTC))
    assert attributes(program, petition)["opened_at"] == "2026-03-02T12:00:07.008Z"


def test_a_closed_petition_names_nobody(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition()
    row(site, petition, closes_at=site.town.now - timedelta(hours=1))
    found = attributes(program, petition)
    assert (found["state"], found["creator_name"], found["closing_date"]) == ("closed", None, None)
    assert found["closed_at"], "the job has not said so yet, its hour has"


def test_topics_and_the_moderators_note_are_there(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition()
    row(site, petition, public_note="The park is the county's.", public_note_at=site.town.now)
    give_topic(site, petition, f"parks-{petition}")
    found = attributes(program, petition)
    assert (found["topics"], found["committee_note"]) == ([f"parks-{petition}"], "The park is the county's.")


def test_a_debate_has_its_links_and_its_day(site: RunningSite, program: httpx.Client):
    petition, town = site.town.open_petition(), site.town
    town.sign(petition, *crowd(14, f"debater{petition}"))
    day = town.now.date()
    debate(town, petition, DebateText(DebateState.SCHEDULED, day), 0)
    found = attributes(program, petition)
    assert (found["scheduled_debate_date"], found["debate"]) == (day.isoformat(), None)
    assert found["debate_scheduled_at"]
    assert program.get(f"/petitions/{petition}/count.json").json()["debated"] is False
    said = DebateText(DebateState.OUTCOME, day, "They agreed.", "https://hansard.parliament.uk/x")
    debate(town, petition, said, 1)
    assert attributes(program, petition)["debate"] == {
        "debated_on": day.isoformat(),
        "transcript_url": "https://hansard.parliament.uk/x",
        "video_url": None,
        "debate_pack_url": None,
        "public_engagement_url": None,
        "debate_summary_url": None,
        "overview": "They agreed.",
    }
    counts = program.get(f"/petitions/{petition}/count.json").json()
    assert (counts["debated"], counts["debate_scheduled_on"]) == (True, day.isoformat())


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the real petitions are not here (uk_petitions_sample.json)")
def test_a_real_petition_comes_out_as_it_went_in(site: RunningSite, program: httpx.Client):
    """What the source said, under the names it said it, for everything that was stated."""
    wanted = json.loads(SAMPLE.read_text())["petitions"]
    import_records(site.town.database, wanted, site.town.policy, site.town.now)
    for given in wanted:
        [stored] = site.town.rows(Petition, Petition.source_id == str(given["id"]))
        found = attributes(program, stored.id)
        stated = dict(given["attributes"])
        del stated["updated_at"]  # ours is when it changed here
        stated.setdefault("opened_at", stated.pop("open_at", None))  # its older name
        for name, value in stated.items():
            assert same(found[name], value), (given["id"], name)


def same(found: Any, given: Any) -> bool:
    """But for line ends, spaces side by side, and the order of places."""
    if isinstance(given, dict):
        ours = ("created_at", "updated_at")  # of an answer: when we had it
        return all(same(found[k], v) for k, v in given.items() if k not in ours)
    if isinstance(given, str) and isinstance(found, str):
        return found.split() == given.split()
    if isinstance(given, list):
        key = "code" if given and "code" in given[0] else "ons_code"
        return sorted(found, key=lambda r: r[key]) == sorted(given, key=lambda r: r[key])
    return found == given


# tables


def test_the_table_has_every_petition_under_the_filter_and_more_than_one_step(
    site: RunningSite, program: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(open_data, "A_STEP", 2)
    word = f"heron{site.port}x{site.town.open_petition()}"
    mine = [site.town.open_petition(action=f"Guard the {word} {n}") for n in range(5)]
    site.town.open_petition()
    answer = program.get("/petitions.csv", params={"q": word})
    assert answer.headers["content-disposition"] == 'attachment; filename="petitions.csv"'
    assert answer.headers["access-control-allow-origin"] == "*"
    rows = table(answer)
    assert [int(r["id"]) for r in rows] == mine
    assert tuple(rows[0]) == open_data.COLUMNS
    assert (rows[0]["state"], rows[0]["signature_count"], rows[0]["department"]) == ("open", "6", "parks")
    assert table(program.get("/petitions.csv", params={"q": word, "state": "rejected"})) == []


def test_no_cell_of_the_table_computes(site: RunningSite, program: httpx.Client):
    """An older system let people be called such things."""
    petition = site.town.open_petition(ANNA, background='Öffnet die Brücke, "bitte".')
    word = f"formula{petition}x{site.port}"
    row(site, petition, creator_name="@SUM(A1)", action=f"=1+1 {word}", additional_details="\t+1")
    [found] = [r for r in table(program.get("/petitions.csv")) if r["id"] == str(petition)]
    assert (found["creator_name"], found["action"]) == ("'@SUM(A1)", f"'=1+1 {word}")
    assert found["additional_details"] == "'\t+1"
    assert found["background"] == 'Öffnet die Brücke, "bitte".'


def test_the_history_counts_each_hour_of_the_clock_that_has_no_summer(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition()
    town, hour = site.town, site.town.now.replace(minute=0, second=0, microsecond=0)
    town.sign(petition, SAM)
    town.sql("UPDATE petitions_hour_count SET hour = :h WHERE petition_id = :p", h=stored(town, hour), p=petition)
    data = program.get(f"/petitions/{petition}/history.json").json()
    assert data == {
        "id": petition,
        "signature_count": 7,
        "imported_count": 0,
        "hours": [{"hour": f"{hour:%Y-%m-%dT%H:00:00Z}", "signatures": 7}],
    }
    assert table(program.get(f"/petitions/{petition}/history.csv")) == [
        {"hour": f"{hour:%Y-%m-%dT%H:00:00Z}", "signatures": "7"}
    ]


def stored(town: Town, instant: datetime) -> Any:
    return instant.replace(tzinfo=None).isoformat(" ") + ".000000" if town.database.is_sqlite else instant


# feeds


def test_the_feed_tells_of_the_newest_under_a_filter(site: RunningSite, program: httpx.Client):
    word = f"otter{site.port}y{site.town.open_petition()}"
    town = site.town
    older = town.open_petition(action=f"Count the {word} <b>in spring</b> & autumn", background="Nobody has.")
    newer = town.open_petition(action=f"Name the {word}")
    row(site, older, opened_at=town.now - timedelta(days=3), updated_at=town.now)
    give_topic(site, older, f"rivers-{older}")
    root = feed(program, f"/petitions.atom?q={word}")
    assert entries(root, "id") == [f"{site.base}/petitions/{newer}", f"{site.base}/petitions/{older}"]
    assert entries(root, "title")[1] == f"Count the {word} <b>in spring</b> & autumn"
    assert entries(root, "summary")[1] == "Nobody has."
    assert root.find("a:entry/a:category", NAMES).get("term") == f"rivers-{older}"  # type: ignore[union-attr]
    before = entries(root, "updated")
    town.sign(newer, SAM)
    assert entries(feed(program, f"/petitions.atom?q={word}"), "updated") == before, "a signature is no news"
    links = {link.get("rel"): link.get("href") for link in root.findall("a:link", NAMES)}
    assert links == {
        "self": f"{site.base}/petitions.atom?q={word}",
        "alternate": f"{site.base}/petitions?q={word}",
    }
    assert entries(feed(program, f"/petitions.atom?q={word}&state=rejected"), "id") == []
    assert entries(feed(program, f"/petitions.atom?q={word}&topic=rivers-{older}"), "id") == [
        f"{site.base}/petitions/{older}"
    ]


@pytest.mark.parametrize(
    "state",
    [
        "open",
        "closed",
        "rejected",
        "awaiting_response",
        "with_response",
        "awaiting_debate",
        "with_debate_outcome",
        "all",
    ],
)
def test_each_filter_of_the_list_is_a_feed(site: RunningSite, program: httpx.Client, state: str):
    root = feed(program, f"/petitions.atom?state={state}&sort=closing&page=7")
    assert root.findtext("a:id", namespaces=NAMES) == f"{site.base}/petitions.atom" + (
        f"?state={state}" if state != "open" else ""
    )
    assert root.findtext("a:updated", namespaces=NAMES)


def test_the_answer_to_a_petition_that_anna_withdrew_is_found_among_the_answered_ones(
    site: RunningSite, program: httpx.Client
):
    petition = site.town.open_petition(action="Let the orchard grow in peace")
    site.town.sign(petition, *crowd(4, f"orchard{petition}"))
    site.town.answer(petition)
    site.town.withdraw_petition(petition)
    asked = "q=orchard&state=with_response"
    assert f'href="/petitions/{petition}"' in program.get(f"/petitions?{asked}").text
    assert petition in [p["id"] for p in program.get(f"/petitions.json?{asked}").json()["data"]]
    assert petition in [p["id"] for p in program.get(f"/api/v1/petitions?{asked}").json()["petitions"]]
    assert f"{site.base}/petitions/{petition}" in entries(feed(program, f"/petitions.atom?{asked}"), "id")


def test_a_petitions_own_feed_is_its_story_with_lasting_names(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition()
    first = feed(program, f"/petitions/{petition}.atom")
    site.town.sign(petition, *crowd(4, f"follower{petition}"))
    site.town.answer(petition)
    root = feed(program, f"/petitions/{petition}.atom")
    assert entries(root, "title")[:2] == ["Answered by Parks", "Referred to Parks"]
    assert entries(root, "summary")[0] == "We will open on Sundays from May."
    assert set(entries(first, "id")) < set(entries(root, "id"))
    page = program.get(f"/petitions/{petition}").text
    for address in entries(root, "id"):
        assert f'id="{(address or "").partition("#")[2]}"' in page


# whose it is


def test_no_output_ever_names_a_signer(site: RunningSite, program: httpx.Client):
    """Anna started it and is named while it is open; nobody else is, nowhere, and after closing not even she."""
    town, secret = site.town, [p.but(name=f"Quillfeather {p.name}") for p in crowd(5, f"secret{site.port}")]
    petition = town.start(ANNA.but(name="Anna Bellweather"))
    town.sign(petition, *secret, sponsor=True)
    town.decide(petition)
    town.sign(petition, PEDRO.but(name="Quillfeather Pedro"), *crowd(4, f"quillfeather{petition}"))
    town.answer(petition)
    assert "Quillfeather" not in everything(program, petition)
    row(site, petition, closes_at=town.now - timedelta(hours=1))
    after = everything(program, petition)
    assert "quillfeather" not in after.lower()
    assert "@example" not in after
    data = "".join(everything_but_the_page(program, petition))
    assert "Bellweather" not in data
    assert attributes(program, petition)["signature_count"] == 11


def everything(program: httpx.Client, petition: int) -> str:
    return program.get(f"/petitions/{petition}").text + "".join(everything_but_the_page(program, petition))


def everything_but_the_page(program: httpx.Client, petition: int) -> Iterator[str]:
    own = f"/petitions/{petition}"
    for path in (
        *(own + end for end in (".json", ".atom", "/count.json", "/history.json", "/history.csv", "/qr.svg")),
        *(f"/api/v1{own}{end}" for end in ("", "/history", "/versions")),
        "/petitions.json?state=all",
        "/petitions.csv?state=all",
        "/petitions.atom?state=all",
        "/api/v1/petitions?state=all",
    ):
        answer = program.get(path)
        assert answer.status_code == 200, path
        yield answer.text


def test_what_is_hidden_or_not_public_yet_is_in_no_list(site: RunningSite, program: httpx.Client):
    word = f"heath{site.port}z{site.town.open_petition()}"
    town = site.town
    waiting = town.start(action=f"Mow the {word}")
    town.support(waiting)
    hidden = town.start(action=f"Burn the {word}")
    town.support(hidden)
    town.decide(hidden, Verdict.REJECT, reason="offensive")
    gone = town.open_petition(action=f"Sell the {word}")
    town.take_down(gone)
    for path in ("/petitions.json", "/petitions.csv", "/petitions.atom", "/api/v1/petitions"):
        said = program.get(path, params={"state": "all", "q": word}).text
        assert f"the {word}" not in said, path
    for end in (".json", ".atom", "/count.json", "/history.json"):
        assert [program.get(f"/petitions/{p}{end}").status_code for p in (waiting, hidden, gone)] == [404, 404, 410]


def give_topic(site: RunningSite, petition: int, slug: str) -> None:
    with site.town.database.writing() as db:
        topic = Topic(slug=slug, name=slug.replace("-", " ").title())
        db.add(topic)
        db.flush()
        db.add(PetitionTopic(petition_id=petition, topic_id=topic.id))
