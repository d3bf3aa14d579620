"""The numbers of discussing that a deployment may change (``TOWNSQUARE_COMMENTS_*``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from babel import UnknownLocaleError

from app.core.language_names import own_name
from app.core.security.limits import Allowance
from app.core.settings import civic_values


@dataclass(frozen=True)
class CommentsPolicy:
    """How fast one account and one network may write; networks are generous, for many share a library's address."""

    say_a_minute: int = 10
    say_an_hour: int = 100
    vote_a_minute: int = 60
    vote_an_hour: int = 1_000
    network_a_minute: int = 200
    network_an_hour: int = 4_000
    reports_an_hour: int = 20
    #: what people write in here, the site's own language first
    languages: str = "en,cy,ga,gd,ar,bn,es,fr,pa,pl,pt,ro,uk,ur,zh"

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> CommentsPolicy:
        """ValueError names the variable that is wrong."""
        policy = cls(**civic_values("comments", section, cls))
        _ = policy.language_names
        return policy

    @property
    def account(self) -> Allowance:
        return Allowance(self.say_a_minute, self.say_an_hour)

    @property
    def votes(self) -> Allowance:
        return Allowance(self.vote_a_minute, self.vote_an_hour)

    @property
    def network(self) -> Allowance:
        return Allowance(self.network_a_minute, self.network_an_hour)

    @property
    def reports(self) -> Allowance:
        return Allowance(self.reports_an_hour, self.reports_an_hour)

    @cached_property
    def language_names(self) -> dict[str, str]:
        """Short name to the name that its speakers give it."""
        try:
            return {code: own_name(code) for code in self.languages.replace(" ", "").split(",")}
        except (UnknownLocaleError, ValueError) as wrong:
            raise ValueError(f"TOWNSQUARE_COMMENTS_LANGUAGES: {wrong}") from wrong
