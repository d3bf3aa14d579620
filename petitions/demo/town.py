"""The town of the demo: its site, its staff, its people, and the clock that is turned back."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.rules.roles import Role
from app.accounts.service import staff_account
from app.core.db import Database
from app.departments.model import Officer
from app.site import Site
from petitions.demo.crowd import Crowd
from petitions.demo.timeline import Timeline
from petitions.policy import PetitionPolicy
from petitions.service import announcing
from petitions.service.acts import SignatureRequest
from petitions.service.announcing import Announcing
from petitions.service.debating import Debating

T = TypeVar("T")
OFFICE_HOURS = (9, 16)


@dataclass
class Town:
    """Everything that a petition's life needs around it."""

    site: Site
    database: Database
    now: datetime
    crowd: Crowd
    timeline: Timeline = field(default_factory=Timeline)

    def __post_init__(self) -> None:
        self.policy = PetitionPolicy.from_settings(self.site.settings.section("petitions"))
        self.zone = self.site.settings.zone
        self.performer = self.site.performers[SignatureRequest]
        self.announcing: Announcing = self.site.dependencies["announcing"]
        self.debating: Debating = self.site.dependencies["debating"]
        with self.database.reading() as db:
            self.moderator = _account(db, Role.MODERATOR)
            self.administrator = _account(db, Role.ADMINISTRATOR)
            self.administrator = _account(db, Role.ADMINISTRATOR)

    def write(self, act: Callable[[Session], T]) -> T:
        """One act, stored for itself as on the real site."""
        return self.database.retrying(act)

    def day(self, days_ago: int) -> date:
        """The local day so many days ago; a negative one is still to come."""
        return self.now.astimezone(self.zone).date() - timedelta(days=days_ago)

    def at_work(self, days_ago: int, chance: random.Random) -> datetime:
        """An instant of that day's office hours; today's is two hours ago."""
        if days_ago <= 0:
            return self.now - timedelta(hours=2)
        clock = time(chance.randint(*OFFICE_HOURS), chance.randrange(60))
        return datetime.combine(self.day(days_ago), clock, tzinfo=self.zone)

    def send_news(self, at: datetime) -> None:
        """What was announced goes into the outbox, as the site's job does it."""
        while self.write(partial(announcing.queue_some_news, now=at)):
            pass


def officer_of(db: Session, department_id: int | None) -> int:
    """The account of somebody who answers for a department."""
    named = select(Officer.account_id).where(Officer.department_id == department_id)
    return db.scalars(named.order_by(Officer.account_id).limit(1)).one()


def _account(db: Session, role: Role) -> int:
    account = staff_account(db, role)
    if account is None:
        raise ValueError(f"the demo has no {role}")
    return account.id
