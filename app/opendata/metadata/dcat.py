"""The catalogue of all datasets as JSON-LD, by the application profile of European data portals (DCAT-AP 3).

Its context stands in the document: whoever reads it fetches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app.core.i18n import _
from app.opendata.contribution import Dataset
from app.opendata.metadata.csvw import Publisher
from app.opendata.rules.cells import instant
from app.opendata.shelf import DumpedDataset, DumpFile, Manifest

MEDIA_TYPE = "application/ld+json"
_EU = "http://publications.europa.eu/resource/authority"
_IANA = "http://www.iana.org/assignments/media-types"
_LANGUAGE = f"{_EU}/language/ENG"
#: government and public sector
_THEME = f"{_EU}/data-theme/GOVE"
_CSV, _JSON, _GZIP = "text/csv", "application/json", "application/gzip"
_FORMATS = {_CSV: f"{_EU}/file-type/CSV", _JSON: f"{_EU}/file-type/JSON"}

CONTEXT: Mapping[str, Any] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def catalogue(
    datasets: Sequence[Dataset], since: Mapping[str, date | None], newest: Manifest | None, by: Publisher, site: str
) -> dict[str, Any]:
    """``since``: the day of each dataset's first row; ``site``: the name of the site."""
    base = by.base_url
    facts: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": f"{base}/data#catalogue",
        "@type": "dcat:Catalog",
        "dct:title": _english(_("Open data of {site}").format(site=site)),
        "dct:description": _english(
            str(_("What people asked, who signed in figures, what was answered and promised."))
        ),
        "dct:publisher": _publisher(by),
        "dct:language": _concept(_LANGUAGE, "dct:LinguisticSystem"),
        "dct:license": _licence(by),
        "dcat:themeTaxonomy": _concept(f"{_EU}/data-theme", "skos:ConceptScheme"),
        "foaf:homepage": {"@id": f"{base}/data", "@type": "foaf:Document"},
        "dcat:dataset": [_dataset(d, since.get(d.key), newest, by) for d in datasets],
        "dcat:service": [_service(datasets, by)],
    }
    if newest is not None:
        facts["dct:modified"] = _instant(newest.finished_at)
    return facts


def _dataset(dataset: Dataset, since: date | None, newest: Manifest | None, by: Publisher) -> dict[str, Any]:
    address = f"{by.base_url}/data#{dataset.key}"
    facts: dict[str, Any] = {
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:identifier": dataset.key,
        "dct:title": _english(str(dataset.title)),
        "dct:description": _english(str(dataset.about)),
        "dcat:keyword": [_english(str(word)) for word in dataset.keywords],
        "dcat:theme": _concept(_THEME),
        "dct:accrualPeriodicity": _concept(f"{_EU}/frequency/{dataset.frequency}", "dct:Frequency"),
        "dct:language": _concept(_LANGUAGE, "dct:LinguisticSystem"),
        "dct:publisher": {"@id": _publisher_address(by)},
        "dcat:contactPoint": _contact(by),
        "dcat:landingPage": {"@id": by.base_url + dataset.page, "@type": "foaf:Document"},
        "dcat:distribution": list(_distributions(dataset, newest, by)),
    }
    if since is not None:
        start = {"@type": "xsd:date", "@value": since.isoformat()}
        facts["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:startDate": start}
    return facts


def _distributions(dataset: Dataset, newest: Manifest | None, by: Publisher) -> Iterable[dict[str, Any]]:
    base = f"{by.base_url}/data"
    table, lines = f"{base}/{dataset.key}.csv", f"{base}/{dataset.key}.jsonl"
    yield _now(table, str(_("As it is now, CSV")), _CSV, by) | _described(f"{table}-metadata.json")
    yield _now(lines, str(_("As it is now, JSON lines")), _JSON, by)
    dumped = newest.dataset(dataset.key) if newest else None
    if newest is not None and dumped is not None:
        yield from _dumped(f"{base}/dumps/{newest.name}", newest, dumped, by)


