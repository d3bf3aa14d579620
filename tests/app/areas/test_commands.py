"""What an operator types, and the real boundaries and populations of the United Kingdom."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from app.areas.commands import import_areas, import_populations, import_postcodes
from app.areas.model import Area
from app.areas.queries import read_places
from app.areas.web.choropleth import choropleth
from tests.app.areas.places import BOUNDARIES, POPULATIONS, collection
from tests.site import Town

Command = Callable[..., tuple[int, str, str]]
needs_the_real_ones = pytest.mark.skipif(
    not (BOUNDARIES.exists() and POPULATIONS.exists()), reason="the real boundaries and populations are not here"
)


@pytest.fixture
def run(sqlite_town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Exit code, what it says, and what it complains of."""
    monkeypatch.setenv("TOWNSQUARE_DATABASE_URL", sqlite_town.database.url)

    def command(what: click.Command, *words: object) -> tuple[int, str, str]:
        code = 0
        try:
            what.main([str(word) for word in words], standalone_mode=False)
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_three_files_one_after_the_other(run: Command, tmp_path: Path, sqlite_town: Town):
    shapes, people, codes = (tmp_path / name for name in ("a.geojson", "p.csv", "c.csv"))
    shapes.write_text(json.dumps(collection()))
    people.write_text("code,people\nW01,2500\nW02,3000\nTotal,5500\n")
    codes.write_text("pcds,ward_cd\nN1 1TY,W01\nN2,W02\n")
    assert run(import_areas, shapes, "--called", "ward") == (
        0,
        "Code is code, name is name; 4 areas.\n4 created, 0 updated, 0 unchanged, 0 refused.\n",
        "",
    )
    code, said, complaint = run(import_populations, people)
    assert (code, said) == (1, "2 created, 0 updated, 0 unchanged, 1 refused.\n")
    assert complaint.startswith("refused row 4: no area is called ‘Total’")
    assert run(import_postcodes, codes)[:2] == (0, "2 created, 0 updated, 0 unchanged, 0 refused.\n")
    assert sqlite_town.broken() == {}


def test_a_wrong_file_is_one_line_with_its_name(run: Command, tmp_path: Path):
    shapes = tmp_path / "wards.geojson"
    shapes.write_text("<kml/>")
    with pytest.raises(click.ClickException) as wrong:
        run(import_areas, shapes)
    assert wrong.value.format_message().startswith("wards.geojson: it is not JSON")
    assert wrong.value.format_message().endswith("Nothing was changed.")


@needs_the_real_ones
def test_the_real_constituencies(run: Command, sqlite_town: Town):
    """650 areas; the row with a name that was decoded the wrong way and the row of the total are told, not guessed."""
    assert run(import_areas, BOUNDARIES, "--called", "constituency")[:2] == (
        0,
        "Code is PCON24CD, name is PCON24NM; 650 areas.\n650 created, 0 updated, 0 unchanged, 0 refused.\n",
    )
    code, said, complaint = run(import_populations, POPULATIONS)
    assert (code, said) == (1, "649 created, 0 updated, 0 unchanged, 2 refused.\n")
    assert complaint.splitlines() == [
        "refused row 649: no area is called ‘Ynys MÃ´n’ (its letters were decoded the wrong way: ‘Ynys Môn’?)",
        "refused row 652: no area is called ‘Grand Total’ (its figure is the sum of all others: a total)",
    ]
    assert run(import_areas, BOUNDARIES, "--called", "constituency")[1].endswith(
        "0 created, 0 updated, 650 unchanged, 0 refused.\n"
    )
    assert run(import_populations, POPULATIONS)[1] == "0 created, 0 updated, 649 unchanged, 2 refused.\n"
    assert [a.name for a in sqlite_town.rows(Area) if a.population is None] == ["Ynys Môn"]
    assert sqlite_town.broken() == {}


@needs_the_real_ones
def test_the_real_map_is_light_and_lies_as_the_country_does(run: Command, sqlite_town: Town):
    run(import_areas, BOUNDARIES)
    with sqlite_town.database.reading() as db:
        places = read_places(db)
    drawn = choropleth(places, {p.code: n for n, p in enumerate(places.living)}, {}, str)
    assert len(drawn.outlines.packed) + len(gzip.compress(drawn.inside.encode(), 2)) < 100_000
    assert len(drawn.legend) == 5
    at = {p.name: p for p in places.living}
    assert at["Orkney and Shetland"].top < at["Edinburgh South"].top < at["Leeds South"].top < at["St Ives"].top
    assert at["Belfast East"].left < at["Cardiff East"].left < at["Waveney Valley"].left
    assert 1.6 < places.height / places.width < 2.1
