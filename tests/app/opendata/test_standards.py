"""Others read what we write: CSV on the Web by its package, the catalogue by RDF's, held against shapes of DCAT-AP."""

from __future__ import annotations

import gzip
import json
import warnings
from pathlib import Path
from typing import Any

import msgspec
import pytest
from csvw import CSVW
from pyshacl import validate
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef

from app.opendata.metadata import dcat
from app.opendata.rules.cells import json_value, unguarded
from app.opendata.service.writing import write_now
from tests.app.opendata.lively import ASKED, FORMULA, Lively, lively
from tests.site import Town

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
#: what DCAT-AP 3 makes mandatory, and of what it recommends all that we say
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix spdx: <http://spdx.org/rdf/terms#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix : <urn:shapes:> .

:Words a sh:NodeShape ; sh:datatype rdf:langString ; sh:minLength 1 .
:Catalog a sh:NodeShape ; sh:targetClass dcat:Catalog ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:node :Words ] , [ sh:path dct:description ; sh:minCount 1 ; sh:node :Words ] ,
    [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ,
    [ sh:path dct:license ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dct:LicenseDocument ] ,
    [ sh:path dcat:themeTaxonomy ; sh:minCount 1 ; sh:class skos:ConceptScheme ] ,
    [ sh:path dct:language ; sh:minCount 1 ; sh:class dct:LinguisticSystem ] ,
    [ sh:path foaf:homepage ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Document ] ,
    [ sh:path dct:modified ; sh:maxCount 1 ; sh:datatype xsd:dateTime ] ,
    [ sh:path dcat:dataset ; sh:minCount 1 ; sh:class dcat:Dataset ] , [ sh:path dcat:service ; sh:minCount 1 ; sh:class dcat:DataService ] .
:Dataset a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:nodeKind sh:IRI ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:node :Words ] , [ sh:path dct:description ; sh:minCount 1 ; sh:node :Words ] ,
    [ sh:path dct:identifier ; sh:minCount 1 ; sh:maxCount 1 ] , [ sh:path dcat:keyword ; sh:minCount 1 ; sh:node :Words ] ,
    [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ,
    [ sh:path dcat:contactPoint ; sh:minCount 1 ; sh:class vcard:Kind ] , [ sh:path dcat:theme ; sh:minCount 1 ; sh:class skos:Concept ] ,
    [ sh:path dct:accrualPeriodicity ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dct:Frequency ;
      sh:pattern "^http://publications.europa.eu/resource/authority/frequency/(UPDATE_CONT|DAILY|IRREG)$" ] ,
    [ sh:path dct:temporal ; sh:class dct:PeriodOfTime ] , [ sh:path dcat:landingPage ; sh:minCount 1 ; sh:class foaf:Document ] ,
    [ sh:path dcat:distribution ; sh:minCount 2 ; sh:class dcat:Distribution ] .
:Period a sh:NodeShape ; sh:targetClass dct:PeriodOfTime ;
  sh:property [ sh:path dcat:startDate ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date ] .
:Distribution a sh:NodeShape ; sh:targetClass dcat:Distribution ; sh:nodeKind sh:IRI ;
  sh:property [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] , [ sh:path dcat:downloadURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ,
    [ sh:path dct:license ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dct:LicenseDocument ] ,
    [ sh:path dct:format ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dct:MediaTypeOrExtent ] ,
    [ sh:path dcat:mediaType ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dct:MediaType ; sh:pattern "^http://www.iana.org/assignments/media-types/" ] ,
    [ sh:path dcat:byteSize ; sh:maxCount 1 ; sh:datatype xsd:nonNegativeInteger ] , [ sh:path spdx:checksum ; sh:maxCount 1 ; sh:class spdx:Checksum ] .
:Checksum a sh:NodeShape ; sh:targetClass spdx:Checksum ;
  sh:property [ sh:path spdx:algorithm ; sh:minCount 1 ; sh:maxCount 1 ] ,
    [ sh:path spdx:checksumValue ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:hexBinary ; sh:pattern "^[0-9a-f]{64}$" ] .
:Service a sh:NodeShape ; sh:targetClass dcat:DataService ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:node :Words ] , [ sh:path dcat:endpointURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ,
    [ sh:path dcat:endpointDescription ; sh:minCount 1 ; sh:nodeKind sh:IRI ] , [ sh:path dcat:servesDataset ; sh:minCount 1 ; sh:class dcat:Dataset ] .
:Agent a sh:NodeShape ; sh:targetClass foaf:Agent ; sh:property [ sh:path foaf:name ; sh:minCount 1 ; sh:node :Words ] .
"""


@pytest.fixture
def there(sqlite_town: Town) -> Lively:
    """With a dump of it."""
    found = lively(sqlite_town)
    write_now(found.offer.writing(sqlite_town.now), sqlite_town.database.reading, _silent, lambda: sqlite_town.now)
    return found


def _silent(_key: str, _rows: int) -> None:
    pass


def folder(there: Lively) -> Path:
    newest = there.offer.shelf.newest()
    assert newest is not None
    return there.offer.shelf.root / newest.name


def catalogue(there: Lively) -> dict[str, Any]:
    with there.town.database.reading() as db:
        since = there.offer.since(db, there.town.now)
    return dcat.catalogue(there.offer.datasets, since, there.offer.shelf.newest(), there.offer.publisher, "Northmere")


def conforms(graph: Graph) -> tuple[bool, str]:
    held, _report, words = validate(graph, shacl_graph=SHAPES, shacl_graph_format="turtle", inference="none")
    return held, words


def test_every_table_is_what_its_metadata_say_and_the_json_says_the_same(there: Lively):
    for dataset in there.offer.datasets:
        path = folder(there) / f"{dataset.key}.csv-metadata.json"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table = CSVW(str(path), validate=True)
            assert table.is_valid, (dataset.key, table.warnings)
            rows = list(table.tables[0])
        packed = gzip.decompress((folder(there) / f"{dataset.key}.jsonl.gz").read_bytes())
        lines = [json.loads(line) for line in packed.splitlines()]
        expected = [{name: json_value(value) for name, value in row.items()} for row in there.rows(dataset.key)]
        assert lines == expected, dataset.key
        assert [list(row) for row in rows] == [[c.name for c in dataset.columns]] * len(expected), dataset.key

    words_are_read_as_they_were_written(there)
    a_wrong_cell_is_seen(there)


def words_are_read_as_they_were_written(there: Lively) -> None:
    """Those that a spreadsheet would compute, too."""
    table = CSVW(str(folder(there) / "petitions.csv-metadata.json"))
    actions = {row["action"] for row in table.tables[0]}
    assert "'" + FORMULA in actions
    assert FORMULA in {unguarded(action) for action in actions}
    assert "apostrophe" in table.common_props["rdfs:comment"]
    questions = CSVW(str(folder(there) / "townhall-questions.csv-metadata.json"))
    assert [row["text"] for row in questions.tables[0]] == [ASKED]


def a_wrong_cell_is_seen(there: Lively) -> None:
    table = folder(there) / "signatures-by-day.csv"
    table.write_text(table.read_text().replace("2026-", "the year of "))
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        assert not CSVW(str(table) + "-metadata.json", validate=True).is_valid


def test_the_catalogue_is_one_that_portals_take(there: Lively):
    facts = catalogue(there)
    assert isinstance(facts["@context"], dict), "nobody fetches a context"
    graph = Graph().parse(data=msgspec.json.encode(facts), format="json-ld")
    held, words = conforms(graph)
    assert held, words
    datasets = set(graph.subjects(RDF.type, DCAT.Dataset))
    assert len(datasets) == len(there.offer.datasets)
    petitions = URIRef(f"{there.town.settings.base_url}/data#petitions")
    assert len(list(graph.objects(petitions, DCAT.distribution))) == 4
    starts = {
        str(o) for period in graph.objects(petitions, DCTERMS.temporal) for o in graph.objects(period, DCAT.startDate)
    }
    del facts["dcat:dataset"][0]["dcat:distribution"][0]["dct:license"]
    held, words = conforms(Graph().parse(data=msgspec.json.encode(facts), format="json-ld"))
    assert not held
    assert "license" in words, "without one it would have been seen"
    assert starts == {there.town.petition(there.petitions["open"]).created_at.date().isoformat()}


def test_the_catalogue_of_a_new_site_is_one_too(sqlite_town: Town):
    offer = sqlite_town.site.dependencies["open_data"]
    facts = dcat.catalogue(offer.datasets, {}, None, offer.publisher, "Northmere")
    held, words = conforms(Graph().parse(data=msgspec.json.encode(facts), format="json-ld"))
    assert held, words
