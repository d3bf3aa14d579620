"""A town that holds halls: a hall and its people put into the database as the room would have stored them.

Ana hosts for the ``home`` department, Ben and Cleo moderate, Rhoda is an officer of Roads. For tests of what comes
after; the ways by which these things come about have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from app.accounts.model import Account
from app.core.ids import new_id
from app.core.people.addresses import read_address
from app.core.security import sessions
from app.departments.model import Department
from app.departments.queries import by_slug
from tests.site import Town
from townhall import identity
from townhall.model import AgendaItem, Hall, HallDepartment, HallStaff, Merge, Participant, Person, Poll, Question
from townhall.rules.commands import read_command
from townhall.rules.lifecycle import Entry, HallState, Part, Place
from townhall.rules.questions import Origin, QuestionState
from townhall.service import log
from townhall.service.commanding import Commands, Reply, Sender

T = TypeVar("T")


class Meeting:
    """Halls of one town. Its methods answer numbers of rows."""

    def __init__(self, town: Town, home: str = "council") -> None:
        self.town, self.home = town, home
        for slug in (home, f"{home}-roads"):
            town.department(slug)
        self.ana = town.staff(f"ana.{home}@example.org", "official", home)
        self.ben = town.staff(f"ben.{home}@example.org", "moderator")
        self.cleo = town.staff(f"cleo.{home}@example.org", "moderator")
        self.rhoda = town.staff(f"rhoda.{home}@example.org", "department-officer", f"{home}-roads")

    def do(self, act: Callable[[Any], T]) -> T:
        return self.town.database.retrying(act)

    @property
    def in_spring(self) -> date:
        """A Tuesday in some three months, for what is promised: the shared sites live today."""
        today = self.town.now.date()
        return today + timedelta(days=92 - today.weekday())

    def department(self, slug: str = "") -> Department:
        with self.town.database.reading() as db:
            found = by_slug(db, slug or self.home)
            assert found is not None
            return found

    def hall(
        self, state: HallState = HallState.LIVE, *, starts: datetime | None = None, minutes: int = 90, **columns: Any
    ) -> int:
        """A hall in this state; with two agenda items, Ben and Cleo as moderators, Roads beside it."""
        now = self.town.now
        starts = starts or (now - timedelta(minutes=5) if state in ("live", "ended") else now + timedelta(days=7))
        given: dict[str, Any] = {
            "title": "Budget 2027, Ward 4",
            "summary": "Ask your councillor about the budget.",
            "body": "What the ward gets, and what it pays.",
            "entry": Entry.REGISTERED,
            "code": f"W{new_id() % 10**9}",
            "screening": True,
        }
        started = starts if state in (HallState.LIVE, HallState.ENDED) else None
        row = Hall(
            **given
            | {
                "state": state,
                "department_id": self.department().id,
                "created_by_id": self.ana,
                "host_id": self.ana,
                "starts_at": starts,
                "ends_at": starts + timedelta(minutes=minutes),
                "scheduled_at": None if state == HallState.DRAFT else now - timedelta(days=1),
                "started_at": started,
                "ended_at": now if state == HallState.ENDED else None,
                "cancelled_reason": "The room is flooded." if state == HallState.CANCELLED else "",
                "created_at": now - timedelta(days=2),
                "updated_at": now - timedelta(days=2),
                "salt": identity.new_salt(),
            }
            | columns
        )

        def store(db: Any) -> int:
            db.add(row)
            db.flush()
            log.begin(db, row.id)
            people = ((self.ana, Part.HOST), (self.ben, Part.MODERATOR), (self.cleo, Part.MODERATOR))
            db.add_all(HallStaff(hall_id=row.id, account_id=who, part=part) for who, part in people)
            db.add(HallDepartment(hall_id=row.id, department_id=self.department(f"{self.home}-roads").id))
            for position, (title, length) in enumerate((("Welcome", 10), ("Questions", 60))):
                db.add(AgendaItem(hall_id=row.id, position=position, title=title, minutes=length))
            db.flush()
            return row.id

        return self.do(store)

    def participant(
        self, hall: int, name: str = "Gil Gomez", *, email: str = "", place: Place = Place.REGISTERED, **columns: Any
    ) -> int:
        number, now = new_id(), self.town.now
        address = read_address(email or f"{number}@example.org")

        def store(db: Any) -> int:
            row = db.get(Hall, hall)
            known = place != Place.BROWSER
            db.add(
                Participant(
                    id=number,
                    hall_id=hall,
                    place=place,
                    address_key=identity.address_key(self.town.keys, row.salt, address.canonical) if known else None,
                    name=name if known else "",
                    **{"created_at": now, "asked_at": now, "confirmed_at": now} | columns,
                )
            )
            if known:
                db.flush()
                db.add(
                    Person(participant_id=number, sealed=identity.seal_person(self.town.keys, number, name, address))
                )
            row.taken += place == Place.REGISTERED
            row.waiting += place == Place.WAITING
            return number

        return self.do(store)

    def question(
        self,
        hall: int,
        text: str = "Why is Oak Street still closed?",
        *,
        by: int | None = None,
        state: QuestionState = QuestionState.OPEN,
        **columns: Any,
    ) -> int:
        """Stored without a case of moderation."""
        asker = by if by is not None else self.participant(hall)
        now = self.town.now

        def store(db: Any) -> int:
            row = Question(
                **{
                    "hall_id": hall,
                    "participant_id": asker,
                    "origin": Origin.WEB,
                    "state": state,
                    "text": text,
                    "anonymous": False,
                    "name": "Gil Gomez",
                    "ahead": False,
                    "asked_at": now,
                    "settled_at": now,
                    "published_at": now if state != QuestionState.WAITING else None,
                }
                | columns
            )
            db.add(row)
            db.flush()
            if row.merged_into_id is not None:
                db.add(Merge(question_id=row.id, into_id=row.merged_into_id, state_before="open", at=now))
            return row.id

        return self.do(store)

    def poll(self, hall: int, kind: str = "single", *, state: str = "open", **columns: Any) -> int:
        now = self.town.now

        def store(db: Any) -> int:
            options = [{"id": n, "text": word} for n, word in enumerate(("Repair it", "Replace it", "Leave it"), 1)]
            row = Poll(
                **{
                    "hall_id": hall,
                    "position": 1,
                    "kind": kind,
                    "state": state,
                    "question": "What should happen to the bridge?",
                    "options": options if kind in ("single", "multiple", "ranking") else [],
                    "most": 1,
                    "created_at": now,
                    "opened_at": None if state == "draft" else now,
                }
                | columns
            )
            db.add(row)
            db.flush()
            return row.id

        return self.do(store)

    def staff(self, account: int) -> Sender:
        """A living session of this account, proven a moment ago."""
        now = self.town.now

        def begin(db: Any) -> Sender:
            token = sessions.begin(db, account, sessions.STAFF, now, strong=True)
            return Sender(account_id=account, role=db.get(Account, account).role, session=sessions.digest(token))

        return self.do(begin)

    def send(self, hall: int, sender: Sender, op: str, *, command_id: str = "", **d: Any) -> Reply:
        """One command that does not go through the intake, as its transaction carries it out."""
        sent = read_command(command_id or f"test-{new_id()}", op, msgspec.json.encode(d))
        commands: Commands = self.town.site.dependencies["hall_commands"]
        return self.do(lambda db: commands.perform(db, hall, sender, sent, self.town.now))

    def row(self, model: type[T], key: Any) -> T:
        with self.town.database.reading() as db:
            found = db.get(model, key)
            assert found is not None
            return found

    def events(self, hall: int) -> list[tuple[str, int | None]]:
        """Kind and thing of everything in the log, in order."""
        from townhall.model import Event

        rows: list[Event] = sorted(self.town.rows(Event, Event.hall_id == hall), key=lambda e: e.staff_seq)
        return [(e.kind, e.thing_id) for e in rows]

    @staticmethod
    def of(participant: int) -> Sender:
        return Sender(participant_id=participant)