def _now(address: str, title: str, media_type: str, by: Publisher) -> dict[str, Any]:
    return {
        "@id": address,
        "@type": "dcat:Distribution",
        "dct:title": _english(title),
        "dcat:accessURL": {"@id": f"{by.base_url}/data", "@type": "rdfs:Resource"},
        "dcat:downloadURL": {"@id": address, "@type": "rdfs:Resource"},
        "dcat:mediaType": _concept(f"{_IANA}/{media_type}", "dct:MediaType"),
        "dct:format": _concept(_FORMATS[media_type], "dct:MediaTypeOrExtent"),
        "dct:license": {"@id": by.licence},
        "dcatap:availability": _concept("http://data.europa.eu/r5r/availability/available"),
    }


def _dumped(folder: str, newest: Manifest, dumped: DumpedDataset, by: Publisher) -> Iterable[dict[str, Any]]:
    table, packed = dumped.file(".csv"), dumped.file(".jsonl.gz")
    title = _("The newest dump, CSV")
    yield _file(folder, table, str(title), _CSV, newest, by) | _described(f"{folder}/{table.name}-metadata.json")
    gzip = {"dcat:compressFormat": _concept(f"{_IANA}/{_GZIP}", "dct:MediaType")}
    yield _file(folder, packed, str(_("The newest dump, JSON lines, packed")), _JSON, newest, by) | gzip


def _file(folder: str, file: DumpFile, title: str, media_type: str, newest: Manifest, by: Publisher) -> dict[str, Any]:
    return _now(f"{folder}/{file.name}", title, media_type, by) | {
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.size)},
        "dct:modified": _instant(newest.as_of),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": _concept("http://spdx.org/rdf/terms#checksumAlgorithm_sha256", "spdx:ChecksumAlgorithm"),
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.digest},
        },
    }


def _described(address: str) -> dict[str, Any]:
    standard = {"@id": "https://www.w3.org/TR/tabular-metadata/", "@type": "dct:Standard"}
    return {"dct:conformsTo": standard, "foaf:page": {"@id": address, "@type": "foaf:Document"}}


def _service(datasets: Sequence[Dataset], by: Publisher) -> dict[str, Any]:
    return {
        "@id": f"{by.base_url}/data#api",
        "@type": "dcat:DataService",
        "dct:title": _english(str(_("The API"))),
        "dct:description": _english(
            str(_("Read and start petitions, sign and confirm, read consultations and halls."))
        ),
        "dct:publisher": {"@id": _publisher_address(by)},
        "dct:license": {"@id": by.licence},
        "dcat:theme": _concept(_THEME),
        "dcat:contactPoint": _contact(by),
        "dcat:endpointURL": {"@id": f"{by.base_url}/api/v1", "@type": "rdfs:Resource"},
        "dcat:endpointDescription": {"@id": f"{by.base_url}/openapi.json", "@type": "rdfs:Resource"},
        "dcat:servesDataset": [{"@id": f"{by.base_url}/data#{dataset.key}"} for dataset in datasets],
    }


def _publisher(by: Publisher) -> dict[str, Any]:
    return {
        "@id": _publisher_address(by),
        "@type": "foaf:Agent",
        "foaf:name": _english(by.name),
        "foaf:homepage": {"@id": f"{by.base_url}/", "@type": "foaf:Document"},
    }


def _publisher_address(by: Publisher) -> str:
    return f"{by.base_url}/data#publisher"


def _contact(by: Publisher) -> dict[str, Any]:
    facts = {"@id": f"{by.base_url}/data#contact", "@type": ["vcard:Kind", "vcard:Organization"]}
    page = {"vcard:fn": by.name, "vcard:hasURL": {"@id": f"{by.base_url}/contact"}}
    return facts | page | ({"vcard:hasEmail": {"@id": f"mailto:{by.email}"}} if by.email else {})


def _licence(by: Publisher) -> dict[str, Any]:
    return {"@id": by.licence, "@type": "dct:LicenseDocument", "dct:title": _english(by.licence_name)}


def _concept(address: str, kind: str = "skos:Concept") -> dict[str, str]:
    return {"@id": address, "@type": kind}


def _english(words: str) -> dict[str, str]:
    return {"@language": "en", "@value": words}


def _instant(value: datetime) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": instant(value)}
