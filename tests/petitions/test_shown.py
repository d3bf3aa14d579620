"""What a petition's page is told to be on record is on record, and nothing of its neighbour's."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import exists, select

from app.comments.model import Thread
from app.outcomes.model import Referral
from app.trails.model import Link
from petitions.model.operation import Stop
from petitions.model.petition import AreaCount, CountryCount, Crossing, Event, HourCount
from petitions.model.sorting import PetitionTopic
from petitions.queries.shown import shown
from petitions.service.telling import tell
from tests.app.trails.linked import Linked
from tests.people import crowd
from tests.site import Town

QUIET = {"stops": False, "discussion": False, "story": False, "areas": False}
KINDS = {
    "crossings": Crossing,
    "events": Event,
    "topics": PetitionTopic,
    "countries": CountryCount,
    "hours": HourCount,
    "areas": AreaCount,
}


def told(town: Town, petition: int) -> dict[str, bool]:
    with town.database.reading() as db:
        found = shown(db, petition)
    assert found is not None
    assert found[0].id == petition
    return asdict(found[1])


def counted(town: Town, petition: int) -> dict[str, bool]:
    """The same, asked of each table by itself."""
    asked = {name: exists().where(kind.petition_id == petition) for name, kind in KINDS.items()}
    asked["referrals"] = exists().where(Referral.subject_id == petition)
    asked["discussion"] = exists().where(Thread.subject_kind == "petition", Thread.subject_id == petition)
    linked = (Link.from_kind == "petition") & (Link.from_id == petition) | (Link.to_kind == "petition") & (
        Link.to_id == petition
    )
    asked["story"] = exists().where(linked, Link.withdrawn_at.is_(None))
    asked["stops"] = exists().where(Stop.ended_at.is_(None))
    with town.database.reading() as db:
        return {name: bool(db.scalar(select(one))) for name, one in asked.items()}


def test_a_lively_petition_and_its_quiet_neighbour(town: Town):
    quiet, lively = town.start(), town.open_petition()
    town.sign(lively, *crowd(4, "public"))
    town.database.retrying(lambda db: tell(db, lively, "published-again", town.now))
    town.sql("INSERT INTO petitions_topic (slug, name) VALUES ('parks', 'Parks')")
    town.sql("INSERT INTO petitions_petition_topic SELECT :petition, id FROM petitions_topic", petition=lively)
    assert told(town, lively) == counted(town, lively)
    assert told(town, quiet) == counted(town, quiet)
    assert told(town, lively) == dict.fromkeys((*KINDS, "referrals"), True) | QUIET
    assert not any(told(town, quiet).values())


def test_a_link_is_told_at_both_of_its_ends_while_it_stands(town: Town):
    linked = Linked(town)
    before, after, other = (linked.petition(f"Mend footbridge {n}") for n in "abc")
    made = linked.link(before, after)
    for one in (before, after, other):
        assert told(town, one.id) == counted(town, one.id)
    assert told(town, before.id)["story"]
    linked.take_back(made)
    assert not told(town, after.id)["story"]


def test_a_stop_anywhere_is_told_while_it_stands(town: Town):
    petition = town.start()
    town.sql(
        "INSERT INTO petitions_stop (kind, message, began_at, due_at, reached_id)"
        " VALUES ('signing', '', '2026-03-01 12:00:00+00:00', '2026-03-01 12:00:00+00:00', 0)"
    )
    assert told(town, petition)["stops"]
    town.sql("UPDATE petitions_stop SET ended_at = due_at")
    assert not told(town, petition)["stops"]


def test_nobody_is_shown_what_is_not_theirs_to_know(town: Town):
    withdrawn, published = town.start(), town.open_petition()
    town.withdraw_petition(withdrawn)
    town.withdraw_petition(published)
    with town.database.reading() as db:
        assert shown(db, withdrawn) is None
        assert shown(db, 10**9) is None
        assert shown(db, published) is not None
