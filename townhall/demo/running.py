"""What happens in one of the demo's halls, minute by minute: each act is the command that a page would send."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.db import Database
from app.core.errors import Refusal
from app.core.ids import new_id
from app.core.security import sessions
from app.site import Site
from townhall.model import AgendaItem, Poll, Question
from townhall.rules.commands import Sent, read_command
from townhall.service.acts import BY_OPERATION, HallAct
from townhall.service.commanding import Commands, Reply, Sender

Entry = Mapping[str, Any]
Step = tuple[float, Callable[[datetime], object]]
_A_DAY = timedelta(days=1)
#: promises are due on working days
_TO_MONDAY = {6: 2, 7: 1}


class Running:
    """``starts``: when it began; ``people``: participants who may ask and vote; ``staff``: role to account."""

    def __init__(
        self,
        site: Site,
        database: Database,
        entry: Entry,
        number: int,
        starts: datetime,
        now: datetime,
        staff: Mapping[Role, int],
        people: Sequence[int],
    ) -> None:
        self.site, self.database, self.entry, self.number = site, database, entry, number
        self.starts, self.now, self.staff, self.people = starts, now, staff, people
        self.commands: Commands = site.dependencies["hall_commands"]
        self.chance = random.Random(0)
        self.questions: dict[str, int] = {}

    def run(self, chance: random.Random) -> None:
        """Everything that is due by now, in its order."""
        self.chance = chance
        for minute, step in sorted(self._steps(), key=lambda s: s[0]):
            at = self.starts + timedelta(minutes=minute)
            if at <= self.now:
                step(at)

    def _steps(self) -> Iterator[Step]:
        if "minutes_ago" in self.entry or "ended" in self.entry:
            yield 0, self._staff(Role.OFFICIAL, "hall.start")
            yield from self._agenda()
        for question in self.entry.get("question", ()):
            yield from self._question(question)
        for poll in self.entry.get("poll", ()):
            yield from self._poll(poll)
        for said in self.entry.get("announcement", ()):
            yield said["at"], self._staff(Role.MODERATOR, "announce", text=said["text"])
        for second, text in self.entry.get("said", ()):
            yield second / 60, self._staff(Role.MODERATOR, "caption.write", text=text)
        for promise in self.entry.get("promise", ()):
            yield promise["at"], self._promise(promise)
        if "ended" in self.entry:
            yield self.entry["ended"], self._staff(Role.OFFICIAL, "hall.end")

    def _agenda(self) -> Iterator[Step]:
        minute = 0.1
        for place, item in enumerate(self.entry["agenda"]):
            if minute < self.entry.get("ended", 10_000):
                yield minute, self._moves(place)
            minute += item["minutes"]

    def _moves(self, place: int) -> Callable[[datetime], object]:
        return lambda at: self._move(place, at)

    def _move(self, place: int, at: datetime) -> None:
        items = select(AgendaItem.id).where(AgendaItem.hall_id == self.number).order_by(AgendaItem.position)
        with self.database.reading() as db:
            number = db.scalars(items.offset(place).limit(1)).one()
        self._staff(Role.OFFICIAL, "agenda.move", item=number)(at)

    def _question(self, entry: Entry) -> Iterator[Step]:
        """Asked, then what becomes of it; each by its minute."""
        asked, key = entry["asked"], entry["key"]
        yield asked, lambda at: self._ask(entry, at)
        if "published" in entry:
            yield entry["published"], lambda at: self._of(key, Role.MODERATOR, "question.publish", at, rev=1)
            yield entry["published"] + 0.05, lambda at: self._upvote(key, entry.get("votes", 0), at)
        if "rejected" in entry:
            yield (
                entry["rejected"],
                lambda at: self._of(key, Role.MODERATOR, "question.reject", at, rev=1, reason=entry["reason"]),
            )
        if "staged" in entry:
            yield entry["staged"], lambda at: self._of(key, Role.OFFICIAL, "question.stage", at)
        if "answered" in entry:
            yield entry["answered"], lambda at: self._of(key, Role.OFFICIAL, "question.answered", at)
        if "written" in entry:
            yield entry["written"], lambda at: self._of(key, Role.OFFICER, "question.answer", at, text=entry["answer"])
        if "merged" in entry:
            yield (
                entry["merged"],
                lambda at: self._of(key, Role.MODERATOR, "question.merge", at, into=self.questions[entry["into"]]),
            )

    def _ask(self, entry: Entry, at: datetime) -> None:
        sender = Sender(participant_id=self.people[entry["by"]])
        sent = self._sent("question.ask", text=entry["text"], anonymous=entry.get("anonymous", False))
        reply = self.database.retrying(lambda db: self.commands.perform(db, self.number, sender, sent, at))
        number = reply.d.get("question")
        assert isinstance(number, int)
        self.questions[entry["key"]] = number

    def _of(self, key: str, role: Role, op: str, at: datetime, **d: Any) -> None:
        self._staff(role, op, question=self.questions[key], **d)(at)

    def _upvote(self, key: str, votes: int, at: datetime) -> None:
        """Of people chosen by chance, never of whoever asked."""
        question = self.questions[key]
        with self.database.reading() as db:
            asker = db.get_one(Question, question).participant_id
        others = [p for p in self.people if p != asker]
        chosen = self.chance.sample(others, min(votes, len(others)))
        self._perform([self._act("upvote.set", p, at, question=question, on=True) for p in chosen])

    def _poll(self, entry: Entry) -> Iterator[Step]:
        for name, op in (("opened", "poll.open"), ("closed", "poll.close"), ("revealed", "poll.reveal")):
            if name in entry:
                yield entry[name], self._of_poll(entry, op)
        if "opened" in entry:
            yield entry["opened"] + 0.5, lambda at: self._answer(entry, at)

    def _of_poll(self, entry: Entry, op: str) -> Callable[[datetime], object]:
        return self._staff(Role.OFFICIAL, op, poll=self._row(entry).id)

    def _row(self, entry: Entry) -> Poll:
        with self.database.reading() as db:
            return db.scalars(select(Poll).where(Poll.hall_id == self.number, Poll.question == entry["question"])).one()

    def _answer(self, entry: Entry, at: datetime) -> None:
        poll = self._row(entry)
        chosen = self.chance.sample(list(self.people), min(entry["answers"], len(self.people)))
        self._perform([self._act("poll.answer", p, at, poll=poll.id, **self._choice(poll, entry)) for p in chosen])

    def _choice(self, poll: Poll, entry: Entry) -> dict[str, Any]:
        ids = [option["id"] for option in poll.options]
        if poll.kind == "cloud":
            return {"words": [self.chance.choice(entry["words"])]}
        if poll.kind == "rating":
            return {"choices": self.chance.choices([1, 2, 3, 4, 5], entry["weights"])}
        if poll.kind == "ranking":
            return {"choices": self.chance.sample(ids, len(ids))}
        return {"choices": self.chance.choices(ids, entry["weights"])}

    def _promise(self, entry: Entry) -> Callable[[datetime], object]:
        def make(at: datetime) -> None:
            due = (at + entry["days"] * _A_DAY).astimezone(self.site.settings.zone).date()
            due += _TO_MONDAY.get(due.isoweekday(), 0) * _A_DAY
            about = {"question": self.questions[entry["question"]]} if "question" in entry else {}
            d = {"text": entry["text"], "department": entry["department"], "owner": entry["owner"]}
            self._staff(Role.MODERATOR, "commitment.add", due_on=due.isoformat(), **d, **about)(at)

        return make

    def _staff(self, role: Role, op: str, **d: Any) -> Callable[[datetime], object]:
        """The command of one of the staff, in a session that lives for it alone."""
        account_id, sent = self.staff[role], self._sent(op, **d)

        def act(db: Session, at: datetime) -> Reply:
            session = sessions.digest(sessions.begin(db, account_id, sessions.STAFF, at, strong=True))
            db.flush()
            sender = Sender(account_id=account_id, role=db.get_one(Account, account_id).role, session=session)
            reply = self.commands.perform(db, self.number, sender, sent, at)
            sessions.end_one(db, session)
            return reply

        return lambda at: self.database.retrying(lambda db: act(db, at))

    def _sent(self, op: str, **d: Any) -> Sent:
        return read_command(f"demo-{new_id()}", op, msgspec.json.encode(d))

    def _act(self, op: str, participant: int, at: datetime, **d: Any) -> HallAct:
        sender = Sender(participant_id=participant)
        return BY_OPERATION[op](at=at, hall_id=self.number, sender=sender, sent=self._sent(op, **d))

    def _perform(self, acts: Sequence[HallAct]) -> None:
        """In one batch, as the intake makes them."""
        if not acts:
            return
        performer = self.site.performers[type(acts[0])]
        for answered in self.database.retrying(lambda db: list(performer.perform(db, list(acts), acts[-1].at))):
            if isinstance(answered, Refusal):
                raise answered
