"""The numbers of petitioning that a deployment may change (``TOWNSQUARE_PETITIONS_*``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.settings import civic_values

#: with no scheme, port or asterisk, which would never fit what a link is compared by; empty allows no links
_HOST = re.compile(r"(?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True)
class PetitionPolicy:
    """Counts are signatures; days and months are of the civic calendar."""

    sponsors_needed: int = 5
    sponsors_most: int = 20
    response_at: int = 10_000
    debate_at: int = 100_000
    debate_department: str = ""
    open_months: int = 6
    confirm_days: int = 7
    grace_hours: int = 24
    postcode: str = "home"
    letters_a_signature: int = 5
    erase_after_months: int = 6
    #: days after which a petition that still gathers its first supporters is stopped
    abandoned_days: int = 180
    sign_a_minute: int = 60
    sign_an_hour: int = 1000
    create_most: int = 5
    create_seconds: int = 300
    create_an_hour: int = 20
    #: hosts (and their subdomains) that links to a debate may lead to, separated by commas
    debate_hosts: str = "parliament.uk,parliamentlive.tv"
    similar_most: int = 5
    #: how often a creator may change and send in again what was rejected before publication
    resubmissions: int = 1
    #: a petition is news of an area once so many of every thousand people there have signed it
    area_news_per_thousand: int = 1
    #: the same where nobody knows how many live there
    area_news_people: int = 25
    #: whether published petitions can be discussed: ``off``, or when comments are checked: ``before``, ``after``
    discussion: str = "off"

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> PetitionPolicy:
        """Read a room's section; ValueError names the variable that is wrong."""
        policy = cls(**civic_values("petitions", section, cls))
        if policy.postcode not in ("home", "off"):
            raise ValueError("TOWNSQUARE_PETITIONS_POSTCODE: must be home or off")
        if policy.discussion not in ("off", "before", "after"):
            raise ValueError("TOWNSQUARE_PETITIONS_DISCUSSION: must be off, before or after")
        if not all(_HOST.fullmatch(host.strip().lower()) for host in policy.debate_hosts.split(",")):
            raise ValueError(
                "TOWNSQUARE_PETITIONS_DEBATE_HOSTS: must be names of hosts alone, separated by commas, "
                "such as parliament.uk,parliamentlive.tv"
            )
        if policy.sponsors_most < policy.sponsors_needed:
            raise ValueError("TOWNSQUARE_PETITIONS_SPONSORS_MOST: must not be below SPONSORS_NEEDED")
        if policy.debate_at <= policy.response_at:
            raise ValueError("TOWNSQUARE_PETITIONS_DEBATE_AT: must be above RESPONSE_AT")
        return policy
