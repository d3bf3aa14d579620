"""What rooms tell programs: each fact once, in its instant, and nothing that is not public."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from app.core.events import announce
from app.outcomes import service as outcomes
from app.outcomes.rules.answers import read_answer
from app.outcomes.rules.commitments import Promise
from app.webhooks.model import WebhookEvent
from consultations.events import ConsultationUnpublished, OutcomePublished, ResponsesPublished
from consultations.model import Consultation
from consultations.rules.lifecycle import EditorialState
from petitions.events import DebateTold, ThresholdReached, ThresholdUndone
from petitions.rules.debates import DebateState
from petitions.rules.thresholds import Threshold
from tests.app.webhooks.receivers import Programs
from tests.consultations.asking import Asking
from tests.people import crowd
from tests.townhall.meeting import Meeting
from townhall.events import HallCancelled, HallEnded, HallScheduled, HallStarted, MinutesPublished
from townhall.rules.lifecycle import HallState


def told(programs: Programs, *events: object) -> None:
    """The rooms announce these in one act."""

    def act(db: Any) -> None:
        for event in events:
            announce(db, event)

    programs.town.database.retrying(act)


def data(programs: Programs, place: int = -1) -> dict[str, Any]:
    """What the event in this place says."""
    found: dict[str, Any] = json.loads(programs.town.rows(WebhookEvent)[place].body)["data"]
    return found


def test_a_consultation_opens_once_and_closes_once(programs: Programs):
    cases, town = programs.add(), programs.town
    asking = Asking(town)
    now = town.now
    bridge = asking.published(opens=now + timedelta(hours=1), closes=now + timedelta(days=20))
    town.work()
    assert programs.types(cases) == []
    town.clock.advance(timedelta(hours=1))
    town.work()
    town.work()
    assert programs.types(cases) == ["consultation.opened"]
    said = data(programs)
    assert (said["kind"], said["id"]) == ("consultation", bridge)
    assert said["api_url"].endswith(f"/api/v1/consultations/{bridge}")
    assert said["opens_at"] == "2026-03-02T13:00:00Z"
    town.clock.advance(timedelta(days=21))
    town.work()
    assert programs.types(cases) == ["consultation.opened", "referral.made", "consultation.closed"]
    told(programs, ResponsesPublished(bridge, 3, town.now), OutcomePublished(bridge, town.now))
    assert programs.types(cases)[3:] == ["consultation.responses_published", "consultation.outcome_published"]


def test_one_that_was_over_before_anybody_looked_is_not_said_to_open(programs: Programs):
    cases, asking = programs.add(), Asking(programs.town)
    asking.published(opens=programs.town.now - timedelta(days=30), closes=programs.town.now - timedelta(days=1))
    programs.town.work()
    assert "consultation.opened" not in programs.types(cases)


def test_a_consultation_that_was_taken_off_takes_its_words_along(programs: Programs):
    cases, asking = programs.add(), Asking(programs.town)
    bridge = asking.published(title="A toll that nobody may read of")
    programs.town.work()
    with programs.town.database.writing() as db:
        row = db.get_one(Consultation, bridge)
        row.state, row.unpublished_at, row.unpublished_reason = EditorialState.UNPUBLISHED, programs.town.now, "Wrong"
    told(programs, ConsultationUnpublished(bridge, programs.town.now), OutcomePublished(bridge, programs.town.now))
    assert programs.types(cases) == ["consultation.opened", "consultation.removed"]
    assert programs.states(cases) == ["dropped", "waiting"]
    assert data(programs)["title"] is None


def test_a_hall_from_its_announcement_to_its_minutes(programs: Programs):
    cases, town = programs.add(), programs.town
    hall, at = Meeting(town).hall(HallState.SCHEDULED), town.now
    told(programs, *(made(hall, at) for made in (HallScheduled, HallStarted, HallEnded)), MinutesPublished(hall, 1, at))
    assert programs.types(cases) == [
        "townhall.scheduled",
        "townhall.started",
        "townhall.ended",
        "townhall.minutes_published",
    ]
    said = data(programs)
    assert said["departments"] == ["council", "council-roads"]
    assert said["url"].endswith(f"/townhalls/{hall}")


def test_nothing_is_said_of_a_draft(programs: Programs):
    cases, town = programs.add(), programs.town
    hall = Meeting(town).hall(HallState.DRAFT)
    told(programs, HallScheduled(hall, town.now), HallCancelled(hall, town.now))
    petition = town.start()
    reached = (petition, Threshold.RESPONSE, 1, town.now)
    told(programs, ThresholdReached(*reached), ThresholdUndone(petition, Threshold.RESPONSE, 9, town.now))
    assert programs.types(cases) == []


def test_word_of_a_debate_is_one_of_three(programs: Programs):
    cases, town = programs.add(), programs.town
    petition = town.open_petition()
    for version, state in enumerate((DebateState.SCHEDULED, DebateState.OUTCOME, DebateState.NOT_HELD), start=1):
        told(programs, DebateTold(petition, version, state, town.now))
    assert programs.types(cases)[1:] == ["petition.debate_scheduled", "petition.debated", "petition.debate_not_held"]


def test_promises_are_told_and_what_is_about_a_hidden_petition_is_not(programs: Programs):
    cases, town = programs.add(), programs.town
    petition = town.open_petition()
    town.sign(petition, *crowd(10))
    town.work()
    by, referral = town.officer(), town.referrals(petition)[0]
    promise = Promise("Open on Sundays", "Head of libraries", date(2026, 5, 1))
    words = read_answer("will-do", "We will open.", "From May.", promises=[promise])
    town.database.retrying(
        lambda db: outcomes.answer(
            db, referral.id, referral.department_id or 0, words, after_version=0, by=by, now=town.now
        )
    )
    assert programs.types(cases)[-3:] == ["commitment.made", "referral.answered", "petition.responded"]
    assert data(programs, -3)["title"] == "Open on Sundays"
    assert data(programs, -3)["due_on"] == "2026-05-01"
    before = len(programs.types(cases))
    town.take_down(petition)
    town.clock.advance(timedelta(days=90))
    town.work()
    later = programs.types(cases)[before:]
    assert [kind for kind in later if not kind.startswith("petition.")] == []


def test_no_message_ever_names_a_person(programs: Programs):
    town = programs.town
    programs.add()
    people = crowd(10)
    petition = town.open_petition()
    town.sign(petition, *people)
    town.work()
    town.answer(petition)
    said = " ".join(event.body for event in town.rows(WebhookEvent))
    assert "petition.responded" in said
    for person in people:
        assert person.name not in said
        assert person.email not in said
