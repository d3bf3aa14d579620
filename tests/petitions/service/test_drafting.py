"""Starting a petition."""

from __future__ import annotations

import threading
from dataclasses import replace

from petitions.model.petition import Petition
from petitions.service import drafting
from tests.people import ANNA
from tests.site import TEXTS, Town

DRAFT = drafting.Draft(
    **TEXTS,
    creator_name=ANNA.name,
    address=ANNA.address,
    country="GB",
    postcode="N1 1TY",
    notify=True,
    privacy="1",
    submission_id="a-form-that-anna-sent-once",
)


def start(town: Town, draft: drafting.Draft = DRAFT) -> int:
    return town.database.retrying(lambda db: drafting.start(db, town.keys, town.policy, draft, town.now).id)


def test_anna_starts_a_petition_and_gets_exactly_one_letter_with_the_link_for_supporters(town: Town):
    petition = start(town)
    found = town.petition(petition)
    assert (found.state, found.signature_count, found.creator_name) == ("pending", 0, "Anna Example")
    (letter,) = town.deliver().to(ANNA)
    assert letter["Subject"] == "Share your petition with supporters"
    assert town.letters.link(ANNA) == town.sponsor_link(petition)
    creator = town.signature(found.creator_signature_id or 0)
    assert (creator.state, creator.kind, creator.number) == ("pending", "creator", None)
    assert town.broken() == {}


def test_the_same_form_sent_again_is_the_same_petition(town: Town):
    assert start(town) == start(town)
    assert len(town.deliver().to(ANNA)) == 1


def test_the_same_form_sent_eight_times_at_once_is_one_petition(town: Town):
    found, faults = [], []

    def click() -> None:
        try:
            found.append(start(town))
        except Exception as fault:
            faults.append(fault)

    clicks = [threading.Thread(target=click) for _ in range(8)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert faults == []
    assert len(set(found)) == 1
    assert len(town.rows(Petition)) == 1
    assert len(town.deliver().to(ANNA)) == 1


def test_anna_cannot_be_flooded_with_secret_links(town: Town):
    for number in range(22):
        start(town, replace(DRAFT, submission_id=f"another-form-number-{number}"))
    assert len(town.rows(Petition)) == 22
    assert len(town.deliver().to(ANNA)) == 20
