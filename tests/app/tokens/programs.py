"""Programs that act for a department: their tokens, and what they ask of a running site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from app.tokens.model import Token
from app.tokens.policy import TokensPolicy
from app.tokens.rules.scopes import Scope
from app.tokens.rules.wishes import Wish
from app.tokens.service import ending, issuing
from tests.app.outcomes.matters import Matters
from tests.site import ADMINISTRATOR, RunningSite

ALL = tuple(Scope)
ANSWER = {"grade": "will-do", "summary": "We will open on Sundays.", "details": "From May."}


class Programs:
    """Ada issues tokens for the department that ``matters`` calls home."""

    def __init__(self, matters: Matters) -> None:
        self.matters, self.town = matters, matters.town
        self.ada = self.town.staff(ADMINISTRATOR, "administrator")
        self._issued = 0

    def issue(
        self, scopes: Sequence[Scope] = ALL, *, name: str = "", days: int = 90, department: str = ""
    ) -> tuple[int, str]:
        """A token's number and text."""
        self._issued += 1
        wish = Wish(name or f"Case system {self._issued}", tuple(scopes), days)
        office, now = self.matters.department(department).id, self.town.now

        def act(db: Any) -> tuple[int, str]:
            token, text = issuing.issue(db, office, wish, TokensPolicy(), by=self.ada, now=now)
            return token.id, text

        return self.matters.do(act)

    def revoke(self, token: int, *, department: str = "") -> None:
        office = self.matters.department(department).id
        self.matters.do(
            lambda db: ending.revoke(db, token, office, reason="It was in a log.", by=self.ada, now=self.town.now)
        )

    def of(self, token: int) -> Token:
        (found,) = self.town.rows(Token, Token.id == token)
        return found


class Calls:
    """One program's calls to a running site."""

    def __init__(self, site: RunningSite, token: str, **headers: str) -> None:
        shown = {"authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=f"{site.base}/api/v1", headers={**shown, **headers}, timeout=30)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (
            self.http.post(path, json=body, headers=named) if body is not None else self.http.post(path, headers=named)
        )

    def answer(self, referral: int, *, key: str = "", **told: Any) -> httpx.Response:
        headers = {"idempotency_key": key} if key else {}
        return self.post(f"/referrals/{referral}/answers", {**ANSWER, **told}, **headers)
