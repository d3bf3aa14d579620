"""What the other tests stand on."""

from __future__ import annotations

from consultations.policy import ConsultationPolicy
from consultations.rules.answers import check_all
from consultations.rules.lifecycle import Phase, phase_of
from consultations.rules.questionnaire import shown
from tests.consultations.asking import BRIDGE, NO, YES, Asking
from tests.site import Town


def test_a_consultation_that_is_put_there_is_open_and_counts(town: Town) -> None:
    asking = Asking(town)
    bridge = asking.published()
    asking.responded(bridge, {2: {"options": [YES.id]}})
    found = asking.consultation(bridge)
    assert phase_of(found, town.now) is Phase.OPEN
    assert found.response_count == 1
    assert town.broken() == {}


def test_whoever_says_no_is_asked_why_and_nobody_else() -> None:
    policy = ConsultationPolicy()
    assert 3 not in shown(BRIDGE, {2: {"options": [YES.id]}})
    assert check_all(BRIDGE, {2: {"options": [YES.id]}}, policy).problems == []
    (problem,) = check_all(BRIDGE, {2: {"options": [NO.id]}}, policy).problems
    assert problem.question == 3
