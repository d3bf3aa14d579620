"""The pages of following, for the walk over every page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.app.following.readers import MAYA, Readers
from tests.journeys.everything import World
from tests.journeys.walking import Visit
from tests.people import BOB


def following_visits(world: World) -> Iterator[Visit]:
    """By a visitor: the form, each face of the letter's link, what one follows, stopping, being erased."""
    readers, petition = Readers(world.site.town), world.petitions["open"]
    form = {"kind": "petition", "key": str(petition), "period": "daily"}
    yield Visit(f"/follow?kind=petition&key={petition}", sees="How often")
    yield Visit("/follow?kind=search&key=q%3Dlibrary", sees="about ‘library’")
    yield Visit("/follow", 422, form | {"email": "maya"})
    yield Visit("/follow?kind=moon&key=1", 404)
    yield Visit("/follow/sent", sees="Nothing came?")
    readers.ask(MAYA, "petition", petition)
    yield Visit(readers.confirm_link(MAYA), sees="nothing is sent without the button")
    yield Visit(readers.confirm_link(MAYA), 200, {}, "You follow it from now on")
    yield Visit(readers.confirm_link(MAYA), sees="It was confirmed before")
    yield Visit("/following/confirm/unknown", 404)
    yield from _managing(readers, world)


def _managing(readers: Readers, world: World) -> Iterator[Visit]:
    readers.follow(MAYA, "department", "parks")
    world.site.town.clock.advance(timedelta(seconds=1))
    world.site.town.correct(world.petitions["open"], background="People work on Saturdays, most of them.")
    manage, stop = readers.manage_link(MAYA), readers.stop_link(MAYA)
    first = readers.follows(MAYA)[0]
    yield Visit(manage, sees="Its wording was corrected")
    yield Visit(manage, 200, {"act": "stop", "follow": str(first.id)}, "You follow it no more")
    yield Visit(manage, 200, {"act": "weekly"}, "Once a week")
    yield Visit(manage, 200, {"act": "stop-all"}, "You get no letters about it")
    yield Visit(stop, sees="Pressed by mistake?")
    yield Visit(stop, 200, {"act": "again"}, "You get letters again")
    yield Visit("/following/stop/unknown", 404)
    yield Visit(manage, 200, {"act": "erase"}, "This cannot be undone")
    yield Visit(manage, 200, {"act": "erase", "sure": "yes"}, "are deleted here")
    yield Visit(manage, 410)
    yield Visit(stop, sees="nothing left to stop")


def busy_visit(world: World) -> Visit:
    """Where too many letters were asked for from one network."""
    form = {"kind": "petition", "key": str(world.petitions["open"]), "email": BOB.email}
    return Visit("/follow", 429, form, BOB.email)
