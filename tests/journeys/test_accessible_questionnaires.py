"""The pages on which questionnaires are written, and the list of consultations: see :mod:`tests.journeys.walking`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import databases
from tests.consultations.asking import NO, Asking
from tests.journeys.claiming import BUILDING
from tests.journeys.walking import Visit, walk_over
from tests.site import RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EDDA, EMIL = "edda@example.org", "emil@example.org"


def test_the_pages_of_questionnaires_can_be_used_by_everyone(sqlite_template: Path, tmp_path: Path):
    with databases.sqlite_copy(sqlite_template, tmp_path) as database, RunningSite(database, tmp_path) as site:
        asking = Asking(site.town)
        assert asking.edda, asking.emil
        bridge = asking.published()
        asking.published(title="Ferry fares", hides_results=True)
        closed = asking.published(opens=site.town.now - timedelta(days=40))
        with walk_over(site) as walk:
            walk.visitor(list_visits())
            walk.member(EDDA, writing_visits(f"/hosting/consultations/{bridge}/questions"))
            walk.member(EDDA, [Visit(f"/hosting/consultations/{closed}/questions", sees="It has closed")])
            walk.visitor([Visit(f"/consultations/{bridge}/questions/history", sees="Version 1")])
            assert walk.findings(BUILDING) == []


def list_visits() -> Iterator[Visit]:
    yield Visit("/consultations", sees="2 open consultations")
    yield Visit("/consultations?phase=all&q=bridge&kind=consultation&department=transport")
    yield Visit("/consultations?q=owls", sees="Try fewer or other words")
    yield Visit("/consultations?phase=upcoming", sees="See all consultations")
    yield Visit("/consultations?page=7", sees="There is no such page")


def writing_visits(path: str) -> Iterator[Visit]:
    yield Visit(path, sees="5 questions of at most 200")
    yield Visit(f"{path}/pages", 422, {"title": ""})
    yield Visit(f"{path}/pages/1")
    yield Visit(f"{path}/pages/1", 422, {"title": ""})
    yield Visit(f"{path}/pages/1", 409, {"title": "Paying", "seen_title": "Another"}, "Somebody else saved this")
    yield Visit(f"{path}/pages/1/remove")
    yield Visit(f"{path}/new?page=1", sees="What kind of question is it?")
    for kind in ("short", "long", "single", "multiple", "scale", "matrix", "ranking", "number", "date", "file"):
        yield Visit(f"{path}/new?page=1&kind={kind}", sees="A new question")
    yield Visit(f"{path}/new", 422, {"page": "1", "kind": "matrix", "text": "", "options_new": "One\none"})
    yield Visit(f"{path}/2")
    yield Visit(f"{path}/2", 409, {"seen": "old", "text": "Pay?", "options_new": "A\nB"}, "Somebody else saved this")
    yield Visit(f"{path}/3/conditions", sees="Shown if")
    yield Visit(f"{path}/3/conditions?on=2", sees="It depends on the answer to question 1")
    yield Visit(f"{path}/3/conditions", 422, {"do": "add", "on": "2", "asks": f"contains:{NO.id}"})
    yield Visit(f"{path}/7/place")
    yield Visit(f"{path}/7/place", 422, {"where": ""})
    yield Visit(f"{path}/2/remove", sees="depends on it")
    yield Visit(f"{path}/7/remove", sees="Remove this question?")
    yield Visit(f"{path}/preview", sees="Not shown as it is answered now")
    yield Visit(f"{path}/preview?page=1&easy")
    yield Visit(f"{path}/preview", 200, {"do": "check", "q2": str(NO.id)}, "There is a problem")
    yield Visit(f"{path}/copy", sees="Ferry fares")
    yield Visit(f"{path}/copy?q=owls", sees="No other consultation")
    yield Visit(f"{path}/copy?from=2", sees="Which pages should be copied?")
    yield Visit(f"{path}/copy", 422, {"from": "2"})
    yield Visit(f"{path}/easy?page=1", sees="Plain words")
    yield Visit(f"{path}/publish", sees="Nothing was changed")
    yield Visit(f"{path}/7/move", 200, {"do": "duplicate", "seen": "1"})
    yield Visit(f"{path}/publish", sees="What changes, and why")
    yield Visit(f"{path}/publish", 422, {"note": "", "seen": "2"})
