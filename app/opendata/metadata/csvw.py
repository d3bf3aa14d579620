"""The metadata of a table, as CSV on the Web has it (W3C Recommendation of 2015)."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.core.i18n import _
from app.opendata.contribution import Column, Dataset, Kind

MEDIA_TYPE = "application/csvm+json"
SUFFIX = "-metadata.json"
_DIALECT = {
    "encoding": "utf-8",
    "delimiter": ",",
    "quoteChar": '"',
    "doubleQuote": True,
    "header": True,
    "headerRowCount": 1,
    "lineTerminators": ["\r\n", "\n"],
}


class Publisher(NamedTuple):
    """Who publishes, where, and under which licence."""

    name: str
    base_url: str
    email: str
    licence: str
    licence_name: str


def metadata(dataset: Dataset, by: Publisher, *, modified: str | None = None) -> dict[str, Any]:
    """Beside ``{key}.csv``, wherever that stands. ``modified``: the day of the rows, where they are of one."""
    facts: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{dataset.key}.csv",
        "dc:title": str(dataset.title),
        "dc:description": str(dataset.about),
        "dc:identifier": f"{by.base_url}/data#{dataset.key}",
        "dc:publisher": by.name,
        "dc:license": {"@id": by.licence},
        "dc:source": {"@id": by.base_url + dataset.page},
        "dcat:keyword": [str(word) for word in dataset.keywords],
        "dialect": _DIALECT,
        "tableSchema": {
            "columns": [_column(column) for column in dataset.columns],
            "primaryKey": list(dataset.keyed_by),
        },
    }
    if modified:
        facts["dc:modified"] = {"@value": modified, "@type": "xsd:date"}
    if any(column.kind == Kind.TEXT for column in dataset.columns):
        facts["rdfs:comment"] = str(GUARD_NOTE)
    return facts


GUARD_NOTE = _(
    "A text that a spreadsheet would compute has an apostrophe before it. "
    "Take one apostrophe away from each text that begins with apostrophes and then =, +, -, @, a tab or a line break. "
    "The JSON lines hold every text as it is."
)


def _column(column: Column) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": column.name,
        "titles": column.name,
        "datatype": str(column.kind),
        "required": column.required,
        "dc:description": str(column.about),
    }
    if column.unit:
        facts["schema:unitText"] = str(column.unit)
    return facts
