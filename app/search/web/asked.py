"""What an address asks of the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from app.core.errors import BadField, Invalid
from app.core.i18n import _
from app.core.local_times import read_day
from app.core.paging import read_page
from app.core.text.plain import tidy_line
from app.core.web.forms import Form
from app.search.queries.finding import FIRST_DAY, LAST_DAY, Choices, Wanted
from app.search.rules.query import MOST_TYPED, read_query

#: an unknown department has nothing
NOBODY = 0
#: of an address that is longer nothing more is read
MOST_READ = 500
NAMES = ("q", "kind", "department", "from", "to", "as")
AS_TYPED = "typed"


@dataclass(frozen=True)
class Asked:
    """``kept`` is what the links of a page carry along; ``form`` holds the fields as typed, with what is wrong."""

    wanted: Wanted
    kept: Mapping[str, str]
    form: Form

    @cached_property
    def is_narrowed(self) -> bool:
        return any(self.kept[name] for name in ("kind", "department", "from", "to"))

    def query(self, **changes: str) -> dict[str, str]:
        """From its first page, with something else of it."""
        return {name: text for name, text in {**self.kept, **changes}.items() if text}

    def link(self, path: str = "/search", **changes: str) -> str:
        """The address of such a search. A page has a dozen of them, so what they have in common is written once."""
        told = {name: urlencode({name: text}) if text else "" for name, text in changes.items()}
        query = "&".join(filter(None, (self._written | told).values()))
        return f"{path}?{query}" if query else path

    @cached_property
    def _written(self) -> dict[str, str]:
        return {name: urlencode({name: text}) if text else "" for name, text in self.kept.items()}

    @property
    def beside_the_form(self) -> Mapping[str, str]:
        """What another search of the same kind keeps; ``as typed`` was said of the last one."""
        return {name: text for name, text in self.kept.items() if text and name != "as"}

    def check(self) -> None:
        """Raises :class:`Invalid` with every field that is wrong."""
        if self.form.errors:
            raise Invalid(self.form.summary)


def read_asked(query: Mapping[str, object], choices: Choices, *, readers: frozenset[str] = frozenset()) -> Asked:
    """What a query means: an unknown kind has nothing, days that cannot be are said to be wrong."""
    given = {name: tidy_line(str(query.get(name, ""))[:MOST_READ].replace("\0", " ")) for name in (*NAMES, "page")}
    form = Form(values=given)
    first, last = (form.read(name, _read_day) for name in ("from", "to"))
    if first and last and first > last:
        form.refuse("to", str(_("Enter a last day that is the same as the first one, or later.")))
    department = (choices.named(given["department"]) or NOBODY) if given["department"] else None
    wanted = Wanted(
        query=read_query(given["q"]),
        kind=given["kind"],
        department_id=department,
        first=first,
        last=last,
        page=read_page(given["page"]),
        as_typed=given["as"] == AS_TYPED,
        readers=readers,
    )
    kept = {name: given[name][:MOST_TYPED] for name in NAMES}
    kept["as"] = AS_TYPED if wanted.as_typed else ""
    return Asked(wanted, kept, form)


def _read_day(text: str) -> date | None:
    if not text:
        return None
    day = read_day(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadField(str(_("Enter a day between 1970 and 2069.")))
    return day
