"""Everything a room may add to the platform. Rooms fill it in; :mod:`app.main` reads it.

The best single file to read first: what is not here, a room cannot do to the house.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import click
from sqlalchemy.orm import Session

from app.accounts.holding import Holding, LetterChoice
from app.accounts.rules.acts import Allowed, Permissions
from app.areas.contribution import Local
from app.comments.contribution import Discussed
from app.core.clock import Clock
from app.core.db import Database
from app.core.events import Listeners
from app.core.intake import Act, Performer
from app.core.jobs import Job
from app.core.security.keys import Keys
from app.core.security.rekeying import Rekeyer
from app.core.settings import Settings
from app.core.tally import Tally
from app.core.web.calendar import Dates
from app.files.cabinet import Cabinet
from app.following.contribution import Followable, Line, Tagger, Teller
from app.mail.render import Composer
from app.moderation.contribution import Moderated
from app.moderation.policy import ModerationPolicy
from app.moderation.promise import Promising
from app.moderation.waiting import DeskFigures
from app.opendata.contribution import Dataset, Embeddable, Feed
from app.operation.breach import AtRotation
from app.outcomes.contribution import Askers, Heard, NewsOfAnswers, PublicSubjects, Referred, ShowReferred
from app.outcomes.policy import OutcomesPolicy
from app.outcomes.queries.inbox import Shelf
from app.outcomes.queries.standing import Standings
from app.outcomes.queries.totals import Totals
from app.outcomes.service.referring import Calendar, Referring
from app.performance.contribution import Asking, Measure
from app.performance.policy import PerformancePolicy
from app.performance.service.opining import Satisfaction
from app.search.contribution import Searchable
from app.trails.contribution import Storied
from app.webhooks.contribution import Announced
from app.webhooks.policy import WebhooksPolicy

__all__ = ["Companion", "HomePanel", "Invariant", "PanelItem", "Referred", "Site", "StaffPage"]


class PanelItem(NamedTuple):
    """One pressing thing behind a door of the home page."""

    href: str
    title: str
    meta: str


@dataclass(frozen=True)
class HomePanel:
    """One room's door on the home page."""

    title: str
    href: str
    action_href: str
    action_text: str
    empty: str
    items: Sequence[PanelItem] = ()


class StaffPage(NamedTuple):
    """A page of a room's own for staff who may do this act, listed on the page their day begins with."""

    href: str
    title: str
    #: one sentence; or what works it out, where it changes
    about: str | Callable[[Session, datetime], str]
    act: str

    @property
    def begins_at(self) -> str:
        """The page it is listed on: ``/moderation``, ``/desk`` or ``/admin``."""
        return f"/{self.href.split('/')[1]}"

    def shown(self, db: Session, now: datetime) -> StaffPage:
        """With its sentence as it is now."""
        return self if isinstance(self.about, str) else self._replace(about=self.about(db, now))


class Companion(Protocol):
    """Something of a room's that lives as long as the process serves, on its event loop."""

    def hear(self, topics: frozenset[str]) -> None:
        """A commit of this process touched these; called from any thread, also before it lives."""

    async def live(self, house: Any) -> None:
        """Runs from the start until it is cancelled. ``house`` is the :class:`app.main.House`."""

    def close(self) -> None:
        """The process is told to end: let everybody go who is still connected; called from any thread."""


class Worker(Protocol):
    """Something that works beside the jobs, wherever those run, in a thread of its own."""

    name: str

    def start_alone(self) -> None:
        """No other process works on this database: what a crashed one held is free again. Before :meth:`work`."""

    def work(self) -> None:
        """Until stopped."""

    def stop(self) -> None:
        """Called from another thread."""


@dataclass(frozen=True)
class Invariant:
    """One line of ``townsquare verify``: ``broken`` answers what is wrong, in at most a few words each."""

    name: str
    broken: Callable[[Session, datetime], Iterable[str]]


