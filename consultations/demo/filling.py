"""Living the demo's consultations through the services, on a clock that is turned back."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.db import Database
from app.core.ids import new_id
from app.core.people.addresses import read_address
from app.departments.model import Department, Officer
from app.site import Site
from consultations.demo.afterwards import Afterwards
from consultations.demo.questions import Written, answers_of
from consultations.model import Consultation
from consultations.policy import ConsultationPolicy
from consultations.rules.clauses import read_text
from consultations.rules.lifecycle import Kind
from consultations.rules.responses import Consent
from consultations.rules.texts import CHECKS
from consultations.service import building, closing, editing, reviewing, texts
from consultations.service.acts import SendResponse
from consultations.service.editing import Begun
from consultations.service.editing import Written as Section

HERE = Path(__file__).resolve().parent
Entry = Mapping[str, Any]
T = TypeVar("T")
A_BATCH = 64
_TEXTS = (
    "summary",
    "body",
    "scope",
    "use",
    "easy_read",
    "contact",
    "formats_contact",
    "privacy_notice",
    "other_ways",
    "discussion",
)


def fill(site: Site, database: Database, now: datetime) -> None:
    """Fill an empty site with everything of ``content.toml``; the staff are those of the demo's departments."""
    content = tomllib.loads((HERE / "content.toml").read_text(encoding="utf-8"))
    for entry in sorted(content["consultation"], key=lambda e: -e["opens"]):
        _Life(site, database, now, entry, content["people"]).live()


class _Life:
    """One consultation from its first word until today."""

    def __init__(self, site: Site, database: Database, now: datetime, entry: Entry, people: Entry) -> None:
        self.site, self.database, self.now, self.entry, self.people = site, database, now, entry, people
        self.policy: ConsultationPolicy = site.dependencies["consulting"]
        self.chance = random.Random(entry["key"])
        self.written = Written(entry, self.policy)
        self.opens, self.closes = self._at(entry["opens"], 9), self._at(entry["closes"], 23)
        self.number = 0

    def live(self) -> None:
        author, approver, officer = self.write(self._staff)
        self._publish(author, approver)
        self._respond()
        if self.closes <= self.now:
            self._close()
            Afterwards(self.write, self.entry, self.number, self.closes, self.now, officer).live()

    def write(self, act: Callable[[Session], T]) -> T:
        """One act, stored for itself as on the real site."""
        return self.database.retrying(act)

    def _at(self, days_ago: int, hour: int) -> datetime:
        zone = self.site.settings.zone
        day: date = self.now.astimezone(zone).date() - timedelta(days=days_ago)
        return datetime.combine(day, time(hour), tzinfo=zone)

    def _staff(self, db: Session) -> tuple[int, int, list[int]]:
        """An official of its department, one who has no part in it, and the department's officers."""
        of_it = (
            select(Account.id)
            .join(Officer, Officer.account_id == Account.id)
            .join(Department, Department.id == Officer.department_id)
            .where(Department.slug == self.entry["department"])
            .order_by(Account.id)
        )
        author = db.scalars(of_it.where(Account.role == Role.OFFICIAL)).first()
        others = select(Account.id).where(Account.role == Role.OFFICIAL, Account.id != author)
        assert author is not None  # the demo's people have one in each department
        officers = list(db.scalars(of_it.where(Account.role == Role.OFFICER)))
        return author, db.scalars(others.order_by(Account.id)).first() or author, officers

    def _publish(self, author: int, approver: int) -> None:
        begun = min(self.opens, self.now) - timedelta(days=20)
        wanted = Begun(Kind(self.entry["kind"]), self.entry["title"], f"demo-{self.entry['key']}-{'0' * 22}")
        self.number = self.write(lambda db: editing.begin(db, wanted, by=author, now=begun))
        self.write(lambda db: self._write_all(db, author, begun + timedelta(days=1)))
        submitted = begun + timedelta(days=4)
        self.write(lambda db: reviewing.submit(db, self.policy, self.number, by=author, now=submitted))
        looked = submitted + timedelta(days=2)
        self.write(lambda db: reviewing.approve(db, self.policy, self.number, by=approver, now=looked))
        published, said = looked + timedelta(days=5), reviewing.Publishing(tuple(CHECKS))
        self.write(lambda db: reviewing.publish(db, self.policy, self.number, said, by=author, now=published))

    def _write_all(self, db: Session, author: int, at: datetime) -> None:
        values: dict[str, Any] = {name: self.entry[name].strip() for name in _TEXTS if name in self.entry}
        values |= {"opens_at": self.opens, "closes_at": self.closes}
        revision = db.get_one(Consultation, self.number).revision
        editing.write(db, self.number, "about", Section(values), revision=revision, by=author, now=at)
        building.change(db, self.number, lambda _empty: self.written.questionnaire, "change", by=author, now=at)
        if self.written.easy:
            building.save_easy(db, self.number, self.written.easy, seen=2, by=author, now=at)
        if text := self.entry.get("text"):
            made = texts.add(db, self.number, text["title"], "before", by=author, now=at)
            blocks = read_text(text["words"].strip())
            texts.write(db, self.number, made.number, blocks, based_on=0, after_revision=1, by=author, now=at)

    def _respond(self) -> None:
        """People answer between opening and now, or closing, in batches as the intake makes them."""
        end = min(self.closes, self.now) - timedelta(minutes=5)
        if end <= self.opens:
            return
        when = sorted(self.opens + (end - self.opens) * self.chance.random() for _ in range(self.entry["responses"]))
        letters = self._letters()
        acts = [self._response(at, letters.get(place, "")) for place, at in enumerate(when)]
        for start in range(0, len(acts), A_BATCH):
            self._send(acts[start : start + A_BATCH])

    def _send(self, batch: list[SendResponse]) -> None:
        performer = self.site.performers[SendResponse]
        self.write(lambda db: list(performer.perform(db, batch, batch[-1].at)))

    def _letters(self) -> dict[int, str]:
        """The campaign's text by the place of those who sent it; every fourth added a sentence."""
        campaign = self.entry.get("letter")
        if not campaign:
            return {}
        places = self.chance.sample(range(self.entry["responses"]), campaign["count"])
        return {
            place: campaign["text"] + (f" {self.chance.choice(campaign['added'])}" if i % 4 == 0 else "")
            for i, place in enumerate(places)
        }

    def _response(self, at: datetime, letter: str) -> SendResponse:
        answers = answers_of(self.written, self.chance, self.policy)
        if letter:
            answers[self.written.numbers[self.entry["letter"]["question"]]] = letter
        name = f"{self.chance.choice(self.people['first'])} {self.chance.choice(self.people['last'])}"
        number = new_id()
        return SendResponse(
            at=at,
            consultation_id=self.number,
            form_key=f"demo-{number}",
            answers=msgspec.json.encode({str(n): answer for n, answer in sorted(answers.items())}),
            questionnaire_version=1,
            name=name,
            address=read_address(f"{name.split(maxsplit=1)[0].lower()}.{number}@example.org"),
            organisation=self.chance.choice(self.people["organisations"]) if self.chance.random() < 0.06 else "",
            easy_read=self.chance.random() < 0.05,
            consent=self.chance.choices([str(c) for c in Consent], [30, 55, 15])[0],
            notify=self.chance.random() < 0.7,
            language="en",
            privacy="1",
            proven=True,
        )

    def _close(self) -> None:
        """What the clock's job does once its time is over."""
        at = self.closes + timedelta(minutes=1)
        self.write(lambda db: closing.close_some(db, self.site.referring, at))
