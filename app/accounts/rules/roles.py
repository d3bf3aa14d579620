"""Roles: the one word that says what somebody is to this site. What each may do is in the acts."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    CITIZEN = "citizen"
    MODERATOR = "moderator"
    OFFICIAL = "official"
    OFFICER = "department-officer"
    ADMINISTRATOR = "administrator"


STAFF_ROLES = frozenset({Role.MODERATOR, Role.OFFICIAL, Role.OFFICER, Role.ADMINISTRATOR})

#: where each role begins its day
HOME: dict[Role, str] = {
    Role.CITIZEN: "/account",
    Role.MODERATOR: "/moderation",
    Role.OFFICIAL: "/desk/all",
    Role.OFFICER: "/desk",
    Role.ADMINISTRATOR: "/admin",
}
