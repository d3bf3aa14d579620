"""Living the demo's petitions through the services, on a clock that is turned back."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from app.core.db import Database
from app.core.subject import SubjectRef
from app.mail import suppression
from app.moderation import hiding, reporting, service
from app.site import Site
from petitions.demo import wards
from petitions.demo.crowd import Crowd, creator_address, regulars
from petitions.demo.life import Life
from petitions.demo.outcomes import Outcomes
from petitions.demo.talking import Talk
from petitions.demo.town import Town
from petitions.service import barring, erasing, sorting, trending
from petitions.service.acts import SignatureRequest

HERE = Path(__file__).resolve().parent
Entry = Mapping[str, Any]


def fill(site: Site, database: Database, now: datetime) -> None:
    """Fill an empty site with everything of ``content.toml``."""
    content = tomllib.loads((HERE / "content.toml").read_text(encoding="utf-8"))
    names = tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))
    crowd = Crowd(names, random.Random("Northmere"), regulars=regulars(content))
    town = Town(site, database, now, crowd)
    lives: dict[str, Life] = {}
    for entry in content["petition"]:
        lives[entry["key"]] = Life(town, entry, lives)
    founded = min(life.created_at for life in lives.values()) - timedelta(days=2)
    wards.found(town, founded)
    wards.plan_figures(town, founded)
    _Office(town, lives).plan(content)
    Talk(town, lives).plan()
    Outcomes(town, lives).plan()
    for life in lives.values():
        life.begin()
    town.timeline.live_until(now)
    wards.show_figures(town, now)
    _forget_what_is_over(town)


class _Office:
    """What staff and readers do beside the petitions' own lives."""

    def __init__(self, town: Town, lives: Mapping[str, Life]) -> None:
        self.town, self.lives = town, lives
        self.chance = random.Random("Town Hall")

    def plan(self, content: Entry) -> None:
        founded = min(life.created_at for life in self.lives.values()) - timedelta(days=1)
        self.town.timeline.plan(founded, partial(self._name_topics, content["topics"]))
        block, bounce = content["block"], content["bounce"]
        self._plan(block["days_ago"], partial(self._block, block))
        self._plan(bounce["days_ago"], partial(self._bounce, bounce))
        for report in content["report"]:
            self._plan(report["days_ago"], partial(self._report, report))
            if "days_ago_handled" in report:
                self._plan(report["days_ago_handled"], partial(self._handle, report))

    def _plan(self, days_ago: int, happening: Any) -> None:
        self.town.timeline.plan(self.town.at_work(days_ago, self.chance), happening)

    def _name_topics(self, names: list[str], at: datetime) -> None:
        for name in names:
            self.town.write(partial(sorting.add_topic, name=name, by=self.town.administrator, now=at))

    def _block(self, block: Entry, at: datetime) -> None:
        """A source is blocked, and what it sends afterwards is held."""
        site, by = self.town.site, self.town.administrator
        source = barring.read_source(site.keys, block["kind"], block["source"])
        held_from = site.dependencies["blocklist"]
        self.town.write(lambda db: barring.block(db, held_from, source, block["reason"], by=by, now=at))
        for hours in range(1, block["held"] + 1):
            self.town.timeline.plan(at + timedelta(hours=hours), partial(self._ask_from, block))

    def _ask_from(self, block: Entry, at: datetime) -> None:
        name, address, country, postcode = self.town.crowd.person(block["source"])
        act = SignatureRequest(
            at=at,
            petition_id=self.lives[block["petition"]].id,
            name=name,
            address=address,
            country=country,
            postcode=postcode,
            notify=True,
            privacy="1",
        )
        self.town.write(partial(self.town.performer.perform, acts=[act], now=at))

    def _bounce(self, bounce: Entry, at: datetime) -> None:
        address = creator_address(self.lives[bounce["petition"]].entry).display
        keys = self.town.site.keys
        self.town.write(lambda db: suppression.note_hard(db, keys, address, bounce["reason"], at))

    def _report(self, report: Entry, at: datetime) -> None:
        about = self._subject(report)
        site, words = self.town.site, (report["reason"], report["words"])
        hide_at = site.moderating.reports_hide_at
        self.town.write(lambda db: hiding.receive(db, site.moderated, about, *words, hide_at=hide_at, now=at))

    def _handle(self, report: Entry, at: datetime) -> None:
        about, by = self._subject(report), self.town.moderator
        moderated = self.town.site.moderated
        seen = self.town.write(lambda db: reporting.newest_waiting(db, about))
        self.town.write(lambda db: service.dismiss_reports(db, moderated, about, up_to=seen, by=by, now=at))

    def _subject(self, report: Entry) -> SubjectRef:
        return SubjectRef("petition", self.lives[report["petition"]].id)


def _forget_what_is_over(town: Town) -> None:
    """As the site's jobs would have done long ago."""
    while town.write(lambda db: erasing.erase_some(db, town.policy, town.zone, town.now)):
        pass
    town.write(lambda db: [*iter(lambda: trending.forget_minutes(db, town.now), 0)])
