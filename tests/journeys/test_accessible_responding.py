"""The pages of respondents, in every state they can be in: see :mod:`tests.journeys.walking`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.core.db import Database
from consultations.model import LatePass
from consultations.queries.answering import CONFIRM, LATE, NOT_ME, RECEIPT
from consultations.rules.questionnaire import Page, Questionnaire
from consultations.rules.responses import ResponseState
from tests.consultations.asking import YES, Asking
from tests.consultations.rules.test_typed import QUESTIONS
from tests.consultations.visiting import ABOUT, answer_all, begin
from tests.journeys.claiming import RESPONDING
from tests.journeys.walking import Visit, walk_over
from tests.site import RunningSite, another

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ANSWERS = {2: {"options": [YES.id]}, 7: "A bridge\nis a bridge"}


def test_the_pages_of_respondents_can_be_used_by_everyone(sqlite_database: Database, tmp_path: Any) -> None:
    with RunningSite(sqlite_database, tmp_path) as site, walk_over(site) as walk:
        asking = Asking(site.town)
        walk.visitor(answering_visits(site, asking))
        walk.visitor(owners_visits(site, asking))
        assert walk.findings(RESPONDING) == []


def answering_visits(site: RunningSite, asking: Asking) -> Iterator[Visit]:
    bridge = asking.published()
    kinds = asking.published(Questionnaire(pages=(Page(300, "All kinds", questions=QUESTIONS),), next_id=900))
    yield Visit(f"/consultations/{bridge}/answer")
    yield Visit(f"/consultations/{asking.published(opens=site.town.now + timedelta(days=1))}/answer")
    typed = begin(site.base, kinds).at
    yield Visit(typed)
    asked = " ".join(str(q.id) for q in QUESTIONS)
    wrong = {"seen": "300:0", "asked": asked, "q3": "999", "q6_201": "7", "q7_101": "1", "q7_102": "1", "q9_day": "40"}
    yield Visit(typed, 422, wrong)
    yield Visit(typed, 409, {"seen": "300:0", "asked": asked, "q1": "Other words"}, "Somebody else changed this page")
    yield Visit(typed.rsplit("/", 1)[0] + "/all")
    lead = begin(site.base, bridge, **{"as": "organisation"}).at.rsplit("/", 1)[0]
    yield Visit(lead)
    yield Visit(f"{lead}/save")
    yield Visit(f"{lead}/save?done=yes")
    yield Visit(f"{lead}/save", 422, {"email": "nobody"})
    yield Visit(f"{lead}/about")
    yield Visit(f"{lead}/about", 422, {"seen": "0:0", "name": "", "privacy": "1"})
    yield Visit(f"{lead}/check")
    yield Visit(f"{lead}/send", 422, {"way": ""}, "There is a problem")
    sent = answer_all(begin(site.base, bridge))
    sent.fill(ABOUT)
    yield Visit(sent.at)
    yield Visit(
        sent.at.replace("/sent", "/correct"), 409, {"email": "ana@example.org"}, "We no longer know what you sent"
    )
    yield from closed_visits(site, asking)


def closed_visits(site: RunningSite, asking: Asking) -> Iterator[Visit]:
    over = asking.published(closes=site.town.now + timedelta(minutes=1))
    typed = begin(site.base, over).at
    site.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    yield Visit(typed, 409, sees="has closed")
    yield Visit(f"/consultations/{over}/answer")
    yield Visit(f"/consultations/late/{site.town.keys.token(LATE, admitted(site, asking, over))}")


def admitted(site: RunningSite, asking: Asking, over: int) -> int:
    now = site.town.now
    late = LatePass(
        consultation_id=over,
        admitted="Blind Association",
        reason="The screen reader version came late",
        until=now + timedelta(days=3),
        at=now,
        by_id=asking.edda,
    )

    def store(db: Any) -> int:
        db.add(late)
        db.flush()
        return late.id

    return asking.do(store)


def owners_visits(site: RunningSite, asking: Asking) -> Iterator[Visit]:
    bridge, keys = asking.published(), site.town.keys
    counted = asking.responded(bridge, ANSWERS, email="ana@example.org")
    again = asking.responded(bridge, ANSWERS, email="ana@example.org", state=ResponseState.PENDING)
    yield Visit(f"/responses/confirm/{keys.token(CONFIRM, again)}", sees="newest version")
    yield Visit(f"/responses/confirmed/{keys.token(CONFIRM, counted)}")
    yield Visit(f"/responses/not-me/{keys.token(NOT_ME, again)}")
    yield Visit(f"/responses/not-me/{keys.token(NOT_ME, 1)}", sees="Thank you")
    receipt = f"/responses/receipt/{keys.token(RECEIPT, counted)}"
    yield Visit(receipt)
    yield Visit(f"{receipt}?done=consent")
    yield Visit(f"{receipt}/withdraw")
    yield Visit(another(receipt), 404)
