"""Living the demo's town halls through the services, on a clock that is turned back."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.db import Database
from app.core.ids import new_id
from app.core.people.addresses import read_address
from app.departments.model import Department, Officer
from app.departments.queries import by_slug
from app.site import Site
from townhall import identity
from townhall.demo.running import Running
from townhall.model import Hall, Participant, Presence
from townhall.rules.lifecycle import Place
from townhall.rules.polls import PollDraft, read_poll
from townhall.service import joining, places, planning, polls, scheduling, winding_up, writing
from townhall.service.planning import Item
from townhall.service.scheduling import Begun
from townhall.service.writing import People, Written

HERE = Path(__file__).resolve().parent
Entry = Mapping[str, Any]
T = TypeVar("T")
A_MINUTE = timedelta(minutes=1)
_ABOUT = ("title", "summary", "body", "venue", "contact")
_ACCESS = ("captions", "sign_language", "access_notes")


def fill(site: Site, database: Database, now: datetime) -> None:
    """Fill an empty site with everything of ``content.toml``; the staff are those of the demo's departments."""
    content = tomllib.loads((HERE / "content.toml").read_text(encoding="utf-8"))
    for entry in sorted(content["hall"], key=lambda e: e["days"]):
        _Life(site, database, now, entry, content["people"]).live()


class _Life:
    """One hall from its first word until today."""

    def __init__(self, site: Site, database: Database, now: datetime, entry: Entry, people: Entry) -> None:
        self.site, self.database, self.now, self.entry, self.people = site, database, now, entry, people
        self.chance = random.Random(entry["title"])
        self.starts = self._begins()
        self.number, self.official, self.officer, self.moderator = 0, 0, 0, 0

    def live(self) -> None:
        self.write(self._find_staff)
        self._schedule()
        people = self.write(self._register)
        staff = {Role.OFFICIAL: self.official, Role.OFFICER: self.officer, Role.MODERATOR: self.moderator}
        running = Running(self.site, self.database, self.entry, self.number, self.starts, self.now, staff, people)
        running.run(self.chance)
        if "ended" in self.entry:
            ended = self.starts + self.entry["ended"] * A_MINUTE
            self.write(lambda db: self._was_followed(db, ended))
            self.write(lambda db: winding_up.wind_up_some(db, self.site.referring, ended + A_MINUTE))

    def _was_followed(self, db: Session, ended: datetime) -> None:
        """What the process that served it had counted."""
        reactions, most = dict(self.entry["reactions"]), self.entry["followed"]
        db.add(Presence(hall_id=self.number, process="demo", here=0, reactions=reactions, most=most, at=ended))

    def write(self, act: Callable[[Session], T]) -> T:
        """One act, stored for itself as on the real site."""
        return self.database.retrying(act)

    def _begins(self) -> datetime:
        """So many days from today at a given hour; or, where it is live, so many minutes ago."""
        if "minutes_ago" in self.entry:
            return (self.now - self.entry["minutes_ago"] * A_MINUTE).replace(second=0, microsecond=0)
        zone = self.site.settings.zone
        day: date = self.now.astimezone(zone).date() + timedelta(days=self.entry["days"])
        return datetime.combine(day, time.fromisoformat(self.entry["at"]), tzinfo=zone).astimezone(self.now.tzinfo)

    def _find_staff(self, db: Session) -> None:
        of_it = (
            select(Account.id)
            .join(Officer, Officer.account_id == Account.id)
            .join(Department, Department.id == Officer.department_id)
            .where(Department.slug == self.entry["department"])
            .order_by(Account.id)
        )
        moderators = select(Account.id).where(Account.role == Role.MODERATOR).order_by(Account.id)
        self.official = db.scalars(of_it.where(Account.role == Role.OFFICIAL)).first() or 0
        self.officer = db.scalars(of_it.where(Account.role == Role.OFFICER)).first() or 0
        self.moderator = db.scalars(moderators).first() or 0

    def _schedule(self) -> None:
        begun = min(self.starts, self.now) - timedelta(days=15)
        wanted = Begun(self.entry["title"], f"demo-{self.entry['key']}-{'0' * 22}")
        self.number = self.write(lambda db: scheduling.begin(db, wanted, by=self.official, now=begun))
        for section, written in self._sections():
            self.write(partial(self._write, section=section, written=written, at=begun))
        for item in self.entry["agenda"]:
            self.write(partial(self._plan, item=Item(item["title"], item["minutes"]), at=begun))
        for poll in self.entry.get("poll", ()):
            form = {"kind": poll["kind"], "question": poll["question"], "options": "\n".join(poll.get("options", ()))}
            self.write(partial(self._prepare, draft=read_poll(form), at=begun))
        published = begun + timedelta(days=1)
        self.write(lambda db: self._publish(db, published))

    def _sections(self) -> Iterator[tuple[str, Written]]:
        entry = self.entry
        yield "about", Written({name: entry.get(name, "").strip() for name in _ABOUT})
        length = sum(item["minutes"] for item in entry["agenda"]) * A_MINUTE
        yield "when", Written({"starts_at": self.starts, "ends_at": self.starts + length})
        names = ("entry", "code", "capacity", "screening", "anonymous_allowed")
        yield "taking-part", Written({name: entry[name] for name in names if name in entry})
        yield "access", Written({name: entry.get(name, "").strip() for name in _ACCESS})
        yield "watch", Written({"video_kind": entry["video_kind"], "video_url": entry.get("video_url", "")})
        speakers = [(s["name"], s["about"]) for s in entry["speaker"]]
        beside = self.write(lambda db: [d.id for slug in entry["beside"] if (d := by_slug(db, slug)) is not None])
        yield "people", Written(people=People(self.official, [self.moderator], speakers, beside))

    def _write(self, db: Session, section: str, written: Written, at: datetime) -> int:
        revision = db.get_one(Hall, self.number).revision
        return writing.write(db, self.number, section, written, revision=revision, by=self.official, now=at).id

    def _plan(self, db: Session, item: Item, at: datetime) -> int:
        return planning.add(db, self.number, item, by=self.official, now=at).id

    def _prepare(self, db: Session, draft: PollDraft, at: datetime) -> int:
        return polls.create(db, self.number, draft, by=self.official, now=at).id

    def _publish(self, db: Session, at: datetime) -> int:
        revision = db.get_one(Hall, self.number).revision
        return scheduling.schedule(db, self.number, revision=revision, by=self.official, now=at).id

    def _register(self, db: Session) -> list[int]:
        """Those who confirmed an address before it began, in the order that they did."""
        hall = db.get_one(Hall, self.number)
        assert hall.salt is not None
        until = min(self.starts, self.now)
        found = []
        for place in range(self.entry["people"]):
            at = until - timedelta(days=12) * self.chance.random()
            number, name = (
                new_id(),
                f"{self.chance.choice(self.people['first'])} {self.chance.choice(self.people['last'])}",
            )
            address = read_address(f"{name.split(maxsplit=1)[0].lower()}.{number}@example.org")
            person = Participant(
                id=number,
                hall_id=hall.id,
                place=Place.PENDING,
                address_key=identity.address_key(self.site.keys, hall.salt, address.canonical),
                name=name,
                notify=place % 3 > 0,
                language="en",
                privacy="1",
                created_at=at,
                asked_at=at,
            )
            db.add(person)
            db.flush()
            joining.seal(db, self.site.keys, person, name, address)
            places.give_place(db, hall, person, at)
            found += [number] if person.place == Place.REGISTERED else []
        return found
