"""A hall for the bench: live, with questions, voters who have tickets, and one of the staff who is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.accounts.cookies import cookie_name
from app.accounts.model import Account
from app.core.db import Database
from app.core.ids import new_id
from app.core.security import sessions
from app.core.security.keys import Keys
from app.core.security.sessions import Lifetime
from app.departments.model import Department
from bench import servers
from townhall import identity
from townhall.model import Event, Hall, HallStaff, LogHead, Notice, Participant, Question, Ticket, Upvote
from townhall.rules.lifecycle import Entry, HallState, Part, Place
from townhall.rules.questions import Origin, QuestionState
from townhall.service import log

A_DAY = Lifetime(timedelta(days=1), timedelta(days=1))


@dataclass
class Meeting:
    """One hall on a site's database, put in beside the services."""

    site: servers.Site
    questions: list[int] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    staff_cookie: str = ""
    hall: int = 0

    def __post_init__(self) -> None:
        self.database = Database(self.site.settings["TOWNSQUARE_DATABASE_URL"])
        self.keys = Keys(servers.SECRET_KEY)
        self.now = datetime.now(UTC).replace(microsecond=0)

    def fill(self, questions: int, voters: int) -> None:
        self.site.run("department", "add", "council", "The Council")
        self.site.run("staff", "add", "ana@example.org", "--role", "moderator")
        with self.database.writing() as db:
            ana = db.scalars(select(Account.id).where(Account.email == "ana@example.org")).one()
            self.hall = self._hall(db, ana)
            self.questions = [self._question(db, n) for n in range(questions)]
            self.cookies = [self._voter(db) for _n in range(voters)]
            token = sessions.begin(db, ana, A_DAY, self.now, strong=True)
            self.staff_cookie = f"{cookie_name(secure=False)}={token}"

    def _hall(self, db: Any, ana: int) -> int:
        council = db.scalars(select(Department.id)).first()
        row = Hall(
            state=HallState.LIVE, title="The bench's hall", entry=Entry.REGISTERED, department_id=council,
            created_by_id=ana, host_id=ana, starts_at=self.now - timedelta(minutes=5), screening=False,
            ends_at=self.now + timedelta(hours=5), started_at=self.now - timedelta(minutes=5),
            scheduled_at=self.now - timedelta(days=1), created_at=self.now, updated_at=self.now,
            host_seen_at=self.now, salt=identity.new_salt(),
        )  # fmt: skip
        db.add(row)
        db.flush()
        log.begin(db, row.id)
        db.add(HallStaff(hall_id=row.id, account_id=ana, part=Part.HOST))
        return row.id

    def _question(self, db: Any, number: int) -> int:
        row = Question(
            hall_id=self.hall, origin=Origin.WEB, state=QuestionState.OPEN, anonymous=True, ahead=False,
            text=f"Question number {number}: what will be done about the street that everybody here walks along?",
            asked_at=self.now, settled_at=self.now, published_at=self.now,
        )  # fmt: skip
        db.add(row)
        db.flush()
        return row.id

    def _voter(self, db: Any) -> str:
        number, secret = new_id(), identity.new_secret()
        db.add(
            Participant(
                id=number, hall_id=self.hall, place=Place.REGISTERED, address_key=number.to_bytes(16, "big"),
                created_at=self.now, asked_at=self.now, confirmed_at=self.now,
            )
        )  # fmt: skip
        db.get_one(Hall, self.hall).taken += 1
        db.flush()
        key = identity.ticket(secret, self.hall, self.keys)
        db.add(Ticket(hall_id=self.hall, key=key, participant_id=number, at=self.now))
        return f"{cookie_name(secure=False)}-hall={secret}"

    def counts(self, questions: Sequence[int]) -> tuple[int, int]:
        """Upvotes as the questions' columns have them, and as their rows do."""
        with self.database.reading() as db:
            columns = db.scalar(select(func.sum(Question.votes)).where(Question.id.in_(questions))) or 0
            rows = db.scalar(select(func.count()).select_from(Upvote).where(Upvote.question_id.in_(questions))) or 0
        return int(columns), int(rows)

    def announced(self) -> int:
        with self.database.reading() as db:
            return db.scalar(select(func.count()).select_from(Notice).where(Notice.hall_id == self.hall)) or 0

    def top(self) -> tuple[int, int]:
        """The newest public number, and how many events have one."""
        with self.database.reading() as db:
            head = db.get_one(LogHead, self.hall)
            rows = select(func.count()).select_from(Event)
            count = db.scalar(rows.where(Event.hall_id == self.hall, Event.public_seq.is_not(None))) or 0
        return head.public_seq, count
