"""Which properties of a file's features are code and name, where nobody says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.areas.rules.boundaries import BadBoundaries, Named

#: how files call them; the first pair that all features have is taken
_USUAL = (("code", "name"), ("id", "name"), ("CODE", "NAME"), ("Code", "Name"), ("ags", "gen"), ("AGS", "GEN"))
#: ``PCON24CD`` and ``PCON24NM``, ``rgn22cd`` and ``rgn22nm``: the same word before code and name
_CODED = re.compile(r"(?P<word>.*[A-Za-z0-9_])(?:CD|cd|_code|_CODE|Code)\Z")
_NAMES = ("NM", "nm", "_name", "_NAME", "Name")
_REGION = re.compile(r"(?i)(?:rgn|region)")


def chosen(features: Sequence[Any], given: Named) -> Named:
    """The given properties, and guesses where they are empty; :class:`BadBoundaries` where none can be found."""
    pairs = list(_pairs(features))
    own = [pair for pair in pairs if not _REGION.match(pair[0])]
    regions = [pair for pair in pairs if _REGION.match(pair[0])]
    code, name = given.code, given.name
    if not (code and name):
        fitting = [p for p in own or pairs if code in ("", p[0]) and name in ("", p[1])]
        if not fitting:
            there = ", ".join(sorted(_names(features))[:12]) or "none"
            raise BadBoundaries(
                f"which of its properties are code and name cannot be told; they are {there}", "--code and --name"
            )
        code, name = fitting[0]
    region_code, region = given.region_code, given.region
    if not (region_code or region) and regions and regions[0] != (code, name):
        region_code, region = regions[0]
    return Named(code, name, region_code, region)


def _pairs(features: Sequence[Any]) -> Iterator[tuple[str, str]]:
    there = _names(features)
    yield from (pair for pair in _USUAL if there.issuperset(pair))
    for code in sorted(there):
        if (found := _CODED.match(code)) is not None:
            yield from ((code, found["word"] + end) for end in _NAMES if found["word"] + end in there)


def _names(features: Sequence[Any]) -> set[str]:
    """The properties that every feature has."""
    names: set[str] | None = None
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        own = set(properties) if isinstance(properties, dict) else set()
        names = own if names is None else names & own
    return names or set()
