"""Northmere's town halls: one to come, one live, one over, and everything in them holds."""

from __future__ import annotations

from app import demo
from app.core.security.passwords import Passwords
from app.core.security.sessions import SignedIn
from app.outcomes.model import Commitment, Referral
from tests.site import Town
from townhall.demo import fill
from townhall.model import Caption, Hall, Participant, Poll, Question
from townhall.rules.lifecycle import HallState
from townhall.rules.questions import QuestionState


def test_the_demo_has_a_hall_of_each_kind_and_what_was_said_in_them(sqlite_town: Town) -> None:
    town = sqlite_town
    town.database.retrying(lambda db: demo._accounts(db, Passwords(1), town.now))
    fill(town.site, town.database, town.now)
    halls = {hall.state: hall for hall in sorted(town.rows(Hall), key=lambda h: h.starts_at)}
    assert set(halls) == {HallState.SCHEDULED, HallState.LIVE, HallState.ENDED}
    live, over = halls[HallState.LIVE].id, halls[HallState.ENDED].id
    asked = town.rows(Question)
    assert {q.state for q in asked if q.hall_id == live} == {
        QuestionState.WAITING,
        QuestionState.OPEN,
        QuestionState.ANSWERED,
    }
    assert halls[HallState.LIVE].stage_id in {q.id for q in asked if q.hall_id == live}
    assert {q.state for q in asked if q.hall_id == over} >= {QuestionState.MERGED, QuestionState.HIDDEN}
    assert {p.state for p in town.rows(Poll, Poll.hall_id == live)} == {"draft", "open", "revealed"}
    assert {p.state for p in town.rows(Poll, Poll.hall_id == over)} == {"revealed"}
    assert len(town.rows(Commitment)) == 3
    assert len(town.rows(Referral)) == 2  # one answered in writing, one that nobody answered yet
    assert len(town.rows(Caption)) > 10
    assert len(town.rows(Participant)) == sum(hall.taken + hall.waiting for hall in town.rows(Hall))
    assert town.rows(SignedIn) == []
    town.database.retrying(demo._letters_have_left)
    assert town.broken() == {}