@dataclass
class Site:
    """The register of contributions."""

    settings: Settings
    keys: Keys
    clock: Clock
    routers: list[Any] = field(default_factory=list)
    #: which role may do what: one row an act; what no row allows is refused
    acts: list[Allowed] = field(default_factory=list)
    panels: list[Callable[[Session, datetime], HomePanel]] = field(default_factory=list)
    #: kind of content -> how to show and settle it
    moderated: dict[str, Moderated] = field(default_factory=dict)
    #: kind of subject -> how it is discussed
    discussed: dict[str, Discussed] = field(default_factory=dict)
    #: kind of content -> how departments see it, and how to lock it
    referred: dict[str, ShowReferred] = field(default_factory=dict)
    locks: dict[str, Callable[[Session, int], None]] = field(default_factory=dict)
    listeners: Listeners = field(default_factory=lambda: defaultdict(list))
    performers: dict[type[Act], Performer] = field(default_factory=dict)
    letters: dict[str, Composer] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    commands: list[click.Command] = field(default_factory=list)
    importers: dict[str, click.Command] = field(default_factory=dict)
    invariants: list[Invariant] = field(default_factory=list)
    #: reasons not to be ready, in words; empty when all is well
    readiness: list[Callable[[Session, datetime], Iterable[str]]] = field(default_factory=list)
    #: what an operator should mend though nothing is broken, in words: said by ``verify`` and on the administrators' page
    advice: list[Callable[[Session, datetime], Iterable[str]]] = field(default_factory=list)
    #: fills a demo with the room's own lively content
    demos: list[Callable[[Site, Database, datetime], None]] = field(default_factory=list)
    dependencies: dict[str, Any] = field(default_factory=dict)
    #: said on top of every page: what is special about this deployment
    banners: list[str] = field(default_factory=list)
    #: said on top of every page while it is so; re-read a second after a change at the latest
    notices: list[Callable[[Session, datetime], Iterable[str]]] = field(default_factory=list)
    staff_pages: list[StaffPage] = field(default_factory=list)
    #: those of them where a room's own stops are; the page of switches links them
    stops: list[str] = field(default_factory=list)
    #: kind of recipient -> the address of one, where it is still known; for bounced letters
    recipients: dict[str, Callable[[Session, int], str | None]] = field(default_factory=dict)
    #: kind and cause of a referral -> where its officer answers it, if not on the desk's own page
    answer_doors: dict[tuple[str, str], Callable[[int], str]] = field(default_factory=dict)
    #: kind of subject -> how the people who signed it are told of an answer
    news: dict[str, NewsOfAnswers] = field(default_factory=dict)
    #: kind of subject -> who asked, and may say whether an answer addresses it
    askers: dict[str, Askers] = field(default_factory=dict)
    #: kind of subject -> what of it stands on public lists of outcomes
    subjects: dict[str, PublicSubjects] = field(default_factory=dict)
    #: kind of subject -> what of it is told in a story of what led to what
    stories: dict[str, Storied] = field(default_factory=dict)
    #: days and meetings for the public calendar
    calendars: list[Dates] = field(default_factory=list)
    #: what people told departments, room by room, for a desk's search
    heard: list[Heard] = field(default_factory=list)
    #: kind of thing -> how the search across rooms reads it; readers narrow by them in this order
    searchable: dict[str, Searchable] = field(default_factory=dict)
    #: kind of subject -> whether the files of one are public now; which kinds have files at all, too
    file_owners: dict[str, Callable[[Session, int], bool]] = field(default_factory=dict)
    #: kind of thing -> how it is followed
    followable: dict[str, Followable] = field(default_factory=dict)
    #: type of event -> what those who follow are told of it
    happenings: dict[type, Teller] = field(default_factory=dict)
    #: code of a happening -> its line in a digest
    happening_lines: dict[str, Line] = field(default_factory=dict)
    #: kind of subject -> what else whatever happens to it is found by: topics, departments, areas
    subject_tags: dict[str, Tagger] = field(default_factory=dict)
    #: slug and name of each room's topics, by which rules say who answers
    topics: list[Callable[[Session], Sequence[tuple[str, str]]]] = field(default_factory=list)
    #: what people of an area want most, room by room
    local: list[Local] = field(default_factory=list)
    #: public facts that programs elsewhere are told
    announced: list[Announced] = field(default_factory=list)
    #: made for the database that they work on
    workers: list[Callable[[Database], Worker]] = field(default_factory=list)
    #: what lives beside the requests, such as halls that are open in this process
    companions: list[Companion] = field(default_factory=list)
    #: kind of room -> what it holds about one person
    holdings: dict[str, Holding] = field(default_factory=dict)
    #: letters that members may do without
    letter_choices: list[LetterChoice] = field(default_factory=list)
    sitemap: list[Callable[[Session], Iterable[str]]] = field(default_factory=list)
    #: tables that anyone may have, live and in the night's dump
    datasets: list[Dataset] = field(default_factory=list)
    #: first part of a path -> how one of these is shown within pages of other sites
    embeds: dict[str, Embeddable] = field(default_factory=dict)
    #: what can be subscribed to
    feeds: list[Feed] = field(default_factory=list)
    #: what becomes void with a rotation of the keys beside tokens and cookies, in the same transaction
    at_rotation: list[AtRotation] = field(default_factory=list)
    #: how rooms do, in figures that are published; none has the key of another
    measures: dict[str, Measure] = field(default_factory=dict)
    #: where people are asked how it was
    askings: dict[str, Asking] = field(default_factory=dict)
    #: area or room -> how what it stores under keys moves to a new secret
    rekeyers: dict[str, Rekeyer] = field(default_factory=dict)

    @cached_property
    def permissions(self) -> Permissions:
        """The whole table of roles and acts; ValueError where an act has two rows."""
        return Permissions(self.acts)

    def pages_under(self, start: str, role: str, db: Session, now: datetime) -> list[StaffPage]:
        """The pages below ``start`` whose doors open to this role."""
        return [
            page.shown(db, now)
            for page in self.staff_pages
            if page.begins_at == start and self.permissions.opens(role, page.act)
        ]

    @cached_property
    def cabinet(self) -> Cabinet:
        """Where files are kept, and how they are checked."""
        return Cabinet.from_settings(self.settings)

    @cached_property
    def moderating(self) -> ModerationPolicy:
        """The moderators' numbers; ValueError where they make no sense."""
        return ModerationPolicy.from_settings(self.settings.section("moderation"))

    @cached_property
    def webhooks(self) -> WebhooksPolicy:
        """Where webhooks may go; ValueError where its numbers make no sense."""
        is_production = self.settings.mode == "production"
        return WebhooksPolicy.from_settings(self.settings.section("webhooks"), is_production=is_production)

    @cached_property
    def calendar(self) -> Calendar:
        """Which days are due days here; ValueError where its numbers make no sense."""
        return Calendar(OutcomesPolicy.from_settings(self.settings.section("outcomes")), self.settings.zone)

    @cached_property
    def referring(self) -> Referring:
        """How a room hands a subject to a department."""
        return Referring(self.calendar)

    @cached_property
    def standings(self) -> Standings:
        """How departments do, in figures."""
        return Standings(self.settings.zone)

    @cached_property
    def outcome_totals(self) -> Totals:
        """How many outcomes the public finds under each filter."""
        return Totals(self.subjects)

    @cached_property
    def inbox_numbers(self) -> Shelf:
        """How much lies in each department's inbox."""
        return Shelf()

    @cached_property
    def promising(self) -> Promising:
        """How long checking is said to take; ValueError where its numbers make no sense."""
        return Promising.from_settings(self.settings)

    @cached_property
    def desk_figures(self) -> DeskFigures:
        """The moderators' queue in numbers."""
        return DeskFigures()

    @cached_property
    def tally(self) -> Tally:
        """Steps of journeys that this process counts."""
        return Tally(self.clock, self.settings.zone)

    @cached_property
    def performing(self) -> PerformancePolicy:
        """The numbers of published figures; ValueError where they make no sense."""
        return PerformancePolicy.from_settings(self.settings.section("performance"))

    @cached_property
    def satisfaction(self) -> Satisfaction:
        """The question that pages ask after an act."""
        return Satisfaction(self.keys, self.askings)

    def measure(self, *measures: Measure) -> None:
        """Add to what is published; ValueError where a key is taken."""
        for one in measures:
            if one.key in self.measures:
                raise ValueError(f"two measures are called {one.key}")
            self.measures[one.key] = one
