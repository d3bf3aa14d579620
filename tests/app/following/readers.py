"""People who follow things in a town: they ask, press the button in the letter, and read their digests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.subject import SubjectRef
from app.following.letters import CONFIRMING, MANAGING, STOPPING
from app.following.model import Follow, Follower, Happening, HappeningTag, Issue
from app.following.policy import FollowingPolicy
from app.following.service import asking, noting, stopping
from app.following.service.asking import Wish, read_wish
from app.following.service.digests import DIGEST, Digests
from app.mail.mailbox import mailbox_key
from app.mail.model import Letter
from tests.people import Person
from tests.site import Town

MAYA = Person("Maya Iyer", "maya@example.org")
#: a Tuesday, an hour before digests are made
EVENING, MORNING = datetime(2026, 3, 3, 18, 0, tzinfo=UTC), datetime(2026, 3, 4, 7, 2, tzinfo=UTC)


class Readers:
    """Follows in one town."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.policy: FollowingPolicy = town.site.dependencies["following_policy"]
        self.job = Digests(self.policy, town.site.followable)

    def wish(self, kind: str, key: object, period: str = "") -> Wish:
        with self.town.database.reading() as db:
            return read_wish(db, self.town.site.followable, kind, str(key), period)[0]

    def ask(self, person: Person, kind: str, key: object, period: str = "") -> None:
        """They send the form; no more than that."""
        wish, town = self.wish(kind, key, period), self.town
        town.database.retrying(lambda db: asking.ask(db, town.keys, self.policy, person.address, wish, town.now))

    def confirm(self, follow: int) -> None:
        self.town.database.retrying(lambda db: asking.confirm(db, self.policy, follow, self.town.now))

    def follow(self, person: Person, kind: str, key: object, period: str = "") -> Follow:
        """They send the form, and press the button in the letter."""
        self.ask(person, kind, key, period)
        found = self.follows(person)[-1]
        self.confirm(found.id)
        return self.follows(person)[-1]

    def member(self, person: Person) -> Account:
        """They have an account with this address, which is proven."""

        def made(db):
            account = Account(
                email=person.address.canonical,
                name=person.name,
                role=Role.CITIZEN,
                created_at=self.town.now,
                email_confirmed_at=self.town.now,
            )
            db.add(account)
            db.flush()
            return account

        return self.town.database.retrying(made)

    def follow_as(self, account: Account, kind: str, key: object, period: str = "") -> Follow:
        wish, town = self.wish(kind, key, period), self.town
        return town.database.retrying(lambda db: asking.follow(db, town.keys, self.policy, account, wish, town.now))

    def stop_all(self, person: Person) -> None:
        number = self.follower(person).id
        self.town.database.retrying(lambda db: stopping.stop_all(db, number, self.town.now))

    # what is so

    def follower(self, person: Person) -> Follower:
        box = mailbox_key(self.town.keys, person.address)
        return self.town.rows(Follower, Follower.mailbox == box)[0]

    def follows(self, person: Person) -> list[Follow]:
        return sorted(
            self.town.rows(Follow, Follow.follower_id == self.follower(person).id), key=lambda f: (f.asked_at, f.id)
        )

    def confirm_link(self, person: Person) -> str:
        return f"/following/confirm/{self.town.keys.token(CONFIRMING, self.follows(person)[-1].id)}"

    def manage_link(self, person: Person) -> str:
        return f"/following/{self.town.keys.token(MANAGING, self.follower(person).id)}"

    def stop_link(self, person: Person) -> str:
        return f"/following/stop/{self.town.keys.token(STOPPING, self.follower(person).id, lasting=True)}"

    def queued(self) -> list[Letter]:
        return self.town.queued(DIGEST)

    def digests(self, person: Person | str) -> list[str]:
        """What they read, letter by letter."""
        return [m.get_content() for m in self.town.letters.to(person) if "new in what you follow" in str(m["Subject"])]

    def happenings(self, *conditions: object) -> list[Happening]:
        return self.town.rows(Happening, *conditions)

    def tags(self, happening: int) -> set[tuple[str, str]]:
        return {(t.kind, t.key) for t in self.town.rows(HappeningTag, HappeningTag.happening_id == happening)}

    def issues(self) -> list[Issue]:
        return self.town.rows(Issue)

    # what happens

    def make(self) -> list[Letter]:
        """The job runs until nothing is left to do; answers all digests of the outbox."""
        while self.step():
            pass
        return self.queued()

    def step(self) -> int:
        return self.town.database.retrying(lambda db: self.job(db, self.town.now))

    def morning(self, days: int = 1) -> None:
        """So many days later, a little after digests are due; they are made, and the postman has been."""
        day = (self.town.now + timedelta(days=days)).date()
        self.town.clock.set(datetime(day.year, day.month, day.day, 7, 2, tzinfo=UTC))
        self.make()
        self.town.deliver()

    def tell(self, told: object) -> Happening:
        return self.town.database.retrying(
            lambda db: noting.note(db, told, self.town.site.subject_tags)  # type: ignore[arg-type]
        )


def subject(petition: int) -> SubjectRef:
    return SubjectRef("petition", petition)


def entries(digest: str) -> Sequence[str]:
    """The lines of a digest that tell something."""
    return re.findall(r"^- (.*)$", digest, re.MULTILINE)
