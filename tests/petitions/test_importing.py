"""Petitions of another site arrive whole, once, and start nothing here."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest

from app.mail.model import Letter
from app.outcomes.model import Answer, Referral
from petitions import queries
from petitions.importing import BadRecord, Report, import_records, read_record, read_records
from petitions.model.petition import AreaCount, CountryCount, Crossing, Petition
from petitions.queries import Search
from petitions.rules.eligibility import PetitionClosed
from petitions.service.acts import Confirmed
from tests import databases
from tests.people import SAM
from tests.site import RunningSite, Town

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "uk_petitions_sample.json"
real = pytest.mark.skipif(not SAMPLE.is_file(), reason="the 53 real petitions are not here (uk_petitions_sample.json)")


def record(**attributes: Any) -> dict[str, Any]:
    given = {
        "action": "Keep the library open",
        "background": "We read.",
        "additional_details": "Every day.",
        "state": "open",
        "signature_count": 835,
        "created_at": "2026-01-02T03:04:05.678Z",
        "opened_at": "2026-01-09T00:00:00.000Z",
        "creator_name": None,
    }
    links = {"self": "https://petition.parliament.uk/petitions/4711.json"}
    return {"type": "petition", "id": 4711, "links": links, "attributes": given | attributes}


def bring(town: Town, *records: Any) -> Report:
    return import_records(town.database, records, town.policy, town.now)


def only(town: Town) -> Petition:
    (petition,) = town.rows(Petition)
    return petition


# the real ones


@real
def test_fifty_three_real_petitions_arrive_as_they_were_stated(town: Town):
    records = read_records(SAMPLE)
    report = bring(town, *records)
    assert (report.created, report.updated, report.unchanged, report.refused) == (53, 0, 0, [])
    stated = {str(r["id"]): r["attributes"] for r in records}
    stored = {p.source_id: p for p in town.rows(Petition)}
    assert set(stored) == set(stated)
    for source_id, petition in stored.items():
        said = stated[source_id or ""]
        assert petition.signature_count == petition.imported_count == said["signature_count"]
        assert petition.state == said["state"]
        assert petition.action == " ".join(said["action"].split())
        assert (petition.answered_at is not None) == bool(said.get("government_response"))
    answered = [s for s in stated.values() if s.get("government_response")]
    referrals = town.rows(Referral)
    assert Counter((r.state, r.imported) for r in referrals) == {("answered", True): len(answered)}
    assert {a.summary for a in town.rows(Answer)} == {
        " ".join(s["government_response"]["summary"].split()) for s in answered
    }
    assert town.broken() == {}


@real
def test_the_same_file_again_changes_nothing(town: Town):
    records = read_records(SAMPLE)
    bring(town, *records)
    before = {p.id: (p.signature_count, p.updated_at) for p in town.rows(Petition)}
    report = bring(town, *records)
    assert (report.created, report.updated, report.unchanged, report.refused) == (0, 0, 53, [])
    assert {p.id: (p.signature_count, p.updated_at) for p in town.rows(Petition)} == before
    assert len(town.rows(Answer)) == len(town.rows(Referral))


@real
def test_they_send_no_letter_cross_no_threshold_and_start_no_clock(town: Town):
    bring(town, *read_records(SAMPLE))
    states = Counter(p.state for p in town.rows(Petition))
    town.work()
    assert town.rows(Letter) == []
    assert town.rows(Crossing) == []
    assert [r for r in town.rows(Referral) if r.due_at is not None or r.state != "answered"] == []
    assert Counter(p.state for p in town.rows(Petition)) == states


@real
def test_places_are_kept_where_the_source_gave_them(sqlite_town: Town):
    bring(sqlite_town, *read_records(SAMPLE))
    (petition,) = sqlite_town.rows(Petition, Petition.source_id == "200045")
    said = next(r for r in read_records(SAMPLE) if r["id"] == 200045)["attributes"]
    areas = sqlite_town.rows(AreaCount, AreaCount.petition_id == petition.id)
    assert {a.code: a.imported for a in areas} == {
        r["ons_code"]: r["signature_count"] for r in said["signatures_by_constituency"]
    }
    countries = sqlite_town.rows(CountryCount, CountryCount.petition_id == petition.id)
    assert sum(c.imported for c in countries) <= petition.signature_count
    assert next(c for c in countries if c.country == "GB").imported > 0


@real
def test_a_word_of_a_title_finds_it(town: Town):
    bring(town, *read_records(SAMPLE))
    for petition in town.rows(Petition)[::9]:
        word = max(petition.action.split(), key=lambda w: (w.isalpha(), len(w)))
        with town.database.reading() as db:
            found, total = queries.listed(db, Search(q=word, state="all"), offset=0, most=60, now=town.now)
        assert total == len(found)
        assert petition.id in {p.id for p in found} or petition.state == "hidden", word


@pytest.fixture(scope="module")
def borrowed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A running site with the real petitions."""
    folder = tmp_path_factory.mktemp("borrowed")
    with databases.sqlite_copy(sqlite_template, folder) as database, RunningSite(database, folder) as site:
        bring(site.town, *read_records(SAMPLE))
        yield site


