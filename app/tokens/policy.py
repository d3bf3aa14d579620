"""The numbers of tokens that a deployment may change (``TOWNSQUARE_TOKENS_*``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.core.security.limits import Allowance
from app.core.settings import civic_values

A_YEAR = 366


@dataclass(frozen=True)
class TokensPolicy:
    """For how long a token may work, when its department is told of its end, and how often it may call."""

    most_days: int = 365
    tell_days: int = 14
    #: how many tokens that work one department may have
    most: int = 20
    a_minute: int = 300
    an_hour: int = 6_000
    wrong_a_minute: int = 10
    wrong_an_hour: int = 60

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> TokensPolicy:
        """ValueError names the variable that is wrong."""
        made = cls(**civic_values("tokens", section, cls))
        if made.most_days > A_YEAR:
            raise ValueError(f"TOWNSQUARE_TOKENS_MOST_DAYS: no token works for more than a year, {A_YEAR} days")
        return made

    @property
    def calls(self) -> Allowance:
        """Of one token."""
        return Allowance(self.a_minute, self.an_hour)

    @property
    def wrong(self) -> Allowance:
        """Of one network: tokens that nobody knows."""
        return Allowance(self.wrong_a_minute, self.wrong_an_hour)

    @property
    def tell_before(self) -> timedelta:
        return timedelta(days=self.tell_days)
