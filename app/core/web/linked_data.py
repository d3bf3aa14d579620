"""What a page is about, for search engines: an island of JSON-LD in its head, by the words of schema.org.

Browsers do not run it, so no policy has to allow it. Nothing in it can end the element that it stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from markupsafe import Markup

CONTEXT = "https://schema.org"
_HARMLESS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def island(facts: Mapping[str, Any]) -> Markup:
    """The element that holds them. What is None or empty is left out."""
    said = {name: value for name, value in facts.items() if value not in (None, "", [], ())}
    body = msgspec.json.encode({"@context": CONTEXT, **said}).decode().translate(_HARMLESS)
    return Markup(f'<script type="application/ld+json">{body}</script>')  # noqa: S704  no sign of HTML is left in it


def moment(value: datetime | date | None) -> str | None:
    """As schema.org writes days and instants."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if value else None
