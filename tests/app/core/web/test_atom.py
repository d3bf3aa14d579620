"""A feed is XML that every reader takes, whatever people wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from app.core.web.atom import NAMESPACE, Entry, Feed, written

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = {"a": NAMESPACE}


def feed(*entries: Entry, title: str = "Petitions") -> ET.Element:
    made = Feed(
        id="https://x.example/petitions.atom",
        title=title,
        subtitle="",
        page="https://x.example/petitions",
        address="https://x.example/petitions.atom",
        author="Town Square",
        updated=NOON,
        entries=entries,
    )
    return ET.fromstring(written(made))


def entry(number: int, updated: datetime = NOON, **other: str) -> Entry:
    link = f"https://x.example/petitions/{number}"
    return Entry(id=link, title="Mend the weir", link=link, updated=updated, **other)  # type: ignore[arg-type]


def words(element: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in element.findall(path, NAMES)]


def test_a_feed_has_all_that_the_standard_asks_for():
    root = feed(entry(1))
    assert root.tag == f"{{{NAMESPACE}}}feed"
    for required in ("a:id", "a:title", "a:updated", "a:author/a:name", "a:entry/a:id", "a:entry/a:title"):
        assert len(words(root, required)) == 1, required
    assert {link.get("rel") for link in root.findall("a:link", NAMES)} == {"self", "alternate"}
    assert words(root, "a:entry/a:updated") == ["2026-03-02T12:00:00Z"]


def test_it_is_as_new_as_its_newest_entry():
    root = feed(entry(1, NOON - timedelta(days=1)), entry(2, NOON + timedelta(hours=1)))
    assert words(root, "a:updated") == ["2026-03-02T13:00:00Z"]


def test_markup_and_control_characters_are_only_words():
    said = '<b>"1 & 2"</b> ]]> \x00\x0b\x1f\ufffe end'
    root = feed(entry(1, summary=said), title=said)
    assert words(root, "a:entry/a:summary") == words(root, "a:title") == ['<b>"1 & 2"</b> ]]>  end']
