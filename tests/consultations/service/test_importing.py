"""Paper: each row of a sheet is stored whole or not at all, and a sheet that comes again stores what is new."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from openpyxl import Workbook

from app.core.errors import BadField
from app.files.rules.kinds import Kind
from consultations.model import Response, Sheet, SheetRow
from consultations.policy import ConsultationPolicy
from consultations.rules.questionnaire import Option, Page, Question, QuestionKind, Questionnaire
from consultations.rules.sheets import answers_in
from consultations.service import importing
from consultations.service.importing import Importing
from consultations.service.tables import read_table
from tests.consultations.asking import Asking
from tests.site import Town

HEADER = "source_ref,channel,received_on,name,email,consent,q2,q3,q5_14,q5_other,q6"


@pytest.fixture
def asking(town: Town) -> Asking:
    return Asking(town)


def sheet_of(*rows: str) -> bytes:
    return "\r\n".join([HEADER, *rows]).encode()


def sent(asking: Asking, consultation: int, content: bytes) -> tuple[Sheet, list[SheetRow]]:
    """Tom sends a sheet, and the job reads it."""
    town = asking.town
    table = read_table(io.BytesIO(content), Kind.CSV)
    service = Importing(town.site.keys, ConsultationPolicy(), town.settings.zone)

    def begin(db: object) -> int:
        return service.begin(db, asking_row(db, consultation), "paper.csv", table, by=asking.tom, now=town.now).id  # type: ignore[arg-type]

    number = asking.do(begin)
    while asking.do(lambda db: service.read_some(db, town.now)):
        pass
    (sheet,) = town.rows(Sheet, Sheet.id == number)
    return sheet, town.rows(SheetRow, SheetRow.sheet_id == number)


def asking_row(db: object, consultation: int) -> object:
    from consultations.model import Consultation

    return db.get_one(Consultation, consultation)  # type: ignore[attr-defined]


def test_three_hundred_paper_responses_with_three_bad_rows_and_three_known_ones(asking: Asking) -> None:
    town, bridge = asking.town, asking.published()
    day = town.now.date().isoformat()
    known = [f"P-{n},paper,{day},Person {n},,anonymous,yes,,yes,,4" for n in range(3)]
    sent(asking, bridge, sheet_of(*known))
    bad = [
        "P-3,paper,31.02.2026,Person,,anonymous,Yes,,,,",
        "P-4,paper,2026-13-01,Person,,anonymous,Yes,,,,",
        f"P-5,paper,{day},Person,,anonymous,Perhaps,,,,",
    ]
    good = [f"P-{n},paper,{day},Person {n},p{n}@example.org,named,No,Too dear,,By boat,2" for n in range(6, 300)]
    _sheet, rows = sent(asking, bridge, sheet_of(*known, *bad, *good))
    states = [row.state for row in rows]
    assert {s: states.count(s) for s in set(states)} == {"already": 3, "wrong": 3, "stored": 294}
    assert '"q2"' in rows[5].problems
    assert "is none of the answers" in rows[5].problems
    assert asking.consultation(bridge).response_count == 297
    fixed = [row.replace("31.02.2026", day).replace("2026-13-01", day).replace("Perhaps", "Not sure") for row in bad]
    _again, rows = sent(asking, bridge, sheet_of(*known, *fixed, *good))
    assert [row.number for row in rows if row.state == "stored"] == [5, 6, 7]
    assert asking.consultation(bridge).response_count == 300
    one = town.rows(Response, Response.source_ref == "P-17")[0]
    assert (one.channel, one.transcriber_id, one.checker_id) == ("paper", asking.tom, None)
    assert town.broken() == {}


def test_a_scale_with_two_minus_signs_is_wrong_and_the_rest_of_the_sheet_is_read(asking: Asking) -> None:
    bridge, day = asking.published(), asking.town.now.date().isoformat()
    rows = [f"P-{n},paper,{day},Person,,anonymous,Yes,,,,{point}" for n, point in enumerate(("--4", "4"))]
    sheet, read = sent(asking, bridge, sheet_of(*rows))
    assert (sheet.state, [row.state for row in read]) == ("done", ["wrong", "stored"])


def test_answers_that_are_figures_are_read_as_they_stand_on_the_paper() -> None:
    children = Question(2, QuestionKind.SINGLE, "How many children?", options=(Option(3, "1"), Option(4, "3")))
    asked = Questionnaire(pages=(Page(1, "Home", questions=(children,)),), next_id=5)
    assert [answers_in(asked, {"q2": said})[0] for said in ("3", "1", "4")] == [
        {2: {"options": [4]}},
        {2: {"options": [3]}},
        {2: {"options": [4]}},
    ]


def test_no_name_or_address_is_kept_beside_a_row(asking: Asking) -> None:
    bridge, day = asking.published(), asking.town.now.date().isoformat()
    _sheet, rows = sent(
        asking, bridge, sheet_of(f"P-1,paper,{day},Ana Almeida,ana@example.org,named,Yes,,,,", "P-2,paper,,Ben,,,,,,,")
    )
    assert [row.state for row in rows] == ["stored", "wrong"]
    assert all(row.sealed is None and "Ana" not in row.cells and "Ben" not in row.cells for row in rows)


def test_an_address_that_counts_already_counts_once(asking: Asking) -> None:
    bridge, day = asking.published(), asking.town.now.date().isoformat()
    asking.responded(bridge, {2: {"options": [11]}}, email="ana@example.org")
    _sheet, rows = sent(asking, bridge, sheet_of(f"P-1,paper,{day},Ana,ana@example.org,named,Yes,,,,"))
    assert rows[0].state == "wrong"
    assert asking.consultation(bridge).response_count == 1


def test_tara_checks_what_tom_typed_and_tom_does_not(asking: Asking) -> None:
    bridge, day = asking.published(), asking.town.now.date().isoformat()
    sent(asking, bridge, sheet_of(f"P-1,phone,{day},,,none,Yes,,,,"))
    response = asking.town.rows(Response)[0].id
    now = asking.town.now
    with pytest.raises(importing.OwnTranscription):
        asking.do(lambda db: importing.check(db, bridge, response, by=asking.tom, now=now))
    asking.do(lambda db: importing.check(db, bridge, response, by=asking.tara, now=now))
    assert asking.town.rows(Response)[0].checker_id == asking.tara


def test_what_came_in_after_closing_is_refused(asking: Asking) -> None:
    now = asking.town.now
    bridge = asking.published(opens=now - timedelta(days=40), closes=now - timedelta(days=10))
    late = (now - timedelta(days=5)).date().isoformat()
    _sheet, rows = sent(asking, bridge, sheet_of(f"P-1,paper,{late},,,none,Yes,,,,"))
    assert rows[0].state == "wrong"
    assert "received_on" in rows[0].problems


def workbook(change: object = None, rows: int = 1) -> io.BytesIO:
    book = Workbook()
    sheet = book.active
    sheet.append(HEADER.split(","))
    for number in range(rows):
        sheet.append([f"P-{number}", "paper", "2026-06-30"])
    if change:
        change(sheet)  # type: ignore[operator]
    made = io.BytesIO()
    book.save(made)
    return made


def test_a_spreadsheet_is_read_with_dates_and_numbers_as_they_are() -> None:
    def fill(sheet: object) -> None:
        from datetime import datetime

        sheet["C2"], sheet["K2"] = datetime(2026, 6, 30), 4.0  # type: ignore[index]

    table = read_table(workbook(fill), Kind.XLSX)
    assert table.rows[0][1]["received_on"] == "2026-06-30"
    assert table.rows[0][1]["q6"] == "4"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.__setitem__("D2", '=HYPERLINK("http://evil.example")'), "formula"),
        (lambda s: s.merge_cells("A2:B2"), "merged"),
    ],
)
def test_formulas_and_merged_cells_are_refused_in_words(change: object, said: str) -> None:
    with pytest.raises(BadField) as refused:
        read_table(workbook(change), Kind.XLSX)
    assert said in str(refused.value.message)


def test_a_bomb_a_wrong_encoding_and_too_many_rows_are_refused() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b"0" * 110_000_000)
    for content, kind in [
        (bomb, Kind.XLSX),
        (io.BytesIO("source_ref;name\nP-1;Zoë".encode("latin-1")), Kind.CSV),
        (io.BytesIO(sheet_of(*["P,paper,,,,,,,,,"] * 100_000)), Kind.CSV),
    ]:
        with pytest.raises(BadField):
            read_table(content, kind)