@real
def test_they_list_search_and_open_as_pages_and_as_json(borrowed: RunningSite):
    stated = {str(r["id"]): r["attributes"] for r in read_records(SAMPLE)}
    with borrowed.client() as client:
        listed: list[dict[str, Any]] = []
        path: str | None = "/petitions.json?state=all"
        while path:
            answer = client.get(path).json()
            listed += answer["data"]
            path = answer["links"]["next"]
        assert len(listed) == 53
        assert Counter(p["attributes"]["state"] for p in listed) == Counter(a["state"] for a in stated.values())
        counts = [p["attributes"]["signature_count"] for p in listed]
        assert (
            counts
            == sorted(counts, reverse=True)
            == sorted((a["signature_count"] for a in stated.values()), reverse=True)
        )
        for page in ("/petitions?state=all", "/petitions?state=all&page=3", "/petitions?q=brexit&state=all", "/"):
            assert client.get(page).status_code == 200
        for shown in listed:
            page = client.get(f"/petitions/{shown['id']}")
            assert page.status_code == 200
            data = client.get(f"/petitions/{shown['id']}.json").json()["data"]["attributes"]
            assert data["action"] == shown["attributes"]["action"]
            count = client.get(f"/petitions/{shown['id']}/count.json").json()
            assert count["signature_count"] == data["signature_count"]


@real
def test_their_answers_are_read_in_full(borrowed: RunningSite):
    with borrowed.client() as client:
        answered = client.get("/petitions.json?state=with_response").json()["data"]
        assert answered
        for shown in answered:
            response = shown["attributes"]["government_response"]
            assert response["summary"]
            page = client.get(f"/petitions/{shown['id']}").text
            assert (
                response["summary"][:30].replace("'", "&#39;").replace("&", "&amp;").replace("&amp;#39;", "&#39;")
                in page
            )


# shapes


@pytest.mark.parametrize(
    "shape",
    [
        record(),
        [record()],
        {"petitions": [record()]},
        {"data": [record()], "links": {}},
        {"data": record(), "links": {}},
        {"petitions": record()},
    ],
    ids=["one", "list", "petitions", "data", "one-as-data", "one-as-petitions"],
)
def test_each_shape_of_the_public_json_is_read(sqlite_town: Town, tmp_path: Path, shape: Any):
    file = tmp_path / "petitions.json"
    file.write_text("\ufeff" + json.dumps(shape), encoding="utf-8")
    assert bring(sqlite_town, *read_records(file)).created == 1
    assert only(sqlite_town).signature_count == 835


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not valid JSON"),
        (b"{'a': 1}", "not valid JSON (line 1, column 2)"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"data": "\xff"}', "not UTF-8 text (byte 10)"),
        (b"42", "holds no petitions"),
        (b'"petitions"', "holds no petitions"),
    ],
)
def test_a_file_that_is_none_of_them_is_refused_in_words(tmp_path: Path, content: bytes, said: str):
    file = tmp_path / "petitions.json"
    file.write_bytes(content)
    with pytest.raises(click.ClickException) as refused:
        read_records(file)
    assert said in refused.value.message
    assert "\n" not in refused.value.message


# broken records


def broken(**attributes: Any) -> dict[str, Any]:
    return record(**attributes) | {"id": 13}


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ("not a petition", "it is not an object"),
        (None, "it is not an object"),
        ({"id": 13}, "it has no attributes"),
        ({"id": 13, "attributes": []}, "it has no attributes"),
        (record() | {"id": None}, "it has no id"),
        (record() | {"id": True}, "it has no id"),
        (record() | {"id": "x" * 41}, "its id is too long"),
        (broken(state="sponsored"), "state 'sponsored' is none of open, closed, rejected"),
        (broken(signature_count=-1), "signature_count is not a whole number"),
        (broken(signature_count="835"), "signature_count is not a whole number"),
        (broken(signature_count=True), "signature_count is not a whole number"),
        (broken(signature_count=3e9), "signature_count is not a whole number"),
        (broken(action=None), "action is missing"),
        (broken(action="\u200b "), "action is missing"),
        (broken(action=["a"]), "a text is not a text"),
        (broken(action="a" * 201), "longer than 200 characters"),
        (broken(background=7), "background is not a text"),
        (broken(background="b" * 20_001), "background is not a text"),
        (broken(created_at=None, opened_at=None), "created_at is missing"),
        (broken(created_at="yesterday"), "created_at is not a date: 'yesterday'"),
        (broken(created_at=5), "created_at is not a date: 5"),
        (broken(closed_at="0001-01-01"), "closed_at is in no plausible year"),
        (broken(debate={"overview": "\ud800"}), "what is no text"),
        (broken(debate={"video": float("nan")}), "what is no text"),
        (broken(state="rejected", rejection={"code": "c" * 41}), "longer than 40 characters"),
        (
            broken(signatures_by_constituency=[{"ons_code": "E1", "name": "Here", "signature_count": 10**30}]),
            "its count in 'Here' is not a plausible number",
        ),
        (
            broken(signatures_by_country=[{"code": "GB", "name": "UK", "signature_count": 900}]),
            "its countries have more signatures than it has in all",
        ),
    ],
)
def test_a_broken_record_is_named_with_its_reason_and_the_others_arrive(sqlite_town: Town, spoilt: Any, reason: str):
    report = bring(sqlite_town, record(), spoilt, record() | {"id": 4712})
    assert report.created == 2
    ((name, said),) = report.refused
    assert name.startswith("record 2")
    assert reason in said


