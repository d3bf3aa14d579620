"""Mailboxes that get no letters: who says so, what stays away, and how it ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.mail import service as mail
from app.mail import suppression
from app.mail.mailbox import address_of, mailbox_key
from app.mail.model import Lane, Letter, Suppression
from petitions.identity import mailbox_key as key_of_the_caps
from tests.people import ANNA, BOB, LAURA, SAM, Person
from tests.site import Town


def note(town: Town, what, person: Person | str, reason: str = "bounced 5.1.1"):
    address = person if isinstance(person, str) else person.email
    return town.database.retrying(lambda db: what(db, town.keys, address, reason, town.now))


def stop_by_hand(town: Town, person: Person, reason: str) -> None:
    town.database.retrying(lambda db: suppression.stop_by_hand(db, town.keys, person.address, reason, town.now))


def is_silenced(town: Town, address: str, lane: Lane = Lane.FIRST) -> bool:
    with town.database.reading() as db:
        return suppression.is_silenced(db, town.keys, address, lane)


def newest(town: Town) -> Letter:
    return max(town.rows(Letter), key=lambda row: row.id)


def test_sams_mailbox_is_gone_and_his_letters_are_dropped_and_never_tried(town: Town):
    petition = town.open_petition()
    town.deliver()
    note(town, suppression.note_hard, SAM)
    town.request(petition, SAM, LAURA)
    town.deliver()
    (dropped,) = town.rows(Letter, Letter.fault.is_not(None))
    assert (dropped.state, dropped.fault, dropped.settled_at) == ("dropped", "suppressed", town.now)
    assert town.letters.subjects(SAM) == []
    assert town.letters.subjects(LAURA) == ["Confirm your signature"]


def test_whoever_complained_gets_what_they_ask_for_and_no_news(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    town.deliver()
    note(town, suppression.note_complaint, SAM, "complaint")
    town.request(petition, SAM.but(name="Sue Wong"))
    recipient = ("petitions.signature", town.signatures(petition, SAM)[0].id)
    news = mail.row("petitions/mail/published_sponsor", recipient, town.now, lane=Lane.NEWS)
    town.database.retrying(lambda db: mail.queue(db, [news]))
    town.deliver()
    assert town.letters.subjects(SAM)[-1] == "Confirm your signature"
    assert newest(town).fault == "suppressed"


@pytest.mark.parametrize("lane", Lane)
def test_a_word_of_staff_stops_every_letter(town: Town, lane: Lane):
    stop_by_hand(town, SAM, "he wrote to us")
    assert is_silenced(town, SAM.email, lane)
    assert not is_silenced(town, LAURA.email, lane)


def test_an_owners_word_holds_for_every_spelling_of_the_mailbox(town: Town):
    note(town, suppression.note_complaint, "bob.jones+petitions@gmail.com", "complaint")
    assert is_silenced(town, BOB.email, Lane.NEWS)
    stop_by_hand(town, BOB.but(email="BobJones@googlemail.com"), "asked")
    assert is_silenced(town, BOB.email)


def test_a_stranger_who_invents_a_spelling_that_fails_silences_nobody(town: Town):
    note(town, suppression.note_hard, "sam+nonsense@example.org")
    assert is_silenced(town, "Sam+Nonsense@example.org")
    assert not is_silenced(town, SAM.email)
    note(town, suppression.note_hard, SAM)
    assert is_silenced(town, "sam+later@example.org"), "his mailbox itself is gone"


def test_the_fifth_failure_within_two_weeks_stops_letters(town: Town):
    counts = []
    for _day in range(4):
        counts.append(note(town, suppression.note_soft, SAM, "bounced 5.2.2"))
        town.clock.advance(timedelta(days=3))
    assert counts == [1, 2, 3, 4]
    assert not is_silenced(town, SAM.email)
    assert note(town, suppression.note_soft, SAM, "bounced 4.2.2") == 5
    assert is_silenced(town, SAM.email)
    assert note(town, suppression.note_soft, SAM, "bounced 4.2.2") == 5


def test_failures_that_are_far_apart_are_counted_anew(town: Town):
    for _ in range(4):
        note(town, suppression.note_soft, SAM)
    town.clock.advance(timedelta(days=15))
    assert note(town, suppression.note_soft, SAM) == 1


def test_a_stronger_reason_takes_the_place_of_a_weaker_and_never_the_other_way(town: Town):
    note(town, suppression.note_complaint, SAM, "complaint")
    note(town, suppression.note_soft, SAM)
    assert [r.kind for r in town.rows(Suppression)] == ["complaint"]
    note(town, suppression.note_hard, SAM)
    stop_by_hand(town, SAM, "asked")
    note(town, suppression.note_hard, SAM)
    (row,) = town.rows(Suppression)
    assert (row.kind, row.reason) == ("staff", "asked")


def test_what_was_lifted_can_be_stopped_again_and_fails_anew_by_itself(town: Town):
    note(town, suppression.note_hard, SAM)
    key = mailbox_key(town.keys, SAM.address)
    act = town.database.retrying
    assert act(lambda db: suppression.lift(db, key, town.now))
    assert not is_silenced(town, SAM.email)
    assert act(lambda db: suppression.lift(db, key, town.now)) is None
    assert act(lambda db: suppression.stop_again(db, key, town.now))
    assert is_silenced(town, SAM.email)
    assert act(lambda db: suppression.stop_again(db, key, town.now)) is None
    act(lambda db: suppression.lift(db, key, town.now))
    assert note(town, suppression.note_soft, SAM) == 1
    note(town, suppression.note_hard, SAM)
    assert is_silenced(town, SAM.email)


def test_nobody_who_reads_the_table_learns_an_address(town: Town):
    note(town, suppression.note_hard, SAM)
    (row,) = town.rows(Suppression)
    assert b"sam@" not in row.sealed + row.mailbox
    assert suppression.masked_address(town.keys, row) == "s…@example.org"
    row.sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
    assert suppression.masked_address(town.keys, row) == ""


def test_counts_go_after_a_month_failures_after_a_year_and_an_owners_word_stays(town: Town):
    note(town, suppression.note_soft, LAURA)
    note(town, suppression.note_hard, SAM)
    note(town, suppression.note_complaint, BOB, "complaint")
    stop_by_hand(town, ANNA, "asked")

    def left() -> set[str]:
        town.database.retrying(lambda db: suppression.forget_old(db, town.now))
        return {row.kind for row in town.rows(Suppression)}

    assert left() == {"soft", "hard", "complaint", "staff"}
    town.clock.advance(timedelta(days=31))
    assert left() == {"hard", "complaint", "staff"}
    town.clock.advance(timedelta(days=335))
    assert left() == {"complaint", "staff"}


def test_the_caps_and_the_list_name_a_mailbox_alike(sqlite_town: Town):
    assert mailbox_key(sqlite_town.keys, BOB.address) == key_of_the_caps(sqlite_town.keys, BOB.address)
    assert mailbox_key(sqlite_town.keys, BOB.address) == sqlite_town.keys.digest("mailbox", b"bobjones@gmail.com")


@pytest.mark.parametrize("text", ["", "no address", "root@localhost", "a@b@c", "x" * 70_000 + "@example.org"])
def test_an_address_that_no_form_would_take_is_still_compared(text: str):
    assert address_of(f" {text} ").canonical == text.lower()


def test_reports_that_come_at_the_same_time_are_all_counted(town: Town):
    with ThreadPoolExecutor(6) as servers:
        counts = list(servers.map(lambda _n: note(town, suppression.note_soft, SAM), range(6)))
    assert sorted(counts) == [1, 2, 3, 4, 5, 5]
    assert len(town.rows(Suppression)) == 1
