"""A page that shows a petition's heading alone finds and refuses what the petition's own page does."""

from __future__ import annotations

from app.core.errors import NotFound, Refusal
from petitions.model.petition import Petition
from petitions.web.addressed import headed, readable
from tests.site import Town


def answered(town: Town, ref: str) -> list[tuple[int, str] | str]:
    """What each of the two makes of an address."""
    answers: list[tuple[int, str] | str] = []
    for read in (headed, readable):
        with town.database.reading() as db:
            try:
                petition: Petition = read(db, ref)
                answers.append((petition.id, petition.action))
            except Refusal as refusal:
                answers.append(type(refusal).__name__)
    return answers


def test_the_heading_is_read_of_every_petition_that_may_be_read(town: Town):
    shown = town.open_petition(action="Keep the pool open")
    assert answered(town, str(shown)) == [(shown, "Keep the pool open")] * 2


def test_what_may_not_be_read_has_no_heading(town: Town):
    supported, down = town.start(), town.open_petition(action="Mind the gap")
    town.take_down(down)
    assert answered(town, str(down)) == ["PetitionRemoved"] * 2
    for ref in (str(supported), "999999", "seven", "-1"):
        heading, whole = answered(town, ref)
        assert heading == whole
    assert answered(town, "999999") == [NotFound.__name__] * 2