@pytest.mark.parametrize("sign", ["\ud800", "\x00"])
def test_a_sign_that_no_database_takes_is_left_out_of_a_place_and_an_address(town: Town, sign: str):
    place = {"ons_code": f"E1{sign}", "name": f"Here{sign}", "mp": f"Ann{sign}", "signature_count": 3}
    spoilt = record(signatures_by_constituency=[place]) | {"links": {"self": f"https://example.org/{sign}"}}
    assert bring(town, spoilt, record() | {"id": 4712}).created == 2
    assert bring(town, spoilt).unchanged == 1
    (here,) = town.rows(AreaCount)
    assert (here.code, here.name, here.representative, here.imported) == ("E1", "Here", "Ann", 3)
    assert "source_url" not in town.petition(here.petition_id).source_facts


# what an import means here


def test_an_open_petition_with_an_unknown_closing_day_is_shown_and_not_signable(town: Town):
    bring(town, record())
    petition = only(town)
    assert (petition.state, petition.closes_at) == ("open", None)
    assert isinstance(town.perform([town.request_act(petition.id, SAM)])[0], PetitionClosed)
    with town.database.reading() as db:
        assert queries.listed(db, Search(), offset=0, most=5, now=town.now)[1] == 1


def test_an_open_petition_whose_time_is_over_stays_as_it_was_stated(town: Town):
    bring(town, record(closing_date="2026-02-01T00:00:00Z"))
    petition = only(town)
    town.work()
    assert town.petition(petition.id).state == "open"
    assert isinstance(town.perform([town.request_act(petition.id, SAM)])[0], PetitionClosed)


def test_signatures_given_here_stand_on_the_stated_baseline(town: Town):
    bring(town, record(closing_date="2026-06-01T00:00:00Z", signatures_by_country=[_gb(800)]))
    petition = only(town)
    town.sign(petition.id, SAM)
    assert town.count(petition.id) == 836
    report = bring(
        town, record(closing_date="2026-06-01T00:00:00Z", signature_count=900, signatures_by_country=[_gb(850)])
    )
    assert report.updated == 1
    found = town.petition(petition.id)
    assert (found.imported_count, found.signature_count) == (900, 901)
    (country,) = town.rows(CountryCount)
    assert (country.imported, country.validated) == (850, 1)
    assert town.broken() == {}


def test_what_the_source_corrects_is_corrected_here(town: Town):
    answer = {"summary": "No.", "details": "Too dear.", "responded_on": "2026-02-01"}
    areas = [{"ons_code": "E1", "name": "Here", "signature_count": 10}]
    first = record(government_response=answer, signatures_by_constituency=areas)
    bring(town, first)
    again = copy.deepcopy(first)
    assert bring(town, again).unchanged == 1
    again["attributes"]["government_response"]["details"] = "Too dear, and too late."
    assert bring(town, again).updated == 1
    assert [(a.version, a.details) for a in sorted(town.rows(Answer), key=lambda a: a.version)] == [
        (1, "Too dear."),
        (2, "Too dear, and too late."),
    ]
    again["attributes"]["signatures_by_constituency"][0]["signature_count"] = 11
    assert bring(town, again).updated == 1
    assert [a.imported for a in town.rows(AreaCount)] == [11]
    assert bring(town, again).unchanged == 1
    assert town.broken() == {}


def test_a_source_says_a_day_and_it_is_that_day_in_utc():
    facts = read_record(record(government_response={"summary": "Yes.", "details": "", "responded_on": "2026-02-01"}))
    assert facts.response == (datetime(2026, 2, 1, tzinfo=UTC), "Yes.", "")
    with pytest.raises(BadRecord):
        read_record(record(opened_at="32 January"))


@real
def test_facts_of_another_kind_than_the_sources_are_left_out(borrowed: RunningSite):
    bring(borrowed.town, record(debate="yes", topics={"a": 1}, committee_note=5, scheduled_debate_date=7) | {"id": 1})
    (petition,) = borrowed.town.rows(Petition, Petition.source_id == "1")
    with borrowed.client() as client:
        for path in ("", ".json", "/count.json"):
            assert client.get(f"/petitions/{petition.id}{path}").status_code == 200


def test_hostile_texts_arrive_as_texts(sqlite_town: Town):
    bring(sqlite_town, record(action="<script>alert(1)</script> \u202eopen", background="=SUM(A1)\x00"))
    assert only(sqlite_town).action == "<script>alert(1)</script> open"
    assert only(sqlite_town).background == "=SUM(A1)"
    assert not [a for a in sqlite_town.perform([]) if isinstance(a, Confirmed)]


def _gb(count: int) -> dict[str, Any]:
    return {"code": "GB", "name": "United Kingdom", "signature_count": count}
