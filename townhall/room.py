"""The room's whole connection to the house."""

from __future__ import annotations

from app.site import Site
from townhall import (
    model,  # noqa: F401  its tables
)
from townhall.live.carrying import Carrying
from townhall.policy import TownHallPolicy
from townhall.rules.acts import ACTS
from townhall.service.commanding import Commands, Means
from townhall.verify import INVARIANTS
from townhall.web import room, screen, staffroom


def install(site: Site) -> None:
    """Contribute pages, API, letters, jobs, live halls, rules of moderation and what verify checks."""
    policy = TownHallPolicy.from_settings(site.settings.section("townhall"))
    site.dependencies["hall_policy"] = policy
    site.acts += ACTS
    site.invariants += INVARIANTS
    means = Means(policy, site.keys, site.settings.zone, lambda: site.permissions, site.referring, site.moderated)
    commands = Commands(means)
    site.dependencies["hall_commands"] = commands
    _install_before(site, policy)
    _install_joining(site, policy)
    _install_questions(site, policy, commands)
    _install_polls(site, policy, commands)
    _install_live(site, policy, commands)
    _install_pages(site, policy)
    _install_after(site, policy, commands)


def _install_before(site: Site, policy: TownHallPolicy) -> None:
    """Scheduling, agenda, people, documents; lists, feeds, calendar."""


def _install_joining(site: Site, policy: TownHallPolicy) -> None:
    """Registration, the waiting list, browsers, letters about dates, what people hold and may erase."""


def _install_questions(site: Site, policy: TownHallPolicy, commands: Commands) -> None:
    """Asking, screening, upvotes, merging, the stage, bans."""


def _install_polls(site: Site, policy: TownHallPolicy, commands: Commands) -> None:
    """Polls, agenda, announcements, hands, slow mode, captions, hosting."""


def _install_live(site: Site, policy: TownHallPolicy, commands: Commands) -> None:
    """Sockets, event streams, state and commands over HTTP."""
    carrying = Carrying(commands)
    site.dependencies["hall_carrying"] = carrying


def _install_pages(site: Site, policy: TownHallPolicy) -> None:
    """The room, the projector, the host's console, the moderators' desk of a hall."""
    site.routers += [*room.HANDLERS, *screen.HANDLERS, *staffroom.HANDLERS]


def _install_after(site: Site, policy: TownHallPolicy, commands: Commands) -> None:
    """The archive, tickets, promises, minutes, exports, letters."""
