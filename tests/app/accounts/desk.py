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

    def next_code(self) -> str:
        """Half a minute later it shows another one."""
        self.site.town.clock.advance(STEP)
        return self.code


def set_up(site: RunningSite, client: httpx.Client, page: str = "/account/factor") -> Phone:
    """Scan the picture, type the code, keep the ten codes."""
    shown = client.get(page)
    assert shown.status_code == 200, shown.text
    key = _KEY.search(shown.text)
    assert key, shown.text
    phone = Phone(site, key[1].replace(" ", ""))
    answer = client.post(
        "/account/factor/change", data={"offer": fields_of(shown.text)["offer"], "code": phone.next_code()}
    )
    assert answer.status_code == 200, answer.text
    phone.recovery = _CODE.findall(answer.text)
    return phone


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
