"""Atom feeds (RFC 4287) from plain words. Nothing in them is HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

ATOM = "application/atom+xml; charset=utf-8"
NAMESPACE = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """``id`` is an address that stays for good; ``updated`` changes when a reader should look again."""

    id: str
    title: str
    link: str
    updated: datetime
    published: datetime | None = None
    summary: str = ""
    categories: Sequence[tuple[str, str]] = ()  # (short name, name)


@dataclass(frozen=True)
class Feed:
    """``page`` is what people read in its place; ``others`` are (relation, address) of its other pages."""

    id: str
    title: str
    subtitle: str
    page: str
    address: str
    author: str
    updated: datetime
    entries: Sequence[Entry]
    others: Sequence[tuple[str, str]] = ()


def written(feed: Feed) -> bytes:
    """The whole document, UTF-8."""
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": "en"})
    _words(root, "id", feed.id)
    _words(root, "title", feed.title)
    if feed.subtitle:
        _words(root, "subtitle", feed.subtitle)
    _words(root, "updated", _instant(max([feed.updated, *(e.updated for e in feed.entries)])))
    _words(ET.SubElement(root, "author"), "name", feed.author)
    _link(root, "self", feed.address, ATOM.partition(";")[0])
    _link(root, "alternate", feed.page, "text/html")
    for relation, address in feed.others:
        _link(root, relation, address, ATOM.partition(";")[0])
    for entry in feed.entries:
        _entry(root, entry)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _entry(root: ET.Element, entry: Entry) -> None:
    one = ET.SubElement(root, "entry")
    _words(one, "id", entry.id)
    _words(one, "title", entry.title)
    _words(one, "updated", _instant(entry.updated))
    if entry.published:
        _words(one, "published", _instant(entry.published))
    _link(one, "alternate", entry.link, "text/html")
    if entry.summary:
        _words(one, "summary", entry.summary)
    for term, label in entry.categories:
        ET.SubElement(one, "category", {"term": _clean(term), "label": _clean(label)})


def _words(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _clean(text)


def _link(parent: ET.Element, relation: str, address: str, kind: str) -> None:
    ET.SubElement(parent, "link", {"rel": relation, "type": kind, "href": _clean(address)})


def _clean(text: str) -> str:
    """Without what no XML may hold: imports carry control characters."""
    return _NOT_XML.sub("", text)


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
