"""Roles, and what each may do: the one table from which the guards come."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    CITIZEN = "citizen"
    MODERATOR = "moderator"
    OFFICIAL = "official"
    OFFICER = "department-officer"
    ADMINISTRATOR = "administrator"


STAFF_ROLES = frozenset({Role.MODERATOR, Role.OFFICIAL, Role.OFFICER, Role.ADMINISTRATOR})


class Power(StrEnum):
    """What a door behind a guard lets one do."""

    JUDGE = "judge content"
    ANSWER = "answer for a department"
    ADMINISTER = "change what must change"


POWERS: dict[Role, frozenset[Power]] = {
    Role.CITIZEN: frozenset(),
    Role.MODERATOR: frozenset({Power.JUDGE}),
    Role.OFFICIAL: frozenset(),
    Role.OFFICER: frozenset({Power.ANSWER}),
    Role.ADMINISTRATOR: frozenset({Power.ADMINISTER, Power.JUDGE}),
}

#: where each role begins its day
HOME: dict[Role, str] = {
    Role.CITIZEN: "/",
    Role.MODERATOR: "/moderation",
    Role.OFFICIAL: "/",
    Role.OFFICER: "/desk",
    Role.ADMINISTRATOR: "/admin",
}


def may(role: Role, power: Power) -> bool:
    return power in POWERS[role]
