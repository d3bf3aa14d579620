"""Staff find the signatures of an address, help its owner, and leave a record without the address."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from app.audit.model import AuditEntry
from app.core.errors import NotFound
from app.mail.model import Letter
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.rules.thresholds import Threshold
from petitions.service import holding, searching
from petitions.service.ending import invalidate
from petitions.service.statistics import Shelf, Statistics, statistics
from tests.people import ANNA, BOB, LAURA, SAM, SUZIE, Person, crowd
from tests.site import Town

PURPOSE = "She asked why no letter came"


def search(town: Town, person: Person, petition: int | None = None) -> searching.Found:
    by = town.moderator()
    return town.database.retrying(
        lambda db: searching.search(db, town.keys, person.address, petition, PURPOSE, by=by, now=town.now)
    )


def send_again(town: Town, signature: int) -> None:
    by = town.moderator()
    town.database.retrying(lambda db: searching.send_again(db, town.keys, town.policy, signature, by=by, now=town.now))


def news(town: Town, act: Any, signature: int) -> None:
    by = town.moderator()
    town.database.retrying(lambda db: act(db, signature, by=by, now=town.now))


def figures(town: Town, petition: int) -> Statistics:
    with town.database.reading() as db:
        return statistics(db, db.get_one(Petition, petition), town.now)


def test_bobs_signatures_are_found_in_every_spelling_state_and_petition(town: Town):
    library, weir = town.open_petition(), town.open_petition(SUZIE, action="Mend the weir")
    (first,) = town.sign(library, BOB)
    (second,) = town.request(weir, BOB.but(email="bobjones+news@googlemail.com"))
    town.sign(library, LAURA)
    found = search(town, BOB.but(email="b.o.b.jones@gmail.com"))
    assert [(h.signature.id, h.signature.state, h.petition.id, h.name) for h in found.hits] == [
        (second, "pending", weir, "Bob Jones"),
        (first, "validated", library, "Bob Jones"),
    ]
    assert [(h.waiting, h.dead) for h in found.hits] == [(1, 0), (1, 0)]
    assert [h.signature.id for h in search(town, BOB, library).hits] == [first]
    assert search(town, SAM).hits == []


def test_a_search_reaches_every_petition_however_many_there_are(town: Town, monkeypatch):
    monkeypatch.setattr(searching, "_SALTS", searching._SALTS.limit(2))
    ids = [town.sign(town.open_petition(action=f"Petition {n}"), SAM)[0] for n in range(5)]
    assert [h.signature.id for h in search(town, SAM).hits] == sorted(ids, reverse=True)


def test_only_the_newest_are_shown_of_very_many(town: Town, monkeypatch):
    monkeypatch.setattr(searching, "MOST_HITS", 2)
    ids = [town.request(town.open_petition(action=f"Petition {n}"), SAM)[0] for n in range(3)]
    found = search(town, SAM)
    assert ([h.signature.id for h in found.hits], found.more) == (ids[:0:-1], True)


def test_an_ended_signature_is_found_without_a_name_and_an_erased_petition_is_not_searched(town: Town):
    petition = town.open_petition()
    (signature,) = town.sign(petition, SAM)
    by = town.moderator()
    town.database.retrying(lambda db: invalidate(db, signature, reason="duplicate", by=by, now=town.now))
    (hit,) = search(town, SAM).hits
    assert (hit.name, hit.signature.end_reason, hit.signature.number) == ("", "duplicate", 7)
    town.sql("UPDATE petitions_petition SET salt = NULL WHERE id = :id", id=petition)
    assert search(town, SAM).hits == []
    assert search(town, SAM, petition).hits == []
    with pytest.raises(NotFound):
        search(town, SAM, 4242)


def test_each_search_goes_on_record_with_its_purpose_and_without_the_address(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    search(town, SAM, petition)
    search(town, SAM)
    entries = town.rows(AuditEntry, AuditEntry.act == "petitions.search-signatures")
    assert [(e.subject_kind, e.subject_id, e.facts) for e in entries] == [
        ("petition", petition, {"purpose": PURPOSE, "hits": 1}),
        ("petitions.every-petition", 0, {"purpose": PURPOSE, "hits": 1}),
    ]
    assert {e.actor_id for e in entries} == {town.moderator()}
    assert town.broken() == {}


def test_sam_gets_his_letter_again_and_its_link_lives_anew(town: Town):
    petition = town.open_petition()
    (signature,) = town.request(petition, SAM)
    town.clock.advance(timedelta(days=8))
    send_again(town, signature)
    assert town.deliver().subjects(SAM) == ["Confirm your signature"] * 2
    assert (town.signature(signature).letters, town.signature(signature).asked_at) == (2, town.now)
    assert town.confirm(signature)[0].number == 7


def test_a_signature_has_five_letters_and_staff_cannot_send_a_sixth(town: Town):
    petition = town.open_petition()
    (signature,) = town.request(petition, SAM)
    for _again in range(4):
        send_again(town, signature)
    with pytest.raises(holding.LettersUsedUp):
        send_again(town, signature)
    assert len(town.queued("petitions/mail/confirm")) == 5 + 5


def test_a_letter_that_would_lead_nowhere_is_not_sent(town: Town):
    petition = town.open_petition()
    (counted,) = town.sign(petition, SAM)
    (late,) = town.request(petition, LAURA)
    with pytest.raises(searching.NotPending):
        send_again(town, counted)
    town.clock.set(town.petition(petition).closes_at + timedelta(days=2))
    with pytest.raises(holding.LeadsNowhere):
        send_again(town, late)


def test_news_that_staff_stopped_by_mistake_can_be_given_back_for_an_hour(town: Town):
    petition = town.open_petition()
    (signature,) = town.sign(petition, SAM)
    news(town, searching.stop_news, signature)
    news(town, searching.stop_news, signature)
    assert not town.signature(signature).notify
    town.clock.advance(timedelta(minutes=59))
    news(town, searching.give_back_news, signature)
    assert town.signature(signature).notify
    news(town, searching.stop_news, signature)
    town.clock.advance(timedelta(minutes=60))
    with pytest.raises(searching.TooLateToUndo):
        news(town, searching.give_back_news, signature)
    acts = [e.act for e in town.rows(AuditEntry) if e.facts.get("signature") == signature]
    assert acts == ["petitions.stop-news", "petitions.give-back-news", "petitions.stop-news"]


def test_nobody_gets_news_from_staff_who_never_asked_for_it(town: Town):
    petition = town.open_petition()
    (signature,) = town.sign(petition, SAM.but(notify=False))
    with pytest.raises(searching.TooLateToUndo):
        news(town, searching.give_back_news, signature)


def test_before_a_signature_ends_staff_learn_what_it_will_do(town: Town):
    petition = town.open_petition()
    (counted, *_others) = town.sign(petition, *crowd(4, "signer"))
    (pending,) = town.request(petition, SAM)
    town.work()
    with town.database.reading() as db:
        row = db.get_one(Petition, petition)
        effect = searching.effect_of_ending(db.get_one(Signature, counted), row)
        assert effect == searching.Effect(10, 9, [Threshold.RESPONSE])
        assert searching.effect_of_ending(db.get_one(Signature, pending), row) == searching.Effect(10, 10, ())
    by = town.moderator()
    town.database.retrying(lambda db: holding.discard(db, counted, "duplicate", "", by=by, now=town.now))
    assert (town.count(petition), town.petition(petition).response_reached_at) == (9, None)
    assert town.broken() == {}


def test_what_was_answered_is_not_undone_and_the_page_does_not_say_so(town: Town):
    petition = town.open_petition()
    (counted, *_others) = town.sign(petition, *crowd(4, "signer"))
    town.work()
    town.answer(petition)
    with town.database.reading() as db:
        effect = searching.effect_of_ending(db.get_one(Signature, counted), db.get_one(Petition, petition))
    assert effect == searching.Effect(10, 9, [])


def test_the_figures_of_a_petition_add_up(town: Town):
    petition = town.open_petition()
    ids = town.request(petition, SUZIE, SUZIE.but(name="Sam Wong"), LAURA.but(notify=False), *crowd(3, "signer"))
    town.clock.advance(timedelta(minutes=10))
    town.confirm(*ids[:3])
    town.clock.advance(timedelta(minutes=20))
    town.confirm(ids[3])
    by = town.moderator()
    town.database.retrying(lambda db: holding.discard(db, ids[3], "automated", "", by=by, now=town.now))
    town.deliver()
    town.clock.advance(timedelta(hours=3))
    made = figures(town, petition)
    assert (made.validated, made.pending, made.held) == (9, 2, 0)
    assert made.ended == {("invalidated", "automated"): 1}
    assert (made.ended_as("invalidated"), made.ended_as("withdrawn")) == (1, 0)
    assert made.confirmed_share == pytest.approx(100 * 10 / 12)
    assert (made.news, made.news_share) == (8, pytest.approx(100 * 8 / 9))
    assert (made.minutes, made.minutes_of) == (0, 10)
    assert made.pairs == 1
    letters = Counter(row.state for row in town.rows(Letter, Letter.recipient_kind == "petitions.signature"))
    assert letters["sent"] > 0
    assert +Counter(made.letters) == letters
    assert (len(made.hours), sum(n for _hour, n in made.hours)) == (48, 9)
    assert made.hours[-4][1] == 9
    assert made.hours[-1][0] == town.now.replace(minute=0)


def test_half_of_the_signers_confirm_within_the_minutes_that_are_said(town: Town):
    petition = town.open_petition()
    town.sql("UPDATE petitions_signature SET number = NULL, state = 'pending', slot = NULL, household = NULL")
    for minutes, person in zip((5, 15, 60), crowd(3, "signer"), strict=True):
        ids = town.request(petition, person)
        town.clock.advance(timedelta(minutes=minutes))
        town.confirm(*ids)
    assert (figures(town, petition).minutes, figures(town, petition).minutes_of) == (15, 3)


def test_a_petition_that_nobody_signed_has_figures_too(town: Town):
    made = figures(town, town.start(ANNA))
    assert (made.validated, made.confirmed_share, made.minutes, made.news_share, made.pairs) == (0, 0, None, None, 0)


def test_figures_that_took_long_are_kept_and_others_are_not():
    shelf, made = Shelf(), iter(range(10))
    assert [shelf.get(1, lambda: next(made)) for _ in range(2)] == [0, 1]
    shelf.LONG = -1.0
    assert [shelf.get(2, lambda: next(made)) for _ in range(2)] == [2, 2]
