"""The page of results, the same as data and for programs, and how a browser is told of it."""

from __future__ import annotations

import html
import re
import time
from urllib.parse import quote
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.site import RunningSite

WORD = "zillah"


@pytest.fixture(scope="module")
def filled(sqlite_site: RunningSite) -> RunningSite:
    town = sqlite_site.town
    town.open_petition(action="Mend <i>the</i> Zillah fountain", background="Zillah & <b>others</b> want water. " * 3)
    town.open_petition(action="افتحوا نافورة zillah", background="مكتبة")
    town.index()
    return sqlite_site


@pytest.fixture
def reader(filled: RunningSite):
    with filled.client() as client:
        yield client


def text_of(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.text


def test_what_was_found_is_shown_with_its_words_marked_and_nothing_of_it_is_html(reader: httpx.Client):
    page = text_of(reader, f"/search?q={WORD}")
    assert "2 results" in page
    assert "Mend &lt;i&gt;the&lt;/i&gt; <mark>Zillah</mark> fountain" in page
    assert "<mark>Zillah</mark> &amp; &lt;b&gt;others&lt;/b&gt; want water." in page
    assert '<h3 class="govuk-heading-s ts-list__title ts-break"><a class="govuk-link" href="/petitions/' in page
    assert "set-cookie" not in reader.get(f"/search?q={WORD}").headers


def test_the_words_that_were_typed_are_shown_as_text(reader: httpx.Client):
    page = text_of(reader, f"/search?q={quote('<script>alert(1)</script> xyzzyx')}")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_other_words_are_offered_and_the_typed_ones_kept_a_click_away(reader: httpx.Client):
    page = html.unescape(text_of(reader, "/search?q=zilah"))
    assert "Showing results for <strong><bdi>zillah</bdi></strong>" in page
    link = re.search(r'href="([^"]*)">Search instead', page)
    assert link is not None
    assert "Nothing found" in text_of(reader, html.unescape(link[1]))


def test_a_page_with_nothing_says_what_to_do_next(reader: httpx.Client):
    page = text_of(reader, "/search?q=xyzzyx")
    assert "Nothing found" in page
    assert 'href="/petitions/new"' in page
    assert "Type a street, a place or a thing" in text_of(reader, "/search")
    assert "Type a word that says more" in text_of(reader, "/search?q=the+of")
    assert "There is no such page" in text_of(reader, f"/search?q={WORD}&page=40")


def test_days_that_cannot_be_are_refused_with_the_fields_kept(reader: httpx.Client):
    page = text_of(reader, f"/search?q={WORD}&from=2026-05-02&to=2026-05-01", 422)
    assert "There is a problem" in page
    assert 'href="#to"' in page
    assert 'value="2026-05-02"' in page
    assert "Enter a day" in text_of(reader, f"/search?q={WORD}&from=soon", 422)
    assert "Enter a day between 1970 and 2069" in text_of(reader, f"/search?q={WORD}&to=9999-12-31", 422)
    problem = reader.get(f"/search.json?q={WORD}&from=2026-05-02&to=2026-05-01")
    assert problem.status_code == 422
    assert problem.headers["content-type"].startswith("application/problem+json")
    assert problem.json()["errors"][0]["field"] == "to"
    assert reader.get(f"/api/v1/search?q={WORD}&from=2026-05-02&to=2026-05-01").status_code == 422


def test_an_unknown_kind_has_nothing_like_an_unknown_department_and_the_way_back_is_offered(reader: httpx.Client):
    for narrowed in ("kind=unicorn", "department=unicorns"):
        page = text_of(reader, f"/search?q={WORD}&{narrowed}")
        assert "Nothing found" in page
        assert "Clear what narrows it" in page
        assert reader.get(f"/api/v1/search?q={WORD}&{narrowed}").json()["total"] == 0


def test_programs_read_the_same(reader: httpx.Client, filled: RunningSite):
    data = reader.get(f"/search.json?q={WORD}").json()
    assert data["total"] == 2
    assert {one["kind"] for one in data["results"]} == {"petition"}
    assert data["results"][0]["url"].startswith(filled.base)
    assert reader.get(f"/api/v1/search?q={WORD}").json()["results"] == data["results"]
    assert reader.get("/search.json?q=x").headers["access-control-allow-origin"] == "*"
    described = reader.get("/openapi.json").json()["paths"]["/api/v1/search"]["get"]
    assert {p["name"] for p in described["parameters"]} >= {"q", "kind", "department", "from", "to", "page"}


def test_a_browser_can_add_the_search(reader: httpx.Client, filled: RunningSite):
    assert 'rel="search"' in text_of(reader, "/")
    tree = ET.fromstring(text_of(reader, "/opensearch.xml"))
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert tree.find(f"{space}ShortName") is not None
    assert {url.get("template") for url in tree.iter(f"{space}Url")} == {
        f"{filled.base}/search?q={{searchTerms}}",
        f"{filled.base}/search.json?q={{searchTerms}}",
    }


def test_the_box_on_every_page_searches_everything_and_petitions_keep_their_own(reader: httpx.Client):
    for path in ("/", "/departments", "/standards"):
        assert 'action="/search"' in text_of(reader, path), path
    assert 'action="/petitions"' in text_of(reader, "/petitions?q=zillah")


@pytest.mark.parametrize(
    "typed",
    ["%", "_", "'", '"', "\\", "a" * 500, "*" * 300, "NEAR(a b)", "w AND", "x:y", "{a b}", "^a", "a OR b", "😀", "ספרייה",
     "\u202e\u202dabc", "a\0b", "-", '-"', "&|!<->", "libr*"],
)  # fmt: skip
def test_nothing_that_is_typed_is_an_error(reader: httpx.Client, typed: str):
    began = time.monotonic()
    for path in ("/search", "/search.json", "/api/v1/search"):
        assert reader.get(path, params={"q": typed, "kind": typed[:30], "department": typed[:30]}).status_code == 200
    assert time.monotonic() - began < 5
