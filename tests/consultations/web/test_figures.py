"""Published figures: everybody reads what most people answered, and nobody works out what one person did."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from typing import Any

import pytest

from consultations.model import Consultation, Figures, LatePass, Response
from consultations.rules.questionnaire import Page, Question, QuestionKind, Questionnaire
from consultations.rules.responses import Consent
from consultations.service import feedback, roll
from tests.consultations.asking import NO, UNSURE, YES, Asking
from tests.site import RunningSite

CONFIDENTIAL = Questionnaire(
    pages=(
        Page(
            1,
            "The toll",
            questions=(
                Question(2, QuestionKind.SINGLE, "Should crossing cost something?", options=(YES, NO, UNSURE)),
                Question(3, QuestionKind.SINGLE, "Are you ill?", options=(YES, NO), confidential=True),
            ),
        ),
    ),
    next_id=30,
)


def answers(option: Any, ill: Any = NO) -> dict[int, Any]:
    return {2: {"options": [option.id]}, 3: {"options": [ill.id]}}


def responded(asking: Asking, bridge: int, count: int, option: Any, **more: Any) -> list[int]:
    return [asking.responded(bridge, answers(option), **more) for _n in range(count)]


def closed(site: RunningSite) -> tuple[Asking, int]:
    asking = Asking(site.town)
    return asking, asking.published(CONFIDENTIAL, opens=asking.town.now - timedelta(days=29))


def release(asking: Asking, bridge: int, note: str = "") -> None:
    now = asking.town.now

    def act(db: Any) -> None:
        row = db.get_one(Consultation, bridge)
        feedback.save(
            db, row, summary="Most find it too dear.", body="", note=note, chosen=[], revision=0, by=asking.tom, now=now
        )
        feedback.hand_in(db, row, revision=1, by=asking.tom, now=now)
        feedback.release(db, row, revision=1, small=5, by=asking.tara, now=now, leaves_at=now)

    asking.do(act)


def figures(site: RunningSite, bridge: int) -> dict[str, Any]:
    with site.client() as ana:
        return ana.get(f"/consultations/{bridge}/figures.json").json()


def let_in_late(asking: Asking, bridge: int) -> None:
    """The Blind Association answers after closing, by its pass."""
    now = asking.town.now

    def act(db: Any) -> int:
        row = LatePass(
            consultation_id=bridge, admitted="Blind Association", reason="Late texts", until=now + timedelta(days=3),
            at=now, by_id=asking.edda,
        )  # fmt: skip
        db.add(row)
        db.flush()
        return int(row.id)

    responded(asking, bridge, 1, UNSURE, late_pass_id=asking.do(act))


def test_figures_are_those_of_the_roll_and_one_more_response_does_not_show_what_it_says(site: RunningSite) -> None:
    asking, bridge = closed(site)
    responded(asking, bridge, 12, NO)
    responded(asking, bridge, 7, YES)
    responded(asking, bridge, 6, UNSURE)
    with site.client() as ana:
        assert ana.get(f"/consultations/{bridge}/figures").status_code == 404
    release(asking, bridge)
    first = figures(site, bridge)
    assert (first["responses"], first["left_out"], first["roll_version"]) == (25, 0, 1)
    (question,) = first["questions"]
    (table,) = question["tables"]
    assert dict(zip(table["rows"], (cells[0] for cells in table["cells"]), strict=True)) == {
        "Yes": 7,
        "No": 12,
        "Not sure": 6,
    }
    let_in_late(asking, bridge)
    asking.do(lambda db: roll.write_roll(db, db.get_one(Consultation, bridge), asking.town.now))
    release(asking, bridge, note="A sentence was wrong.")
    assert figures(site, bridge) == first, "the difference of two tables would be one person's answer"
    (stored,) = asking.town.rows(Figures, Figures.consultation_id == bridge)
    assert stored.responses == 25


def test_ana_reads_bars_and_tables_and_no_page_knows_what_is_left_out(sqlite_site: RunningSite) -> None:
    asking, bridge = closed(sqlite_site)
    responded(asking, bridge, 31, NO)
    responded(asking, bridge, 2, YES)
    responded(asking, bridge, 8, UNSURE)
    release(asking, bridge)
    with sqlite_site.client() as ana:
        page, findings = (ana.get(f"/consultations/{bridge}/{name}").text for name in ("figures", "findings"))
        rows = list(csv.reader(ana.get(f"/consultations/{bridge}/figures.csv").text.splitlines()))[1:]
    for text in (page, findings):
        assert '<svg class="ts-bar"' in text
        assert re.search(r"\b31\b", text)
        assert "left out" in text
        assert "Are you ill?" not in text, "what is confidential has no figures"
    shown = {row[4]: row[6] for row in rows if row[4]}
    assert shown["Yes"] == ""
    assert shown["Not sure"] == "", "or the two who said yes were what is missing from the total"
    (stored,) = asking.town.rows(Figures, Figures.consultation_id == bridge)
    assert ",2," not in stored.questions
    assert "[2]" not in stored.questions, "what is left out is not even stored"


@pytest.mark.parametrize(("unwilling", "counted", "left_out"), [(1, 20, 1), (4, 20, 4), (6, 26, 0)])
def test_few_who_want_nothing_published_are_not_told_by_subtracting(
    sqlite_site: RunningSite, unwilling: int, counted: int, left_out: int
) -> None:
    asking, bridge = closed(sqlite_site)
    responded(asking, bridge, 10, NO)
    responded(asking, bridge, 10, YES)
    responded(asking, bridge, unwilling, YES, consent=Consent.NONE)
    release(asking, bridge)
    found = figures(sqlite_site, bridge)
    assert (found["responses"], found["left_out"]) == (counted, left_out)
    with sqlite_site.client() as ana:
        page = ana.get(f"/consultations/{bridge}/figures").text
    assert ("not in these tables" in page) == (left_out > 0)


def test_what_was_changed_after_the_roll_is_not_in_it(sqlite_site: RunningSite) -> None:
    asking, bridge = closed(sqlite_site)
    stays = responded(asking, bridge, 9, NO)
    asking.do(lambda db: roll.write_roll(db, db.get_one(Consultation, bridge), asking.town.now))
    asking.do(lambda db: setattr(db.get_one(Response, stays[0]), "digest", b"\1" * 32))
    release(asking, bridge)
    assert figures(sqlite_site, bridge)["responses"] == 8
