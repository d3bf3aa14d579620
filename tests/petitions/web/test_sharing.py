"""Passing a petition on: links that load nothing, a code that scans, a poster for the wall."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest

from app.core.web.qr import QUIET_ZONE, qr_code
from app.moderation.rules.standards import Verdict
from petitions.model.petition import Petition
from tests.site import RunningSite

WORDS = "Feed & water 100% of the swans: “today”, not 'soon'"


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, of: str, **wanted: str) -> list[dict[str, str | None]]:
        return [a for tag, a in self.found if tag == of and all(a.get(k) == v for k, v in wanted.items())]


def page(site: RunningSite, path: str) -> Tags:
    with site.client() as visitor:
        answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return Tags(answer.text)


def test_every_link_elsewhere_carries_the_words_and_the_address_unbroken(site: RunningSite):
    petition = site.town.open_petition(action=WORDS)
    address = f"{site.base}/petitions/{petition}"
    links = [a["href"] or "" for a in page(site, f"/petitions/{petition}").all("a") if a.get("rel")]
    elsewhere = {urlsplit(h).netloc or urlsplit(h).scheme: h for h in links if not h.startswith("/")}
    assert set(elsewhere) == {
        "mailto",
        "wa.me",
        "t.me",
        "share.joinmastodon.org",
        "bsky.app",
        "www.facebook.com",
        "www.linkedin.com",
    }
    for host, href in elsewhere.items():
        parts = urlsplit(href)
        said = " ".join(v for values in parse_qs(parts.query or parts.fragment).values() for v in values)
        assert address in said, host
        if host not in ("www.facebook.com", "www.linkedin.com"):
            assert WORDS in said, host
    tags = page(site, f"/petitions/{petition}").found
    assert not [a for _tag, a in tags if re.match("(https?:)?//", a.get("src") or "")], "nothing of theirs is loaded"


def test_the_code_has_three_finders_and_a_quiet_zone_around_them():
    code = qr_code("https://petitions.example.org/petitions/17")
    dark = [(int(x), int(y), int(w)) for x, y, w in re.findall(r"M(\d+) (\d+)\.5h(\d+)", code.path)]
    last = code.size - QUIET_ZONE - 7
    assert all(x >= QUIET_ZONE and x + w <= code.size - QUIET_ZONE for x, _y, w in dark)
    for x, y in ((QUIET_ZONE, QUIET_ZONE), (last, QUIET_ZONE), (QUIET_ZONE, last)):
        assert (x, y, 7) in dark
        assert (x, y + 6, 7) in dark


def test_the_drawing_and_the_picture_lead_to_the_petition(site: RunningSite):
    petition = site.town.open_petition()
    with site.client() as visitor:
        drawing, picture = (visitor.get(f"/petitions/{petition}/qr.{kind}") for kind in ("svg", "png"))
    assert (drawing.headers["content-type"], picture.headers["content-type"]) == ("image/svg+xml", "image/png")
    root = ET.fromstring(drawing.content)
    assert root[0].text == f"QR code that leads to {site.base}/petitions/{petition}"
    assert root[2].get("d") == qr_code(f"{site.base}/petitions/{petition}").path
    assert picture.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("what", ["qr.svg", "qr.png", "poster", "history.json", "history.csv"])
def test_what_is_not_public_has_none_of_it(site: RunningSite, what: str):
    waiting, hidden = site.town.start(), site.town.start()
    site.town.support(hidden)
    site.town.decide(hidden, Verdict.REJECT, reason="libellous")
    taken_down = site.town.open_petition()
    site.town.take_down(taken_down)
    with site.client() as visitor:
        found = [visitor.get(f"/petitions/{p}/{what}").status_code for p in (waiting, hidden, taken_down, "seven", 0)]
    assert found == [404, 404, 410, 404, 404]


def test_a_poster_names_the_petition_and_the_way_but_no_count(site: RunningSite):
    petition = site.town.open_petition(action=WORDS)
    with site.client() as visitor:
        poster = unescape(visitor.get(f"/petitions/{petition}/poster").text)
    assert WORDS in poster
    assert f"127.0.0.1:{site.port}/petitions/{petition}" in poster
    assert "signatures" not in poster
    assert qr_code(f"{site.base}/petitions/{petition}").path in poster


def test_a_closed_petition_has_no_poster_any_more(site: RunningSite):
    petition = site.town.open_petition()
    with site.town.database.writing() as db:
        db.get_one(Petition, petition).closes_at = site.town.now - timedelta(hours=1)
    with site.client() as visitor:
        answer = visitor.get(f"/petitions/{petition}/poster")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/petitions/{petition}")
        assert "poster" not in visitor.get(f"/petitions/{petition}").text


def test_other_sites_can_show_a_card_of_a_petition(site: RunningSite):
    petition = site.town.open_petition(action=WORDS, background="Four ponds, one keeper.")
    tags = page(site, f"/petitions/{petition}")
    card = {a["property"]: a["content"] for a in tags.all("meta") if a.get("property")}
    assert card["og:title"] == WORDS
    assert card["og:description"] == "Four ponds, one keeper."
    assert card["og:type"] == "article"
    assert card["og:site_name"] == "Town Square"
    address = f"{site.base}/petitions/{petition}"
    assert card["og:url"] == address
    assert [a["href"] for a in tags.all("link", rel="canonical")] == [address]
    assert [a["content"] for a in tags.all("meta", name="twitter:card")] == ["summary"]
    image = card["og:image"] or ""
    assert image.startswith(site.base)
    with site.client() as visitor:
        assert visitor.get(image.removeprefix(site.base)).headers["content-type"] == "image/png"


def test_a_petition_nobody_may_read_has_no_card(site: RunningSite):
    petition = site.town.start(action=WORDS)
    tags = page(site, f"/petitions/{petition}")
    assert not [a for a in tags.all("meta") if (a.get("property") or "").startswith("og:")]
    assert [a["content"] for a in tags.all("meta", name="robots")] == ["noindex"]
