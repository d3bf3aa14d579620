"""What an address asks of the list of petitions: its filters, order and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import quote, quote_plus

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.core.paging import A_PAGE, read_page
from app.core.text.plain import tidy_line
from petitions.queries import finding
from petitions.queries.filters import SORTS, STATES, Search

NOBODY = -1  # an unknown department or topic has no petitions
MOST_Q = 200
DEFAULTS = {"state": "open", "sort": "popular"}
#: stands for the words of a search in what all searches have in common; no text has this character
ANY_WORDS = "\ue000"
#: the same in a link, and in a link that another link carries along
_IN_LINK, _IN_KEY = quote_plus(ANY_WORDS), quote(quote_plus(ANY_WORDS))


@dataclass(frozen=True)
class Asked:
    """What an address asks of the list; ``kept`` is what its links carry along."""

    search: Search
    page: int
    kept: Mapping[str, str]

    @property
    def offset(self) -> int:
        return (self.page - 1) * A_PAGE

    @property
    def link_query(self) -> dict[str, str]:
        """What differs from the list as everyone finds it."""
        return {k: v for k, v in self.kept.items() if v != DEFAULTS.get(k, "")}

    @property
    def narrowing(self) -> dict[str, str]:
        """What another search in the same list keeps."""
        return {k: v for k, v in self.link_query.items() if k != "q"}

    def link(self, **changes: str) -> str:
        """The same list with another filter or order, from its first page."""
        parts = {**self._parts, **{k: _part(k, v) for k, v in changes.items()}}
        query = "&".join(filter(None, parts.values()))
        return "/petitions?" + query if query else "/petitions"

    @property
    def for_any_words(self) -> Asked:
        """The same, whatever the words: what links of all searches under these filters have in common."""
        return replace(self, kept={**self.kept, "q": ANY_WORDS}) if self.search.q else self

    def with_words(self, part: Markup) -> Markup:
        """A part of the page that was made :attr:`for_any_words`, with the words of this search in its links."""
        if not self.search.q:
            return part
        in_link = quote_plus(self.search.q)
        return part.replace(_IN_KEY, quote(in_link)).replace(_IN_LINK, in_link)

    @property
    def key(self) -> str:
        """The same search whatever its order or page: what it is followed by."""
        return "&".join(part for name, part in self._parts.items() if part and name != "sort")

    @cached_property
    def _parts(self) -> Mapping[str, str]:
        return {k: _part(k, v) for k, v in self.kept.items()}


def _part(name: str, value: str) -> str:
    """One of an address's parameters; none where it says what everyone finds."""
    return "" if value == DEFAULTS.get(name, "") else f"{name}={quote_plus(value)}"


def read_asked(db: Session, query: Mapping[str, object]) -> Asked:
    """What a query means; what it cannot mean falls back to the default."""
    given = {k: tidy_line(str(v)[:MOST_Q]) for k, v in query.items()}
    state, sort = given.get("state", "open"), given.get("sort", "popular")
    department, topic = given.get("department", ""), given.get("topic", "")
    search = Search(
        q=given.get("q", ""),
        state=state if state in STATES else "open",
        sort=sort if sort in SORTS else "popular",
        department_id=_known(finding.department_id(db, department)) if department else None,
        topic_id=_known(finding.topic_id(db, topic)) if topic else None,
    )
    kept = {"q": search.q, "state": search.state, "sort": search.sort, "department": department, "topic": topic}
    return Asked(search, read_page(given.get("page", "")), kept)


def _known(found: int | None) -> int:
    return NOBODY if found is None else found
