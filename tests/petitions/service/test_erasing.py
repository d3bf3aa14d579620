"""Six months after its end a petition forgets who signed it; the totals stay."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.service import closing, erasing
from tests.people import LAURA, SAM, crowd
from tests.site import Town

ZONE = ZoneInfo("Europe/London")


def erase(town: Town, reached: erasing.Reached | None = None) -> int:
    return town.database.retrying(lambda db: erasing.erase_some(db, PetitionPolicy(), ZONE, town.now, reached))


def forget_unconfirmed(town: Town) -> int:
    return town.database.retrying(lambda db: erasing.forget_unconfirmed(db, PetitionPolicy(), town.now))


def closed_petition(town: Town) -> int:
    petition = town.open_petition()
    town.sign(petition, SAM, LAURA)
    town.clock.advance(timedelta(days=190))
    town.database.retrying(lambda db: closing.close_overdue(db, town.now))
    return petition


def signers(town: Town, petition: int) -> int:
    ids = [s.id for s in town.rows(Signature, Signature.petition_id == petition)]
    return len(town.rows(Signer, Signer.signature_id.in_(ids)))


def test_anna_and_her_signers_are_forgotten_six_months_after_closing(town: Town):
    petition = closed_petition(town)
    town.clock.advance(timedelta(days=170))
    assert (erase(town), signers(town, petition)) == (0, 8)
    town.clock.advance(timedelta(days=20))
    while erase(town):
        pass
    row = town.petition(petition)
    assert (signers(town, petition), row.salt, row.creator_name, row.signature_count) == (0, None, None, 8)
    town.deliver()
    assert town.broken() == {}


def test_an_interrupted_erasure_goes_on_where_it_stopped(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(erasing, "A_STEP", 3)
    petition = closed_petition(town)
    town.clock.advance(timedelta(days=200))
    left = []
    while erase(town):
        left.append((signers(town, petition), town.petition(petition).salt is None))
    assert left == [(5, False), (2, False), (0, True)]


def test_an_erasure_passes_nobody_twice_and_still_forgets_whoever_it_passed(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(erasing, "A_STEP", 3)
    petition, reached = closed_petition(town), erasing.Reached()
    town.clock.advance(timedelta(days=200))
    erase(town, reached)
    assert (signers(town, petition), reached.of(petition), reached.of(petition + 1)) == (5, 3, 0)
    reached.note(petition, 7)  # as after a step whose transaction was undone
    while erase(town, reached):
        pass
    assert (signers(town, petition), town.petition(petition).salt) == (0, None)


def test_an_open_petition_keeps_its_signers(town: Town):
    petition = town.open_petition()
    town.clock.advance(timedelta(days=150))
    assert (erase(town), signers(town, petition)) == (0, 6)
    assert town.rows(Petition, Petition.salt.is_(None)) == []


def test_what_nobody_confirmed_is_forgotten_after_its_link_and_a_month(town: Town):
    petition = town.open_petition()
    for person in crowd(2, "late"):
        town.request(petition, person)
    town.clock.advance(timedelta(days=36))
    forget_unconfirmed(town)
    assert signers(town, petition) == 8
    town.clock.advance(timedelta(days=2))
    forget_unconfirmed(town)
    assert signers(town, petition) == 6
    town.deliver()
    assert town.broken() == {}
