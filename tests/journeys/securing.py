"""A new moderator who sets up the second factor, for the walk over every page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from app.core.security.sessions import FRESH_FOR
from app.core.web.forms import CODE, PASSWORD
from tests.app.accounts.desk import Phone
from tests.journeys.walking import Visit as Look
from tests.site import PASSWORD as HERS
from tests.site import RunningSite, fields_of

CHANGE = "/account/factor/change"
KEY = re.compile(r"<code[^>]*>([A-Z2-7 ]+)</code>")


class Newcomer:
    """Nora signs in with her password alone, at first."""

    def __init__(self, site: RunningSite) -> None:
        self.site, self.address = site, "nora.new@example.org"
        self.phone = Phone(site)
        site.town.staff(self.address, "moderator")

    def _scan(self) -> Mapping[str, str]:
        """What another browser of hers is offered; its picture is in her telephone now."""
        with self.site.signed_in(self.address) as elsewhere:
            page = elsewhere.get("/account/factor").text
        self.phone.secret = KEY.findall(page)[0].replace(" ", "")
        return {"offer": fields_of(page)["offer"]}

    def visits(self) -> Iterator[Look]:
        yield Look("/account/password")
        yield Look("/account/password", 422, {"password": "short", "again": "other"})
        yield Look("/account/factor", sees="Set up your second factor")
        offer = self._scan()
        yield Look("/account/sessions", sees="End all others")
        yield Look(CHANGE, 422, {**offer, "code": "no code"})
        yield Look(CHANGE, 200, {**offer, "code": self.phone.next_code()}, "Your recovery codes")
        yield Look("/account/factor", sees="10 recovery codes are left")
        yield Look(CHANGE, sees="Turn it on")
        yield Look("/account/factor/codes", 200, {}, "Your recovery codes")
        yield from self._again_visits()

    def _again_visits(self) -> Iterator[Look]:
        """Ten minutes later she proves again who she is; then she signs in with both halves."""
        self.site.clock.advance(FRESH_FOR + timedelta(seconds=1))  # type: ignore[attr-defined]
        yield Look(CHANGE, sees="Code from your authenticator app")
        yield Look("/confirm-it-is-you", 422, {"next": CHANGE, PASSWORD: "wrong", CODE: "no code"})
        yield Look("/account/factor/codes", 403, {}, "Confirm that it is you")
        proof = {PASSWORD: HERS, CODE: self.phone.next_code()}
        yield Look("/confirm-it-is-you", 200, {"next": CHANGE, **proof}, "Turn it on")
        yield Look("/sign-out", 200, {})
        yield Look("/sign-in", 200, {"email": self.address, "password": HERS}, "Enter your code")
        yield Look("/sign-in/code", 422, {"code": "no code"})
        yield Look("/sign-in/code", 200, {"code": self.phone.next_code()}, "Moderation queue")
