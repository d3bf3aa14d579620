"""Which responses a desk shows: of what is chosen in one group any will do, and every group must be met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlencode

from app.core.text.figures import is_whole
from app.core.text.plain import tidy_line
from consultations.rules.responses import Channel, Consent

MOST_WORDS_LENGTH = 100
MOST_CHOSEN = 60
_LARGEST = 2**62


@dataclass(frozen=True)
class Filters:
    """``options``: of closed questions the options; 0 is "other". ``read``, ``late``, ``organisation``: yes, no or
    empty. ``after`` and ``before``: where a page begins or ends."""

    read: str = ""
    late: str = ""
    organisation: str = ""
    channels: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    options: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    words: str = ""
    oldest_first: bool = False
    after: int | None = None
    before: int | None = None

    @classmethod
    def read_from(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """From an address; what is odd in it is passed over."""
        given: dict[str, list[str]] = {}
        for name, value in list(pairs)[:MOST_CHOSEN]:
            given.setdefault(name, []).append(value)
        options = {
            number: chosen
            for name, values in given.items()
            if name[:1] == "q" and (number := whole(name[1:])) is not None and (chosen := _numbers(values))
        }
        return cls(
            read=_yes_or_no(given, "read"),
            late=_yes_or_no(given, "late"),
            organisation=_yes_or_no(given, "organisation"),
            channels=tuple(c for c in Channel if c in given.get("channel", ())),
            consents=tuple(c for c in Consent if c in given.get("consent", ())),
            codes=_numbers(given.get("code", ())),
            options=options,
            words=tidy_line(given.get("q", [""])[-1].replace("\0", ""))[:MOST_WORDS_LENGTH].strip(),
            oldest_first=given.get("sort", [""])[-1] == "oldest",
            after=whole(given.get("after", [""])[-1]),
            before=whole(given.get("before", [""])[-1]),
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """As an address has them; where a page begins is not among them."""
        found = [("q", self.words), ("read", self.read), ("late", self.late), ("organisation", self.organisation)]
        found += [("channel", c) for c in self.channels] + [("consent", c) for c in self.consents]
        found += [("code", str(c)) for c in self.codes]
        found += [(f"q{q}", str(o)) for q, chosen in sorted(self.options.items()) for o in chosen]
        found += [("sort", "oldest")] if self.oldest_first else []
        return [(name, value) for name, value in found if value]

    @property
    def is_any(self) -> bool:
        """Whether something is filtered at all; the order is no filter."""
        return any(name != "sort" for name, _value in self.pairs)

    @property
    def query(self) -> str:
        """With a question mark before it; empty for none."""
        return "?" + urlencode(self.pairs) if self.pairs else ""

    def without(self, name: str, value: str) -> str:
        """The query of the same list without this one; empty where none is left."""
        left = [pair for pair in self.pairs if pair != (name, value)]
        return "?" + urlencode(left) if left else ""

    def page(self, *, after: int | None = None, before: int | None = None) -> str:
        """The query of another page of the same list."""
        place = [("after", str(after))] if after is not None else [("before", str(before))] if before else []
        return "?" + urlencode(self.pairs + place)

    def turned(self) -> str:
        """The query of the same list from its other end."""
        return replace(self, oldest_first=not self.oldest_first).query

    def without_words(self) -> Filters:
        return replace(self, words="")


def _yes_or_no(given: Mapping[str, list[str]], name: str) -> str:
    last = given.get(name, [""])[-1]
    return last if last in ("yes", "no") else ""


def _numbers(texts: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({n for t in texts if (n := whole(t)) is not None}))


def whole(text: str) -> int | None:
    """A whole number that a row may have; None for anything odd."""
    if not is_whole(text):
        return None
    return number if (number := int(text)) < _LARGEST * 2 else None
