"""A file of boundaries is read strictly: what is wrong with it is said in one line, with the feature's number."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from app.areas.rules.boundaries import BadBoundaries, Named
from app.areas.rules.drawing import draw
from app.areas.rules.properties import chosen
from app.areas.service.boundaries import read_file
from tests.app.areas.places import as_bytes, collection, feature, square

PLAIN = Named("", "")


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    return {"geometry": {"type": "Polygon", "coordinates": [[list(p) for p in points]]}}


def spoilt(**other: Any) -> dict[str, Any]:
    """The third area is not as it should be."""
    document = collection()
    document["features"][2] = copy.deepcopy(document["features"][2]) | other
    return document


BOWTIE = ring((1, 54), (1.1, 54.1), (1.1, 54), (1, 54))
WRONG: dict[str, tuple[Any, str]] = {
    "not a collection": ({"type": "Feature"}, "it is no GeoJSON FeatureCollection (its type is 'Feature')"),
    "a list": ([], "it is no GeoJSON FeatureCollection (its type is 'list')"),
    "empty": (collection(()), "it has 0 features"),
    "without features": ({"type": "FeatureCollection"}, "it has no list of features"),
    "in metres": (
        collection() | {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}},
        "its coordinates are in 'urn:ogc:def:crs:EPSG::27700'; export it in degrees (EPSG:4326, WGS 84)",
    ),
    "a point": (
        spoilt(geometry={"type": "Point", "coordinates": [1, 54]}),
        "feature 3 (W03): its geometry is 'Point'; an area is a Polygon or a MultiPolygon",
    ),
    "no geometry": (
        spoilt(geometry=None),
        "feature 3 (W03): its geometry is missing; an area is a Polygon or a MultiPolygon",
    ),
    "no rings": (spoilt(geometry={"type": "Polygon", "coordinates": []}), "feature 3 (W03): its geometry is empty"),
    "an open ring": (
        spoilt(**ring((1, 54), (1, 55), (2, 55), (2, 54))),
        "feature 3 (W03): one of its rings does not end where it begins",
    ),
    "too few positions": (
        spoilt(**ring((1, 54), (1, 55), (1, 54))),
        "feature 3 (W03): one of its rings has fewer than 4 positions",
    ),
    "there and back": (
        spoilt(**ring((1, 54), (1, 55), (1, 56), (1, 54))),
        "feature 3 (W03): one of its rings encloses nothing",
    ),
    "grid metres": (
        spoilt(**ring((451000, 206000), (452000, 206000), (452000, 207000), (451000, 206000))),
        "feature 3 (W03): the position 451000, 206000 is nowhere on earth: export the file in degrees (EPSG:4326)",
    ),
    "words for numbers": (
        spoilt(geometry={"type": "Polygon", "coordinates": [[["1", "54"]] * 4]}),
        "feature 3 (W03): one of its positions is not a longitude and a latitude",
    ),
    "no name": (spoilt(properties={"code": "W03", "name": " "}), "feature 3 (W03): its name is empty"),
    "a long code": (
        spoilt(properties={"code": "W" * 21, "name": "Hill"}),
        "feature 3 (WWWWWWWWWWWWWWWWWWWW): its code has 21 characters; 20 are the most",
    ),
    "a code with a slash": (
        spoilt(properties={"code": "W/3", "name": "Hill"}),
        "feature 3 (W/3): its code 'W/3' has something else than letters, digits, dots and hyphens",
    ),
    "twice": (
        {"type": "FeatureCollection", "features": [feature(1, "Oak"), feature(1, "Mill")]},
        "the code W01 is given to 2 features",
    ),
    "other properties": (
        spoilt(properties={"number": 3}),
        "which of its properties are code and name cannot be told; they are none",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_it_is_said_what_is_wrong(what: str):
    document, words = WRONG[what]
    with pytest.raises(BadBoundaries) as wrong:
        read_file(as_bytes(document), PLAIN)
    assert str(wrong.value) == words


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b'{"type": NaN}', b"[" * 100_000, b"<svg/>"])
def test_what_is_not_json_is_said_in_one_line(body: bytes):
    with pytest.raises(BadBoundaries) as wrong:
        read_file(body, PLAIN)
    assert str(wrong.value).startswith("it is not JSON")
    assert "\n" not in str(wrong.value)


def test_many_faults_are_counted():
    document = collection([f"Ward {n}" for n in range(9)])
    for one in document["features"]:
        one["geometry"] = None
    with pytest.raises(BadBoundaries) as wrong:
        read_file(as_bytes(document), PLAIN)
    assert "feature 1 (W01)" in str(wrong.value)
    assert str(wrong.value).endswith("… and 6 more faults")


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"PCON24CD": "E1", "PCON24NM": "Oak", "FID": 3}, ("PCON24CD", "PCON24NM", "", "")),
        (
            {"wd22cd": "E1", "wd22nm": "Oak", "rgn22cd": "R", "rgn22nm": "North"},
            ("wd22cd", "wd22nm", "rgn22cd", "rgn22nm"),
        ),
        ({"id": 7, "name": "Oak"}, ("id", "name", "", "")),
        ({"AGS": "0514", "GEN": "Köln"}, ("AGS", "GEN", "", "")),
        (
            {"ward_code": "1", "ward_name": "Oak", "region_code": "N", "region_name": "North"},
            ("ward_code", "ward_name", "region_code", "region_name"),
        ),
    ],
)
def test_usual_properties_are_found(properties: dict[str, Any], named: tuple[str, ...]):
    found = chosen([{"properties": properties}], PLAIN)
    assert (found.code, found.name, found.region_code, found.region) == named


def test_an_operator_may_say_which():
    document = collection()
    for one in document["features"]:
        one["properties"]["short"] = one["properties"].pop("code")
    found, _named = read_file(as_bytes(document), Named("short", "name"))
    assert [b.code for b in found] == ["W01", "W02", "W03", "W04"]


def drawn(*places: list[list[list[float]]]):
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"W{n}", "name": "X"},
            "geometry": {"type": "Polygon", "coordinates": p},
        }
        for n, p in enumerate(places)
    ]
    found, _named = read_file(json.dumps({"type": "FeatureCollection", "features": features}).encode(), PLAIN)
    return draw(found)


def test_neighbours_share_their_border_and_north_is_up():
    drawing = drawn([square(1)], [square(2)], [[[1.1, 54.1], [1.1, 54.2], [1.2, 54.2], [1.2, 54.1], [1.1, 54.1]]])
    west, east, north = (shape.box for shape in drawing.shapes)
    assert abs(west[0] + west[2] - east[0]) <= 2
    assert north[1] < west[1]
    assert all(shape.box[0] + shape.box[2] <= drawing.width for shape in drawing.shapes)


@pytest.mark.parametrize("latitude", [54.0, -41.0, -0.2])
def test_areas_of_one_size_are_drawn_in_one_size(latitude: float):
    """On both sides of the equator, and across it."""
    drawing = drawn(
        *(
            [[[x, latitude], [x, latitude + 0.4], [x + 0.4, latitude + 0.4], [x + 0.4, latitude], [x, latitude]]]
            for x in (5.0, 5.4, 5.8)
        )
    )
    sizes = {(shape.box[2] // 20, shape.box[3] // 20) for shape in drawing.shapes}
    assert len({width for width, _height in sizes}) <= 2
    assert drawing.width > drawing.height


def test_islands_on_both_sides_of_the_180th_meridian_lie_beside_each_other():
    west = [[[179.0, -17.0], [179.0, -16.0], [180.0, -16.0], [180.0, -17.0], [179.0, -17.0]]]
    east = [[[-180.0, -17.0], [-180.0, -16.0], [-179.0, -16.0], [-179.0, -17.0], [-180.0, -17.0]]]
    left, right = (shape.box for shape in drawn(west, east).shapes)
    assert abs(left[0] + left[2] - right[0]) <= 2


def test_what_is_too_small_to_see_stays_there():
    tiny = [[[2.0, 54.0], [2.0, 54.00001], [2.00001, 54.00001], [2.0, 54.0]]]
    _large, small = drawn([square(0, size=30)], tiny).shapes
    assert small.path
    assert small.box[2:] == (1, 1)
