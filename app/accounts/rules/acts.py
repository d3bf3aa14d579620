"""Who may do what, to what, and when: one row an act. Guards, pages, services and tests read the same rows.

Each area keeps its rows beside its rules; :attr:`app.site.Site.acts` collects them. What no row
allows is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from app.accounts.rules.roles import STAFF_ROLES, Role
from app.core.errors import Conflict, Forbidden, NotFound

EVERYONE = frozenset(Role)
STAFF = STAFF_ROLES
MODERATORS = frozenset({Role.MODERATOR, Role.ADMINISTRATOR})
OFFICERS = frozenset({Role.OFFICER})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})


class Allowed(NamedTuple):
    """One row: these roles may do this act."""

    act: str
    roles: frozenset[Role]
    #: of the thing acted on; None: whatever its state
    states: frozenset[str] | None = None
    #: True: only with one's own; False: never with one's own
    own: bool | None = None
    #: needs "confirm that it is you" in the last ten minutes
    fresh: bool = False
    #: what a department's program must have been allowed, to do it with a token in its department's name; empty: no
    #: program does it
    scope: str = ""

    def fits(self, state: str | None, own: bool | None) -> bool:
        """Whether the thing is as the row wants it; what the row asks and nobody says does not fit."""
        return (self.states is None or state in self.states) and (self.own is None or own is self.own)


class UnknownAct(ValueError):
    """A door or a page names an act that no row has: a fault of ours, found at the start."""


class Permissions:
    """Every row of one deployment, made once. Safe to share between threads."""

    def __init__(self, rows: Iterable[Allowed]) -> None:
        self._rows: dict[str, Allowed] = {}
        for row in rows:
            if row.act in self._rows:
                raise ValueError(f"two rows for the act {row.act}")
            self._rows[row.act] = row

    def __iter__(self) -> Iterator[Allowed]:
        return iter(self._rows.values())

    def __contains__(self, act: str) -> bool:
        return act in self._rows

    def opens(self, role: str, act: str) -> bool:
        """Whether a door for this act exists for this role; the thing behind it may still refuse."""
        row = self._rows.get(act)
        return row is not None and role in row.roles

    def may(self, role: str, act: str, *, state: str | None = None, own: bool | None = None) -> bool:
        """Whether this role may do the act to a thing in this state, one's own or not."""
        row = self._rows.get(act)
        return row is not None and role in row.roles and row.fits(state, own)

    def check(self, role: str, act: str, *, state: str | None = None, own: bool | None = None) -> None:
        """Raises :class:`NotFound` to other roles, :class:`Forbidden` for whose it is, :class:`Conflict` for its state."""
        row = self._rows.get(act)
        if row is None or role not in row.roles:
            raise NotFound
        if row.own is not None and own is not row.own:
            raise Forbidden
        if not row.fits(state, own):
            raise Conflict

    def scope_of(self, act: str) -> str:
        """What a program needs to do this act; empty where none may."""
        row = self._rows.get(act)
        return row.scope if row is not None else ""

    def program_may(self, scopes: Collection[str], act: str) -> bool:
        """Whether a token with these scopes may do the act."""
        scope = self.scope_of(act)
        return scope != "" and scope in scopes

    def needs_fresh(self, act: str) -> bool:
        row = self._rows.get(act)
        return row is None or row.fresh


ACTS = (
    Allowed("accounts.own", EVERYONE),
    Allowed("accounts.factor", STAFF),
    Allowed("accounts.factor.change", STAFF, fresh=True),
    Allowed("accounts.password.change", EVERYONE, fresh=True),
    Allowed("accounts.address.change", EVERYONE, fresh=True),
    Allowed("accounts.erase", EVERYONE, own=True, fresh=True),
    Allowed("accounts.see", ADMINISTRATORS),
    Allowed("accounts.manage", ADMINISTRATORS, fresh=True),
)
