"""Somebody who joins, signs and leaves, for the walk over every page: who looks at which, signed in or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app.core.security.sessions import FRESH_FOR
from tests.journeys.walking import Visit as Look
from tests.people import BOB, PEDRO, SUZIE, Person
from tests.site import RunningSite

HER = SUZIE.but(email="suzie.joins@example.org")


class Member:
    """Suzie has an account and signed; Pedro has a letter to join; each link is still to be pressed."""

    def __init__(self, site: RunningSite, petition: int) -> None:
        self.site = site
        (self.signature,) = site.town.sign(petition, HER)
        with site.client() as client:
            client.post("/sign-up", data={"email": HER.email, "name": HER.name})
            client.post(self._link(HER, "Confirm your address"), data={"name": HER.name})
            client.post("/account/address", data={"email": "suzie.moved@example.org"})
            client.post("/sign-up", data={"email": PEDRO.email, "name": PEDRO.name})
            client.post("/sign-in/link", data={"email": HER.email})
            client.post("/mine", data={"email": HER.email})
        self.join = self._link(PEDRO, "Confirm your address")
        self.enter, self.mine = self._link(HER, "Sign in"), self._link(HER, "See what you signed")
        self.move = self._link(BOB.but(email="suzie.moved@example.org"), "Confirm your new address")

    def _link(self, person: Person, subject: str) -> str:
        self.site.town.deliver()
        return self.site.town.letters.link(person, subject)

    def public_visits(self) -> Iterator[Look]:
        for path in ("/sign-up", "/sign-in/link", "/sign-in/letter", "/mine", "/erased"):
            yield Look(path)
        yield Look("/sign-up", 422, {"email": "suzie", "name": "Administrator"}, "kept for those who hold an office")
        for path in ("/sign-in/link", "/mine"):
            yield Look(path, 422, {"email": "suzie"})
        yield Look(self.join, sees=PEDRO.email)
        yield Look(self.join, 422, {"name": ""})
        yield Look("/sign-up/unknown", 404, sees="We do not know this link")
        yield Look("/mine/all", 410, sees="Ask for another letter")
        yield Look(self.mine, sees=HER.email)
        yield Look(self.mine, 200, {}, "Withdraw my signature")
        yield Look(f"/mine/all/signature/{self.signature}/withdraw", 200, {}, "It counts no more")
        yield Look("/mine/all?done=signature.no-news")
        yield Look("/mine/erase", sees="Your account with this address stays.")
        yield Look(self.enter, sees=HER.email)
        yield Look(self.enter, 200, {})
        yield Look(self.mine, 410)

    def own_visits(self) -> Iterator[Look]:
        """By Suzie, whom the last visit has signed in."""
        yield Look("/account", sees="Withdraw my signature")
        yield Look(f"/account/held/signature/{self.signature}/withdraw", 200, {}, "It counts no more")
        for path in ("/account/details", "/account/details?done=stored", "/account/erase", "/account/password"):
            yield Look(path)
        yield Look("/account/details", 422, {"name": "Moderator"})
        yield Look("/account/address", 422, {"email": "suzie"})
        yield Look("/account/sessions", sees="This one")
        yield Look(self.move, sees="suzie.moved@example.org")
        self.site.clock.advance(FRESH_FOR + timedelta(seconds=1))  # type: ignore[attr-defined]
        yield Look("/account/erase", sees="Send me the letter")
        yield Look("/account/address", 403, {"email": "suzie.moved@example.org"}, "Send me the letter")
