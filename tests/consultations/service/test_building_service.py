"""When and by whom a questionnaire is written at, and what becomes of it with publication."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.core.errors import Invalid, Refusal
from consultations.model import StoredQuestionnaire
from consultations.policy import ConsultationPolicy
from consultations.queries import questionnaires as queries
from consultations.rules import building as rules
from consultations.rules.questionnaire import Questionnaire
from consultations.service import building
from consultations.service.locking import NotYours
from tests.consultations.asking import BRIDGE, Asking
from tests.site import Town

POLICY = ConsultationPolicy()


@pytest.fixture
def asking(town: Town) -> Asking:
    return Asking(town)


def renamed(questionnaire: Questionnaire) -> Questionnaire:
    return rules.change_page(questionnaire, 1, "Paying", "")


def change(asking: Asking, number: int, *, by: int = 0, seen: int | None = None) -> Any:
    by, now = by or asking.edda, asking.town.now
    return asking.do(lambda db: building.change(db, number, renamed, "page-change", by=by, now=now, seen=seen))


def test_a_published_version_never_changes_and_edda_takes_back_what_she_tried(asking: Asking) -> None:
    bridge = asking.published()
    change(asking, bridge)
    first = asking.town.rows(StoredQuestionnaire, StoredQuestionnaire.version == 1)[0]
    assert queries.parse(first) == BRIDGE
    by, now = asking.edda, asking.town.now
    asking.do(lambda db: building.discard_changes(db, bridge, seen=2, by=by, now=now))
    with asking.town.database.reading() as db:
        assert queries.working(db, bridge).pages == BRIDGE.pages
        assert queries.questionnaire(db, bridge, 1) is queries.questionnaire(db, bridge, 1)


def test_two_who_saw_the_same_do_not_both_move_it(asking: Asking) -> None:
    bridge = asking.published()
    change(asking, bridge, seen=1)
    with pytest.raises(building.ChangedMeanwhile):
        change(asking, bridge, by=asking.emil, seen=1)


def test_officials_of_other_departments_write_nothing_and_nobody_after_closing(asking: Asking) -> None:
    bridge = asking.published()
    asking.town.department("parks")
    other = asking.town.staff("erin@example.org", "official", "parks")
    with pytest.raises(NotYours):
        change(asking, bridge, by=other)
    closed = asking.published(opens=asking.town.now - timedelta(days=40))
    with pytest.raises(building.NotNow, match="not-editable"):
        change(asking, closed)


def test_an_empty_questionnaire_is_published_only_beside_a_discussion_or_a_text(asking: Asking) -> None:
    bridge, by, now = asking.published(Questionnaire(), questionnaire_version=0), asking.edda, asking.town.now
    asking.town.sql("DELETE FROM consultations_questionnaire WHERE version = 1")

    def publish(db: Any, *, has_text: bool) -> None:
        consultation = db.get_one(building.Consultation, bridge)
        building.publish_first(db, POLICY, consultation, by=by, now=now, has_text=has_text)

    with pytest.raises(Invalid):
        asking.do(lambda db: publish(db, has_text=False))
    asking.do(lambda db: publish(db, has_text=True))
    assert asking.consultation(bridge).questionnaire_version == 1


def test_what_came_to_nothing_is_not_remembered(asking: Asking) -> None:
    """A version that was read in the transaction that should have stored it, and did not."""
    bridge, by, now = asking.published(), asking.emil, asking.town.now
    change(asking, bridge)

    def fail(db: Any) -> None:
        facts = {"new_meanings": set(), "note": "Why", "seen": 2}
        assert building.publish_changes(db, POLICY, bridge, **facts, by=by, now=now) == 2
        assert queries.questionnaire(db, bridge, 2).pages[0].title == "Paying"
        raise Refusal

    with pytest.raises(Refusal):
        asking.do(fail)
    with asking.town.database.reading() as db, pytest.raises(Refusal):
        queries.questionnaire(db, bridge, 2)
