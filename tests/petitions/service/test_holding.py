"""What a blocked source asks for is held, and leaves as if it had been asked for when staff release it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.audit.model import AuditEntry
from app.mail.model import Letter
from app.mail.service import MAILBOX_A_DAY
from petitions.identity import mailbox_key
from petitions.model.operation import Block
from petitions.model.signature import Signature, Signer
from petitions.service import barring, drafting, holding
from petitions.service.acts import Confirmed
from petitions.service.ending import invalidate
from tests.people import ANNA, SAM, SUZIE, Person, crowd
from tests.site import TEXTS, Town

LIBRARY = "203.0.113.77"


def block(town: Town, kind: str, source: str, reason: str = "Thousands of the same form") -> int:
    def act(db: Any) -> int:
        read = barring.read_source(town.keys, kind, source)
        return barring.block(db, blocklist(town), read, reason, by=town.moderator(), now=town.now).id

    town.moderator()
    return town.database.retrying(act)


def blocklist(town: Town) -> Any:
    return town.site.dependencies["blocklist"]


def request_from(town: Town, petition: int, client: str, *people: Person, sponsor: bool = False) -> list[int]:
    acts = [town.request_act(petition, p, sponsor=sponsor) for p in people]
    for act in acts:
        act.client = client
    town.perform(acts)
    return [a.id for a in acts]


def start_from(town: Town, client: str, person: Person = ANNA) -> int:
    draft = drafting.Draft(
        **TEXTS,
        creator_name=person.name,
        address=person.address,
        country=person.country,
        postcode=person.postcode,
        notify=True,
        privacy="1",
        submission_id=f"from-{client}-0123456789",
        client=client,
    )

    def act(db: Any) -> int:
        return drafting.start(db, town.keys, town.policy, draft, town.now, blocklist(town).now(db)).id

    return town.database.retrying(act)


def release(town: Town, signature: int) -> None:
    by = town.moderator()
    town.database.retrying(lambda db: holding.release(db, town.keys, town.policy, signature, by=by, now=town.now))


def release_some(town: Town, block_id: int, after: int = 0) -> holding.Step:
    by = town.moderator()
    return town.database.retrying(
        lambda db: holding.release_some(db, town.keys, town.policy, block_id, after=after, by=by, now=town.now)
    )


def discard(town: Town, signature: int, reason: str = "automated", note: str = "") -> None:
    by = town.moderator()
    town.database.retrying(lambda db: holding.discard(db, signature, reason, note, by=by, now=town.now))


def states(town: Town, ids: Sequence[int]) -> list[str]:
    return [town.signature(i).state for i in ids]


def everything_recorded(town: Town) -> str:
    return " ".join(f"{e.act} {e.facts}" for e in town.rows(AuditEntry))


def test_sams_signature_from_a_blocked_domain_is_held_and_counts_once_it_was_released_and_confirmed(town: Town):
    petition = town.open_petition()
    found = block(town, "domain", "spam.example")
    sam = SAM.but(email="sam@spam.example")
    (signature,) = town.request(petition, sam)
    held = town.signature(signature)
    assert (held.state, held.held_by, held.letters, held.number) == ("held", found, 0, None)
    assert town.deliver().to(sam) == []
    assert town.count(petition) == 6
    assert town.broken() == {}
    town.clock.advance(timedelta(days=20))
    release(town, signature)
    assert town.deliver().subjects(sam) == ["Confirm your signature"]
    released = town.signature(signature)
    assert (released.state, released.held_by, released.letters) == ("pending", None, 1)
    assert released.asked_at == town.now
    assert town.confirm(signature) == [Confirmed(petition, 7)]
    assert town.count(petition) == 7
    assert town.broken() == {}


def test_a_petition_from_a_blocked_network_is_held_and_begins_when_it_is_released(town: Town):
    block(town, "network", "203.0.113.0/24")
    petition = start_from(town, LIBRARY)
    (signature,) = town.signatures(petition)
    assert (town.petition(petition).state, signature.state, signature.letters) == ("pending", "held", 0)
    assert town.deliver().all == []
    release(town, signature.id)
    assert town.deliver().subjects(ANNA) == ["Share your petition with supporters"]
    town.support(petition)
    assert (town.petition(petition).state, town.count(petition)) == ("in_moderation", 6)
    assert town.broken() == {}


def test_one_blocked_mailbox_is_held_in_every_spelling_and_its_neighbours_are_not(town: Town):
    petition = town.open_petition()
    found = block(town, "address", "Bob.Jones@gmail.com")
    people = [SAM.but(email=e) for e in ("bobjones+x@googlemail.com", "robert@gmail.com")]
    assert states(town, town.request(petition, *people)) == ["held", "pending"]
    assert [(b.pattern, len(b.mailbox)) for b in town.rows(Block, Block.id == found)] == [("B…@gmail.com", 32)]


def test_whoever_is_blocked_twice_is_told_so_and_a_lifted_block_can_stand_again(town: Town):
    found = block(town, "domain", "spam.example")
    with pytest.raises(barring.AlreadyBlocked):
        block(town, "domain", "SPAM.example")
    by, listed = town.moderator(), blocklist(town)
    lift = lambda db: barring.lift(db, listed, found, by=by, now=town.now)
    again = lambda db: barring.block_again(db, listed, found, by=by, now=town.now)
    petition = town.open_petition()
    people = [p.but(email=p.email.replace("example.org", "spam.example")) for p in crowd(3, "spam")]
    for change in (lift, lift):
        town.database.retrying(change)
    assert states(town, town.request(petition, people[0])) == ["pending"]
    town.database.retrying(again)
    assert states(town, town.request(petition, people[1])) == ["held"]
    town.database.retrying(lift)
    block(town, "domain", "spam.example")
    with pytest.raises(barring.AlreadyBlocked):
        town.database.retrying(again)
    acts = [e.act for e in town.rows(AuditEntry) if e.subject_kind == "petitions.block" and e.subject_id == found]
    assert acts == ["petitions.block", "petitions.lift-block", "petitions.block-again", "petitions.lift-block"]


def test_a_whole_source_is_released_in_steps_that_go_on_where_the_last_one_stopped(town: Town, monkeypatch):
    monkeypatch.setattr(holding, "A_STEP", 4)
    petition = town.open_petition()
    found = block(town, "network", "203.0.113.0/24")
    ids = request_from(town, petition, LIBRARY, *crowd(10, "reader"))
    done, last = 0, 0
    while True:
        step = release_some(town, found, last)
        done += step.done
        if step.last is None:
            break
        last = step.last
    assert (done, step.kept, set(states(town, ids))) == (10, 0, {"pending"})
    assert len(town.queued("petitions/mail/confirm")) == 10 + 5
    steps = [e.facts["released"] for e in town.rows(AuditEntry, AuditEntry.act == "petitions.release-some")]
    assert steps == [4, 4, 2]


def test_what_no_letter_can_help_stays_held(town: Town):
    open_still, closed = town.open_petition(), town.open_petition(SUZIE)
    found = block(town, "network", "203.0.113.0/24")
    (one,) = request_from(town, open_still, LIBRARY, SAM)
    (late,) = request_from(town, closed, LIBRARY, SAM)
    town.sql("UPDATE petitions_petition SET closes_at = :at WHERE id = :id", at=_sql(town, -2), id=closed)
    assert release_some(town, found) == holding.Step(1, 1, None)
    assert states(town, [one, late]) == ["pending", "held"]
    with pytest.raises(holding.LeadsNowhere):
        release(town, late)
    with pytest.raises(holding.NotHeld):
        release(town, one)


def test_within_a_day_of_closing_a_released_signature_can_still_be_confirmed(town: Town):
    petition = town.open_petition()
    block(town, "network", "203.0.113.0/24")
    (signature,) = request_from(town, petition, LIBRARY, SAM)
    town.clock.set(town.petition(petition).closes_at + timedelta(hours=20))
    release(town, signature)
    assert town.confirm(signature) == [Confirmed(petition, 7)]


def test_a_mailbox_gets_no_more_letters_a_day_than_it_may(town: Town):
    petition = town.open_petition()
    found = block(town, "network", "203.0.113.0/24")
    flood = [Person(f"Victim {chr(97 + i)}", "victim@example.org") for i in range(MAILBOX_A_DAY + 5)]
    ids = request_from(town, petition, LIBRARY, *flood)
    step = release_some(town, found)
    assert (step.done, step.kept) == (MAILBOX_A_DAY, 5)
    with pytest.raises(holding.MailboxFull):
        release(town, ids[-1])
    town.clock.advance(timedelta(days=1))
    assert release_some(town, found).done == 5
    assert mailbox_key(town.keys, flood[0].address) is not None


def test_a_discarded_signature_is_forgotten_and_changes_no_count(town: Town):
    petition = town.open_petition()
    block(town, "network", "203.0.113.0/24")
    (signature,) = request_from(town, petition, LIBRARY, SAM)
    discard(town, signature, "other", "A drill of our own")
    ended = town.signature(signature)
    assert (ended.state, ended.end_reason, ended.ended_at) == ("invalidated", "other", town.now)
    assert town.rows(Signer, Signer.signature_id == signature) == []
    assert town.count(petition) == 6
    with pytest.raises(holding.AlreadyEnded):
        discard(town, signature)
    assert "A drill of our own" in everything_recorded(town)
    assert town.broken() == {}


def test_a_petition_whose_held_creator_is_discarded_is_stopped(town: Town):
    found = block(town, "network", "203.0.113.0/24")
    one, other = start_from(town, LIBRARY), start_from(town, "203.0.113.78", SUZIE)
    discard(town, town.signatures(one)[0].id)
    assert (town.petition(one).state, town.petition(one).stopped_at) == ("stopped", town.now)
    by = town.moderator()
    step = town.database.retrying(
        lambda db: holding.discard_some(db, found, "automated", "", after=0, by=by, now=town.now)
    )
    assert step == holding.Step(1, 0, None)
    assert town.petition(other).state == "stopped"
    assert town.rows(Signature, Signature.state == "held") == []
    assert town.rows(Letter) == []
    assert town.broken() == {}


def test_a_creators_own_signature_that_was_not_held_stays(town: Town):
    petition = town.open_petition()
    creator = town.petition(petition).creator_signature_id
    assert creator is not None
    with pytest.raises(holding.CreatorSigned):
        discard(town, creator)
    assert town.count(petition) == 6


def test_what_is_held_is_listed_by_block_with_the_oldest_first(town: Town):
    petition = town.open_petition()
    first, second = block(town, "domain", "spam.example"), block(town, "network", "203.0.113.0/24")
    request_from(town, petition, LIBRARY, *crowd(3, "reader"))
    town.clock.advance(timedelta(hours=1))
    town.request(petition, SAM.but(email="sam@spam.example"))
    start_from(town, LIBRARY)
    with town.database.reading() as db:
        listed = holding.held_by_block(db)
        page = holding.held_of(db, second, offset=1, most=2)
        assert (holding.count_held(db), holding.count_held(db, first)) == (5, 1)
    assert [(h.block_id, h.signatures, h.petitions) for h in listed] == [(second, 4, 1), (first, 1, 0)]
    assert [s.kind for s, _p in page] == ["public", "public"]
    assert page[0][0].id < page[1][0].id


def test_the_record_names_no_address(town: Town):
    petition = town.open_petition()
    found = block(town, "address", SAM.email)
    block(town, "network", "203.0.113.0/24")
    (signature,) = town.request(petition, SAM)
    request_from(town, petition, LIBRARY, SUZIE)
    release(town, signature)
    release_some(town, found)
    by = town.moderator()
    town.database.retrying(lambda db: barring.lift(db, blocklist(town), found, by=by, now=town.now))
    said = everything_recorded(town)
    assert "petitions.release" in said
    assert not [word for word in (SAM.email, "example.org", "203.0.113", SAM.name, "@") if word in said]


def test_verify_sees_a_held_signature_without_a_block_and_an_end_that_is_none(town: Town):
    petition = town.open_petition()
    (signature,) = town.request(petition, SAM)
    town.sql("UPDATE petitions_signature SET state = 'held' WHERE id = :id", id=signature)
    assert list(town.broken()) == ["petitions: held signatures have a block"]
    town.sql("UPDATE petitions_signature SET state = 'pending' WHERE id = :id", id=signature)
    (counted,) = town.sign(petition, SUZIE)
    by = town.moderator()
    town.database.retrying(lambda db: invalidate(db, counted, reason="duplicate", by=by, now=town.now))
    assert town.broken() == {}
    town.sql("UPDATE petitions_signature SET end_reason = 'duplicate' WHERE id = :id", id=signature)
    assert town.broken() == {"petitions: ends fit their signatures": [f"signature {signature}"]}


def _sql(town: Town, days: int) -> Any:
    at = town.now + timedelta(days=days)
    return at.replace(tzinfo=None).isoformat(" ", "microseconds") if town.database.is_sqlite else at
