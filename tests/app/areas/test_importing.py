"""Files about areas: checked as a whole, stored as a whole, the same file again changes nothing."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from sqlalchemy import text

from app.areas.model import Area, AreaImport, AreaPostcode
from app.areas.queries import coverage, latest_imports, read_places
from app.areas.rules.boundaries import BadBoundaries
from app.areas.rules.tables import BadTable
from app.areas.service import postcodes
from app.areas.service.recording import Report
from app.areas.service.tables import rows
from tests.app.areas.places import NAMES, codes, collection, found, people
from tests.site import Town

HEAD = ("Area", "Population")


def figures(report: Report) -> tuple[int, int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.retired, report.refused


def populations(town: Town) -> dict[str, int | None]:
    return {area.code: area.population for area in town.rows(Area)}


def table(town: Town) -> dict[str, str]:
    """Of the edition in force: postcode to code."""
    with town.database.reading() as db:
        edition = read_places(db).edition
        names = {area.id: area.code for area in db.query(Area)}
    return {p.postcode: names[p.area_id] for p in town.rows(AreaPostcode) if p.edition == edition}


def test_areas_come_once_and_again_and_change(town: Town):
    assert figures(found(town)) == (4, 0, 0, 0, 0)
    assert figures(found(town)) == (0, 0, 4, 0, 0)
    assert figures(found(town, collection(("Oakfield", "Mill Brook", "Harbour", "Hill Top")))) == (0, 1, 3, 0, 0)
    assert [area.name for area in town.rows(Area)] == ["Oakfield", "Mill Brook", "Harbour", "Hill Top"]
    assert town.broken() == {}


def test_areas_that_are_left_out_are_asked_about_first(town: Town):
    found(town)
    fewer = collection(NAMES[:3])
    with pytest.raises(BadBoundaries, match=r"it leaves out 1 of the areas there are: Hill Top \(W04\)"):
        found(town, fewer)
    assert all(area.retired_at is None for area in town.rows(Area))
    assert found(town, fewer, retire=True).retired == 1
    with town.database.reading() as db:
        places = read_places(db)
    assert [p.name for p in places.living] == ["Harbour", "Millbrook", "Oakfield"]
    assert places.name_of("W04") == "Hill Top"
    found(town)
    assert all(area.retired_at is None for area in town.rows(Area)), "it may come back"
    assert town.broken() == {}


def test_a_bad_feature_leaves_everything_as_it_was(sqlite_town: Town):
    town = sqlite_town
    found(town)
    document = copy.deepcopy(collection(("New", "Newer", "Newest", "Last")))
    document["features"][3]["geometry"] = None
    with pytest.raises(BadBoundaries, match="feature 4"):
        found(town, document)
    assert [area.name for area in town.rows(Area)] == list(NAMES)


def test_populations_join_by_code_or_by_name(town: Town):
    found(town)
    report = people(town, [HEAD, ("W01", "2,500"), ("millbrook", "3000"), ("Harbour", "900"), ("Hill Top", "1200")])
    assert figures(report) == (4, 0, 0, 0, 0)
    assert populations(town) == {"W01": 2500, "W02": 3000, "W03": 900, "W04": 1200}
    again = people(town, [HEAD, ("W01", "2,600"), ("Millbrook", "3000"), ("Harbour", "900"), ("Hill Top", "1200")])
    assert figures(again) == (0, 1, 3, 0, 0)
    assert town.broken() == {}


def test_rows_that_cannot_be_used_are_told_one_by_one(sqlite_town: Town):
    town = sqlite_town
    found(town, collection(("Oakfield", "Môn", "Harbour", "Hill Top", "Hill Top")))
    given = [
        HEAD,
        ("Oakfield", "2500"),
        ("MÃ´n", "700"),
        ("Harbour", "many"),
        ("Hill Top", "3"),
        ("Oakfield", "2400"),
        ("", "4"),
        ("W04", "50"),
        ("W05", "60"),
        ("Harbour", "80"),
        ("W02", "1"),
    ]
    report = people(town, given)
    assert report.reasons == [
        "row 3: no area is called ‘MÃ´n’ (its letters were decoded the wrong way: ‘Môn’?)",
        "row 4: ‘many’ is no number of people (Harbour)",
        "row 5: 2 areas are called ‘Hill Top’; give their codes",
        "row 6: Oakfield has its figure in row 2 already",
        "row 7: it names no area",
    ]
    assert populations(town) == {"W01": 2500, "W02": 1, "W03": 80, "W04": 50, "W05": 60}


def test_a_total_is_told_as_one(sqlite_town: Town):
    town = sqlite_town
    found(town)
    report = people(town, [HEAD, ("W01", "10"), ("W02", "20"), ("W03", "30"), ("Grand Total", "60")])
    assert report.reasons == ["row 5: no area is called ‘Grand Total’ (its figure is the sum of all others: a total)"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "it is empty"),
        (
            [("a", "b", "c"), ("W01", "1", "2")],
            "which of its columns says how many people cannot be told; they are a, b, c",
        ),
        (
            [HEAD, ("Leeds", "1"), ("York", "2"), ("W01", "3")],
            "only 1 of its 3 rows can be used, so nothing was stored. "
            "row 2: no area is called ‘Leeds’; row 3: no area is called ‘York’",
        ),
        ([HEAD], "only 0 of its 0 rows"),
    ],
)
def test_a_table_that_is_another_one_changes_nothing(sqlite_town: Town, given: list[tuple[str, ...]], words: str):
    town = sqlite_town
    found(town)
    with pytest.raises(BadTable, match=words):
        people(town, given)
    assert set(populations(town).values()) == {None}


def test_there_must_be_areas_first(sqlite_town: Town):
    town = sqlite_town
    with pytest.raises(BadTable, match="there are no areas yet"):
        people(town, [HEAD, ("W01", "10")])
    with pytest.raises(BadTable, match="there are no areas yet"):
        codes(town, ("N1 1TY", "W01"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"Area,Population\nBath,73\nYnys M\xf4n,69049\n", r"it is not in UTF-8 \(row 3\)"),
        (b'Area,Population\n"W01,10\n', "is no row of a CSV table"),
        (b"Area,Population\n" + b"x" * 20_000 + b",1\n", "is no row of a CSV table"),
    ],
)
def test_what_is_no_table_is_said_with_its_row(tmp_path: Path, body: bytes, words: str):
    file = tmp_path / "people.csv"
    file.write_bytes(body)
    with pytest.raises(BadTable, match=words):
        list(rows(file))


def test_a_byte_order_mark_is_no_part_of_the_headings(tmp_path: Path):
    file = tmp_path / "people.csv"
    file.write_bytes("\ufeffArea,Population\n\nW01,10\n".encode())
    assert list(rows(file)) == [(1, ["Area", "Population"]), (3, ["W01", "10"])]


def test_postcodes_are_a_table_that_is_replaced_as_a_whole(town: Town):
    found(town)
    assert figures(codes(town, ("n11ty", "W01"), ("N1", "W02"), ("SW1A 1", "W03"))) == (3, 0, 0, 0, 0)
    assert table(town) == {"N1 1TY": "W01", "N1": "W02", "SW1A 1": "W03"}
    assert figures(codes(town, ("N1 1TY", "W01"), ("N1", "W02"), ("SW1A 1", "W03"))) == (0, 0, 3, 0, 0)
    assert figures(codes(town, ("N1 1TY", "W04"), ("N1", "W02"), ("M1", "W03"))) == (1, 1, 1, 1, 0)
    assert table(town) == {"N1 1TY": "W04", "N1": "W02", "M1": "W03"}
    assert len(town.rows(AreaPostcode)) == 3, "nothing is left of earlier editions"
    assert town.broken() == {}


def many(count: int, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(f"N{n // 90 + 1} {n % 9 + 1}A{'ABDEFGHJLN'[n // 9 % 10]}", "W01") for n in range(count)] + list(more)


def test_where_every_area_of_the_postcodes_is_gone_people_choose_theirs_again(town: Town):
    found(town)
    codes(town, ("N1 1TY", "W01"))
    placing = town.site.dependencies["placing"]
    with town.database.reading() as db:
        assert placing.choices(db, asks_postcode=True) == ()
    others = collection()
    for feature in others["features"]:
        feature["properties"]["code"] += "N"
    found(town, others, retire=True)
    with town.database.reading() as db:
        assert len(placing.choices(db, asks_postcode=True)) == len(NAMES)


def test_rows_of_postcodes_that_cannot_be_used_are_told_and_the_others_stored(sqlite_town: Town):
    town = sqlite_town
    found(town)
    report = codes(
        town, *many(90, ("Z", "W01"), ("M1 1AE", "W99"), ("M1 1AA", ""), ("N1 1AA", "W02"), ("N1 1AB", "W01"))
    )
    assert report.reasons == [
        "row 92: ‘Z’ is neither a postcode nor the beginning of some",
        "row 93: no area has the code ‘W99’",
        "row 94: it names no area",
        "row 95: N1 1AA is given to another area above; it is counted for neither",
    ]
    assert report.created == 89
    assert "N1 1AA" not in table(town)


def test_a_wrong_table_of_postcodes_leaves_the_old_one_in_force(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postcodes, "A_STEP", 10)
    found(town)
    codes(town, ("N1", "W01"))
    for wrong, words in (
        (many(40, *[("M1", "W99")] * 10), "10 of its 50 rows cannot be used, so nothing was stored. row 42"),
        ([], "it has no rows"),
    ):
        with pytest.raises(BadTable, match=words):
            codes(town, *wrong)
        assert table(town) == {"N1": "W01"}
    assert len(town.rows(AreaPostcode)) == 1


def test_an_import_that_is_cut_off_leaves_the_old_one_in_force(town: Town, monkeypatch: pytest.MonkeyPatch):
    """Its rows are cleared away by whoever comes next."""
    monkeypatch.setattr(postcodes, "A_STEP", 10)
    found(town)
    codes(town, ("N1", "W01"))
    monkeypatch.setattr(postcodes, "clear_away", lambda _database: None)
    monkeypatch.setattr(postcodes, "_put_in_force", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        codes(town, *many(30))
    assert table(town) == {"N1": "W01"}
    assert len(town.rows(AreaPostcode)) == 31
    assert town.broken() == {}
    monkeypatch.undo()
    codes(town, ("N1", "W02"))
    assert table(town) == {"N1": "W02"}
    assert len(town.rows(AreaPostcode)) == 1


def test_two_imports_at_once_do_not_mix(sqlite_town: Town, monkeypatch: pytest.MonkeyPatch):
    town = sqlite_town
    found(town)
    put = postcodes._put_in_force

    def and_another(db, **more):
        db.execute(text("DELETE FROM areas_postcode WHERE postcode = 'M1'"))
        put(db, **more)

    monkeypatch.setattr(postcodes, "_put_in_force", and_another)
    with pytest.raises(BadTable, match="another table was imported meanwhile"):
        codes(town, ("N1", "W01"), ("M1", "W02"))
    assert table(town) == {}


def test_who_brought_what_is_on_record(town: Town):
    found(town)
    people(town, [HEAD, ("W01", "10"), ("W02", "20"), ("Total", "30")])
    codes(town, ("N1", "W01"))
    with town.database.reading() as db:
        newest = latest_imports(db)
        assert coverage(db) == (4, 0, 2, 1, 1)
    assert [(i.row.kind, i.row.file, i.by) for i in newest] == [
        ("postcodes", "postcodes.csv", ""),
        ("populations", "people.csv", ""),
        ("areas", "wards.geojson", ""),
    ]
    assert [i.refused for i in town.rows(AreaImport)] == [0, 1, 0]
