"""A site that asks its staff for a second factor and slows whoever guesses, and people with telephones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from app.accounts.model import Account
from app.core.security import totp
from tests.site import PASSWORD, RunningSite, fields_of

STEP = timedelta(seconds=totp.STEP_SECONDS)
_KEY = re.compile(r"<code[^>]*>([A-Z2-7 ]+)</code>")
_CODE = re.compile(r"<code>([a-z0-9]{4}(?:-[a-z0-9]{4}){3})</code>")


@dataclass
class Phone:
    """An authenticator app with one account, and the paper with the recovery codes."""

    site: RunningSite
    secret: str = ""
    recovery: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        """What it shows now."""
        return totp.code_at(self.secret, self.site.clock.now())

    @property
    def wrong_code(self) -> str:
        """One that it shows neither now nor soon before or after."""
        now, near = self.site.clock.now(), range(-3, 4)
        shown = {totp.code_at(self.secret, now + steps * STEP) for steps in near}
        return next(code for code in ("000000", *map(str, range(100_000, 100_008))) if code not in shown)

    def next_code(self) -> str:
        """Half a minute later it shows another one."""
        self.site.town.clock.advance(STEP)
        return self.code


def set_up(site: RunningSite, client: httpx.Client, page: str = "/account/factor") -> Phone:
    """Scan the picture, type the code, keep the ten codes."""
    shown = client.get(page)
    assert shown.status_code == 200, shown.text
    phone = Phone(site, key_in(shown.text))
    answer = client.post(
        "/account/factor/change", data={"offer": fields_of(shown.text)["offer"], "code": phone.next_code()}
    )
    assert answer.status_code == 200, answer.text
    phone.recovery = _CODE.findall(answer.text)
    return phone


def key_in(page: str) -> str:
    """The secret that a page shows beside its picture."""
    key = _KEY.search(page)
    assert key, page
    return key[1].replace(" ", "")


def give_password(client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/sign-in", data={"email": email, "password": password})


def give_code(client: httpx.Client, code: str) -> httpx.Response:
    return client.post("/sign-in/code", data={"code": code})


@contextmanager
def with_factor(site: RunningSite, email: str, role: str = "moderator") -> Iterator[tuple[httpx.Client, Phone]]:
    """Somebody who has just signed in for the first time and set up the factor."""
    site.town.staff(email, role)
    with site.client() as client:
        assert give_password(client, email).status_code == 303
        yield client, set_up(site, client)


def account_of(site: RunningSite, email: str) -> Account:
    found: Account = site.town.rows(Account, Account.email == email)[0]
    return found
