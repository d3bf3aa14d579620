"""Training cards: shown where a step happens, until an officer has read them."""

from __future__ import annotations

import pytest

from app.outcomes.rules.cards import Card
from app.outcomes.service import desk
from tests.site import RunningSite, Town


def test_a_card_that_imran_put_away_is_put_away_for_him_alone(town: Town):
    imran, una = town.officer(), town.officer("buses")
    with town.database.writing() as db:
        desk.put_away(db, imran, Card.INBOX, town.now)
        desk.put_away(db, imran, Card.INBOX, town.now)
        desk.put_away(db, imran, Card.SEARCH, town.now)
    with town.database.writing() as db:
        assert desk.cards_read(db, imran) == {"inbox", "search"}
        assert desk.cards_read(db, una) == set()
        desk.take_out_again(db, imran)
        assert desk.cards_read(db, imran) == set()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/desk/../x", "/petitions", ""])
def test_a_card_leads_back_to_the_desk_and_nowhere_else(sqlite_site: RunningSite, back: str):
    sqlite_site.town.officer("cards")
    with sqlite_site.signed_in("officer.cards@example.org") as officer:
        answer = officer.post("/desk/cards", data={"card": "inbox", "back": back})
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
        answer = officer.post("/desk/cards", data={"card": "matter", "back": "/desk/referrals/12"})
        assert answer.headers["location"] == "/desk/referrals/12"
        assert officer.post("/desk/cards", data={"card": "other"}).status_code == 404
        assert officer.post("/desk/cards", data={"do": "again", "back": "/desk"}).status_code == 303


def test_the_signed_out_have_no_cards(sqlite_site: RunningSite):
    with sqlite_site.client() as stranger:
        assert stranger.post("/desk/cards", data={"card": "inbox"}).status_code in (303, 403, 404)
