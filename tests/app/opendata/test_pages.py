"""Open data over HTTP: the page, live tables, dumps in parts, pages inside pages, oEmbed."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.opendata.offer import OpenData
from app.opendata.service.writing import write_now
from app.opendata.shelf import Shelf
from petitions.model.petition import Petition
from tests.app.opendata.lively import FORMULA
from tests.consultations.asking import Asking
from tests.people import crowd
from tests.site import ADMINISTRATOR, RunningSite
from tests.townhall.meeting import Meeting
from townhall.rules.lifecycle import HallState


@pytest.fixture
def reader(site: RunningSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.base, timeout=30) as client:
        yield client


def offer(site: RunningSite) -> OpenData:
    found: OpenData = site.house.site.dependencies["open_data"]
    return found


def dump(site: RunningSite) -> str:
    """A new one; its name."""
    site.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]
    found, now = offer(site), site.clock.now
    return write_now(found.writing(now()), site.town.database.reading, lambda *_: None, now).name


def change(site: RunningSite, petition: int, **values: Any) -> None:
    with site.town.database.writing() as db:
        for name, value in values.items():
            setattr(db.get_one(Petition, petition), name, value)


# tables


def test_a_live_table_leads_to_what_it_means(site: RunningSite, reader: httpx.Client):
    petition = site.town.open_petition(action=FORMULA)
    answer = reader.get("/data/petitions.csv")
    assert answer.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert 'rel="license"' in answer.headers["link"]
    (address,) = re.findall(r'<([^>]+)>; rel="describedby"', answer.headers["link"])
    said = reader.get(address)
    assert said.headers["content-type"] == "application/csvm+json"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert list(rows[0]) == [column["name"] for column in said.json()["tableSchema"]["columns"]]
    assert {row["action"] for row in rows if row["id"] == str(petition)} == {"'" + FORMULA}


def test_json_lines_hold_the_same(site: RunningSite, reader: httpx.Client):
    petition = site.town.open_petition(action=FORMULA)
    answer = reader.get("/data/petitions.jsonl")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["action"] for line in lines if line["id"] == petition] == [FORMULA]


@pytest.mark.parametrize(
    "path",
    [
        "nothing.csv",
        "petitions",
        "petitions.xlsx",
        "petitions.csv.gz",
        "..%2fdumps.csv",
        ".csv",
        "petitions.csv-metadata.jso",
    ],
)
def test_what_is_no_table_is_not_found(sqlite_site: RunningSite, path: str):
    with sqlite_site.client() as reader:
        assert reader.get(f"/data/{path}").status_code == 404


def test_the_page_lists_every_table_and_feed(site: RunningSite, reader: httpx.Client):
    name, page = dump(site), reader.get("/data")
    assert page.status_code == 200
    for dataset in offer(site).datasets:
        assert f'href="/data/{dataset.key}.csv"' in page.text
    assert "Creative Commons" in page.text
    for feed in re.findall(r'<li><a class="govuk-link" href="(/[^"]+)">[^<]+</a> \(', page.text):
        assert reader.get(unescape(feed)).status_code == 200, feed
    assert reader.get("/data/catalog.jsonld").json()["dcat:dataset"]
    assert name in reader.get("/data/dumps").text


# dumps


def test_every_address_of_the_catalogue_answers_the_portal_that_checks_it(site: RunningSite, reader: httpx.Client):
    found = set(re.findall(rf'"({re.escape(site.base)}[^"]*)"', reader.get("/data/catalog.jsonld").text))
    pages = [address for address in found if not address.endswith((".csv", ".jsonl", ".gz"))]
    assert f"{site.base}/api/v1" in pages
    assert {address: reader.get(address, follow_redirects=True).status_code for address in pages} == dict.fromkeys(
        pages, 200
    )


def test_a_download_is_taken_up_where_it_broke_off(site: RunningSite, reader: httpx.Client):
    path = f"/data/dumps/{dump(site)}/departments.jsonl.gz"
    whole = reader.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in whole.headers
    assert gzip.decompress(whole.content)
    begin, tag = whole.content[:7], whole.headers["etag"]
    rest = reader.get(path, headers={"range": "bytes=7-", "if-range": tag})
    assert (rest.status_code, begin + rest.content) == (206, whole.content)
    assert rest.headers["content-range"] == f"bytes 7-{len(whole.content) - 1}/{len(whole.content)}"
    other = reader.get(path, headers={"range": "bytes=7-", "if-range": '"another"'})
    assert (other.status_code, other.content) == (200, whole.content)
    behind = reader.get(path, headers={"range": f"bytes={len(whole.content)}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(whole.content)}")
    assert reader.get(path, headers={"if-none-match": tag}).status_code == 304
    head = reader.head(path)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(whole.content)), b"")


def test_the_latest_leads_to_the_newest(site: RunningSite, reader: httpx.Client):
    first, second = dump(site), dump(site)
    assert first < second
    answer = reader.get("/data/dumps/latest/petitions.csv")
    assert (answer.status_code, answer.headers["location"]) == (307, f"/data/dumps/{second}/petitions.csv")
    manifest = reader.get(f"/data/dumps/{second}/manifest.json").json()
    assert manifest["name"] == second


@pytest.mark.parametrize(
    "path",
    [
        "{name}/..%2f.lock",
        "{name}/.lock",
        "{name}/nothing.csv",
        "20200101T000000Z/petitions.csv",
        "..%2ffiles/x",
        ".lock/x",
    ],
)
def test_nothing_but_files_of_a_manifest_is_given_out(sqlite_site: RunningSite, path: str):
    name = dump(sqlite_site)
    with sqlite_site.client() as reader:
        assert reader.get(f"/data/dumps/{path.format(name=name)}").status_code == 404


def test_everybody_is_told_that_a_dump_is_late(
    sqlite_site: RunningSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    site, found = sqlite_site, offer(sqlite_site)
    site.town.staff(ADMINISTRATOR, "administrator")
    policy = replace(found.policy, dump_at=time(2, 30), folder=tmp_path)
    mine = replace(found, policy=policy, shelf=Shelf(tmp_path))
    monkeypatch.setitem(site.house.site.dependencies, "open_data", mine)
    now = site.clock.now()
    with site.signed_in(ADMINISTRATOR) as ada:
        assert "No dump has been made yet" in ada.get("/admin").text
        for age, is_late in ((timedelta(days=3), True), (timedelta(hours=1), False)):
            write_now(mine.writing(now - age), site.town.database.reading, lambda *_: None, site.clock.now)
            assert ("dump is late" in ada.get("/admin").text) == is_late
            assert ("No dump was finished" in ada.get("/admin/data").text) == is_late
            assert ("The next dump is late" in ada.get("/data").text) == is_late
            assert ("The next one is late" in ada.get("/data/dumps").text) == is_late


# pages inside pages


def test_a_page_for_other_pages_does_nothing_and_knows_nobody(site: RunningSite, reader: httpx.Client):
    petition = site.town.open_petition(action="Light <b>the quay</b> & the mole by night")
    site.town.sign(petition, *crowd(3, "embed"))
    page = reader.get(f"/embed/petitions/{petition}", headers={"cookie": "session=whoever"})
    assert "set-cookie" not in page.headers
    assert "x-frame-options" not in page.headers
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "form-action 'none'", "base-uri 'none'", "frame-ancestors *"} < set(policy)
    assert "Light &lt;b&gt;the quay&lt;/b&gt; &amp; the mole by night" in page.text
    assert "<strong>9</strong> signatures" in page.text
    for thing in ("<script", "<form", "<input", "<button", "<img", "<iframe", "http-equiv", " on"):
        assert thing not in re.sub(r"<style>.*?</style>", "", page.text, flags=re.DOTALL).replace(" on ", "")
    links = re.findall(r'<a href="([^"]+)" target="_blank" rel="noopener">', page.text)
    assert links == [f"{site.base}/petitions/{petition}"]
    assert page.text.count("<a ") == 1


def test_every_other_page_may_be_in_no_frame(site: RunningSite, reader: httpx.Client):
    petition = site.town.open_petition()
    for path in (
        "/",
        f"/petitions/{petition}",
        f"/petitions/{petition}/sign",
        "/sign-in",
        "/data",
        "/data/petitions.csv",
        "/nowhere",
        "/embed/petitions/0",
        f"/oembed?url={site.base}/petitions/{petition}",
    ):
        answer = reader.get(path)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-frame-options"] == "DENY", path


def test_what_nobody_may_read_is_embedded_nowhere(site: RunningSite, reader: httpx.Client):
    town = site.town
    waiting, hidden = town.start(), town.open_petition()
    town.take_down(hidden)
    for path in (
        f"petitions/{waiting}",
        f"petitions/{hidden}",
        "petitions/999999",
        "accounts/1",
        "petitions/99999999999999999999",
    ):
        assert reader.get(f"/embed/{path}").status_code == 404, path
        assert reader.get(f"/oembed?url={site.base}/{path}").status_code == 404, path


def test_a_look_is_one_of_few(site: RunningSite, reader: httpx.Client):
    path = f"/embed/petitions/{site.town.open_petition()}"
    assert '<html lang="en" class="dark">' in reader.get(f"{path}?theme=dark&lang=en").text
    for query in ("theme=blue", "theme=dark&theme=dark", "lang=xx", "x=1", "theme=dark%22%3E"):
        assert reader.get(f"{path}?{query}").status_code == 404, query


def test_consultations_and_halls_can_be_shown_too(site: RunningSite, reader: httpx.Client):
    asking, meeting = Asking(site.town, "ferries"), Meeting(site.town, "harbour")
    open_one = asking.published(title="A new ferry", response_count=7)
    silent = asking.published(title="An old ferry", hides_results=True, response_count=7)
    page = reader.get(f"/embed/consultations/{open_one}").text
    assert "<strong>27</strong> days left to answer" in page
    assert "7 responses so far" in page
    assert "7 responses" not in reader.get(f"/embed/consultations/{silent}").text
    site.town.sql(f"UPDATE consultations_consultation SET response_count = 0 WHERE id IN ({open_one}, {silent})")
    hall = meeting.hall(HallState.SCHEDULED, title="The harbour at night", venue="Pier 2")
    page = reader.get(f"/embed/townhalls/{hall}").text
    assert "The harbour at night" in page
    assert "Pier 2" in page
    assert reader.get(f"/embed/townhalls/{meeting.hall(HallState.DRAFT)}").status_code == 404


def test_the_page_of_a_petition_has_the_line_to_paste(site: RunningSite, reader: httpx.Client):
    petition = site.town.open_petition(action='Say "yes" to <i>owls</i>')
    page = reader.get(f"/petitions/{petition}").text
    (code,) = re.findall(r'id="embed-code"[^>]*>([^<]*)</textarea>', page)
    assert f'src="{site.base}/embed/petitions/{petition}"' in unescape(code)
    assert 'loading="lazy"' in unescape(code)
    (link,) = re.findall(r'type="application/json\+oembed" href="([^"]+)"', page)
    found = reader.get(unescape(link)).json()
    assert (found["type"], found["version"], found["title"]) == ("rich", "1.0", 'Say "yes" to <i>owls</i>')
    assert f"{site.base}/embed/petitions/{petition}" in found["html"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("url={page}&format=xml", 501),
        ("url={page}&maxwidth=wide", 400),
        ("url={page}&maxwidth=-5", 400),
        ("url={page}&maxheight=20", 404),
        ("url=https://evil.example/petitions/1", 404),
        ("url={page}/sign", 404),
        ("url={page}&maxwidth=300&maxheight=9999", 200),
    ],
)
def test_programs_that_ask_are_answered_as_the_standard_has_it(
    site: RunningSite, reader: httpx.Client, query: str, status: int
):
    page = quote(f"{site.base}/petitions/{site.town.open_petition()}", safe="")
    answer = reader.get(f"/oembed?{query.format(page=page)}")
    assert answer.status_code == status
    if status == 200:
        assert (answer.json()["width"], answer.json()["height"]) == (300, 250)
    else:
        assert (answer.headers["content-type"], answer.json()["status"]) == ("application/problem+json", status)


# what search engines read


def islands(page: str) -> list[dict[str, Any]]:
    return [
        json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    ]


def test_pages_say_what_they_are_about_and_no_title_breaks_out(site: RunningSite, reader: httpx.Client):
    action = "Close </script><script>alert(1)</script> & <!-- go"
    petition = site.town.open_petition(action=action)
    (said,) = islands(reader.get(f"/petitions/{petition}").text)
    assert (said["@type"], said["name"]) == ("CreativeWork", action)
    assert said["interactionStatistic"]["userInteractionCount"] == 6
    assert "Anna" not in json.dumps(said)
    hall = Meeting(site.town, "mole").hall(HallState.SCHEDULED)
    (event,) = islands(reader.get(f"/townhalls/{hall}").text)
    assert (event["@type"], event["organizer"]["name"]) == ("Event", "Mole")
    (office,) = islands(reader.get("/departments/mole").text)
    assert (office["@type"], office["name"]) == ("GovernmentOrganization", "Mole")
