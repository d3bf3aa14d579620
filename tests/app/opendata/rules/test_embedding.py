"""What others may ask of pages inside theirs, and what they paste."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from app.opendata.rules.embedding import Look, NotAsked, Place, policy, read_look, read_place, snippet

BASE = "https://petitions.example.org"


def test_a_look_is_one_of_those_there_are():
    assert read_look([], ("en",)) == Look("auto", "en")
    assert read_look([("theme", "dark"), ("lang", "en")], ("en",)) == Look("dark", "en")


@pytest.mark.parametrize(
    "query",
    [
        [("theme", "blue")],
        [("theme", "")],
        [("lang", "tlh")],
        [("theme", "dark"), ("theme", "dark")],
        [("utm_source", "mail")],
        [("", "")],
    ],
)
def test_nothing_else_is_understood(query: list[tuple[str, str]]):
    with pytest.raises(NotAsked):
        read_look(query, ("en",))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (f"{BASE}/petitions/17", Place("petitions", 17)),
        (f"{BASE}/petitions/17/", Place("petitions", 17)),
        (f"{BASE}/petitions/17?x=1#step-2", Place("petitions", 17)),
        ("https://PETITIONS.example.org/townhalls/3", Place("townhalls", 3)),
        (f"{BASE}/petitions/17/sign", None),
        (f"{BASE}/petitions/0", None),
        (f"{BASE}/petitions/" + "9" * 30, None),
        (f"{BASE}/petitions/seventeen", None),
        ("http://petitions.example.org/petitions/17", None),
        ("https://petitions.example.org:8443/petitions/17", None),
        ("https://petitions.example.org@evil.example/petitions/17", None),
        ("https://petitions.example.org.evil.example/petitions/17", None),
        ("//petitions.example.org/petitions/17", None),
        ("javascript:alert(1)//petitions/17", None),
        ("https://[::1/petitions/17", None),
        ("", None),
    ],
)
def test_only_addresses_of_ours_mean_something(url: str, place: Place | None):
    assert read_place(url, BASE) == place


class _Frame(HTMLParser):
    def __init__(self, code: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(code)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_what_is_pasted_is_one_frame_whatever_the_title():
    title = 'Say "no" to </iframe><script>alert(1)</script> & more'
    [(tag, has)] = _Frame(snippet(BASE, "petitions", 17, title)).tags
    assert (tag, has["title"], has["src"]) == ("iframe", title, f"{BASE}/embed/petitions/17")
    assert has["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert has["loading"] == "lazy"


def test_such_a_page_may_do_nothing():
    said = policy("sha256-x", "https://news.example").split("; ")
    assert said[0] == "default-src 'none'"
    assert "form-action 'none'" in said
    assert said[-1] == "frame-ancestors https://news.example"
    assert not any(part.startswith("script-src") for part in said)
