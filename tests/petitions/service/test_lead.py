"""The lead department can be changed after publication; what it owes moves with it."""

from __future__ import annotations

import pytest

from app.audit.queries import acts_on
from app.core.errors import Invalid
from app.core.subject import SubjectRef
from petitions.service.publishing import NotWaiting
from tests.people import crowd
from tests.site import Town


def change_lead(town: Town, petition: int, slug: str) -> None:
    kind = town.site.moderated["petition"]
    by = town.moderator()
    town.database.retrying(lambda db: kind.change_lead(db, petition, slug, by=by, now=town.now))


def test_maureen_hands_an_unanswered_petition_to_the_right_department(town: Town):
    petition = town.open_petition()
    town.department("streets")
    town.sign(petition, *crowd(5))
    (before,) = town.referrals(petition)
    change_lead(town, petition, "streets")
    (after,) = town.referrals(petition)
    assert after.department_id == town.petition(petition).lead_department_id != before.department_id
    assert after.due_at == before.due_at
    with town.database.reading() as db:
        assert acts_on(db, SubjectRef("petition", petition))[-1].act == "petitions.lead"
    assert town.broken() == {}


def test_what_was_answered_stays_with_who_answered(town: Town):
    petition = town.open_petition()
    town.department("streets")
    town.sign(petition, *crowd(5))
    town.answer(petition)
    (before,) = town.referrals(petition)
    change_lead(town, petition, "streets")
    (after,) = town.referrals(petition)
    assert after.department_id == before.department_id


def test_an_unknown_department_is_refused_and_nothing_moves(town: Town):
    petition = town.open_petition()
    before = town.petition(petition).lead_department_id
    with pytest.raises(Invalid):
        change_lead(town, petition, "nowhere")
    assert town.petition(petition).lead_department_id == before


def test_before_publication_there_is_no_lead_to_change(town: Town):
    petition = town.start()
    town.department("streets")
    with pytest.raises(NotWaiting):
        change_lead(town, petition, "streets")
