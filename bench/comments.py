"""A discussion of 10,000 comments read page by page, votes on one comment at full speed, and the moderators' queue."""

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select

from app.accounts.model import Account
from app.comments.model import Comment, CommentRevision, Thread, Vote
from app.comments.queries.paging import Place
from app.comments.rules.ranking import rank
from app.comments.rules.texts import body_digest, likeness
from app.core.db import Base, Database
from app.core.security import sessions
from app.core.security.sessions import Lifetime
from app.core.text.sanitise import SANITISER_VERSION, to_html
from bench import library, queue, servers
from bench.driver import Driver, Plan, Tally
from bench.measure import (
    EXACT,
    SLICES,
    Options,
    Report,
    Target,
    at_least,
    at_most,
    options,
    per_cpu_second,
    percentile_ms,
    pooled,
    rounded,
    spread,
)
from bench.wire import get, post_form

COMMENTS, PEOPLE, VOTERS = 10_000, 400, 4_000
CLIENTS, VOTING = 8, 64
REQUESTS = 1_000
OK, SEE_OTHER = 200, 303
SORTS = ("newest", "newest", "oldest", "best", "discussed")
AS_BROWSERS = {"Accept-Encoding": "gzip", "Accept": "text/html"}
COOKIE = "townsquare"  # over plain http
A_DAY = Lifetime(timedelta(hours=12), timedelta(days=1))
A_CHUNK = 2_000
SETTINGS = {
    "PAGE_CACHE": "off",
    "STAFF_SECOND_FACTOR": "off",
    "PETITIONS_DISCUSSION": "after",
    "COMMENTS_VOTE_A_MINUTE": "1000000",
    "COMMENTS_VOTE_AN_HOUR": "10000000",
    "COMMENTS_NETWORK_A_MINUTE": "10000000",
    "COMMENTS_NETWORK_AN_HOUR": "100000000",
}


def targets(database: str) -> dict[str, Target]:
    own = {"thread.p95_ms": at_most(60), "votes.exact": EXACT, "votes.per_second": at_least(200)}
    return {f"{database}.{key}": target for key, target in own.items()} | queue.targets(database)


@dataclass(slots=True)
class Discussion:
    """Petition 1 and everything said about it, put in beside the services."""

    database: Database
    comments: int
    voters: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    chance: random.Random = field(default_factory=lambda: random.Random(library.SEED))
    tops: list[int] = field(default_factory=list)
    bodies: list[str] = field(init=False)
    html: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.bodies = [f"{n}. " + library.prose(self.chance, self.chance.choice((20, 40, 80, 150))) for n in range(500)]
        self.html = {body: str(to_html(body, formatting=True)) for body in self.bodies}

    def fill(self) -> None:
        """People, comments with their texts and votes; figures as their rows have them."""
        people = max(PEOPLE, self.voters)
        self._insert(Account, (self._person(n) for n in range(1, people + 1)))
        rows = list(self._comments())
        votes = list(self._votes(rows))
        self._count(rows, votes)
        self._insert(Thread, [self._thread(len(rows))])
        texts = [row.pop("body") for row in rows]
        self._insert(Comment, rows)
        self._insert(CommentRevision, (self._text(row, body) for row, body in zip(rows, texts, strict=True)))
        self._insert(Vote, votes)
        self.tops = [row["id"] for row in rows if row["depth"] == 1]

    def sign_in(self) -> list[str]:
        """A cookie for each voter."""
        with self.database.writing() as db:
            return [sessions.begin(db, number, A_DAY, self.now) for number in range(1, self.voters + 1)]

    def subject_of_votes(self) -> int:
        """A comment of nobody who votes here: one that has no author any more."""
        with self.database.writing() as db:
            db.get_one(Comment, self.tops[0]).author_id = None
            return self.tops[0]

    def figures(self, comment: int) -> tuple[int, int, int, int]:
        """For and against as its columns have them, and as its votes do."""
        with self.database.reading() as db:
            found = db.get_one(Comment, comment)
            rows = select(func.count()).where(Vote.comment_id == comment)
            ups, downs = (db.scalar(rows.where(Vote.value == value)) or 0 for value in (1, -1))
        return found.ups, found.downs, ups, downs

    def _person(self, number: int) -> dict[str, Any]:
        long_ago = self.now - timedelta(days=90)
        return {
            "id": number, "email": f"person{number}@example.org", "name": f"Person Number {number}",
            "role": "citizen", "created_at": long_ago, "email_confirmed_at": long_ago, "approved_texts": 1,
        }  # fmt: skip

    def _thread(self, said: int) -> dict[str, Any]:
        return {
            "id": 1, "subject_kind": "petition", "subject_id": 1, "mode": "after", "asks_stance": False,
            "opened_at": self.now - timedelta(days=30), "said": said, "fors": 0, "againsts": 0, "neutrals": 0,
            "last_said_at": self.now,
        }  # fmt: skip

    def _comments(self) -> Iterator[dict[str, Any]]:
        """Four in ten stand at the top; replies go to some earlier comment, mostly to few."""
        known: list[dict[str, Any]] = []
        for number in range(1, self.comments + 1):
            parent = None
            if number > 10 and self.chance.random() > 0.4:
                parent = known[int(self.chance.random() ** 2 * len(known))]
                parent = parent if parent["depth"] < 3 else None
            row = self._comment(number, parent)
            known.append(row)
            yield row

    def _comment(self, number: int, parent: dict[str, Any] | None) -> dict[str, Any]:
        at = self.now - timedelta(seconds=(self.comments - number + 1) * 60)
        depth = parent["depth"] + 1 if parent else 1
        body = self.chance.choice(self.bodies)
        return {
            "id": number, "thread_id": 1, "parent_id": parent and parent["id"],
            "root_id": (parent["root_id"] or parent["id"]) if parent else None,
            "branch_id": None if parent is None else number if depth == 2 else parent["branch_id"],
            "parent_revision": parent and 1, "depth": depth, "author_id": 1 + number % PEOPLE, "anonymised": False,
            "state": "published", "edit_state": None, "stance": None, "language": "en", "revision": 1,
            "shown_revision": 1, "likeness": likeness(body), "ups": 0, "downs": 0, "best": 0.0, "replies": 0,
            "replies_numbered": 0, "reply_number": None, "created_at": at, "published_at": at, "edited_at": None,
            "settled_at": at, "state_before": "pending", "reason_code": None, "body": body,
        }  # fmt: skip

    def _votes(self, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        act = 0
        for row in rows[1:]:
            for voter in self.chance.sample(range(1, PEOPLE + 1), self.chance.choice((0, 0, 1, 2, 5))):
                if voter != row["author_id"]:
                    act += 1
                    value = 1 if self.chance.random() < 0.7 else -1
                    yield {"comment_id": row["id"], "account_id": voter, "value": value, "act_id": act, "at": self.now}

    def _count(self, rows: Sequence[dict[str, Any]], votes: Sequence[Mapping[str, Any]]) -> None:
        by_id = {row["id"]: row for row in rows}
        for vote in votes:
            by_id[vote["comment_id"]]["ups" if vote["value"] > 0 else "downs"] += 1
        for row in rows:
            row["best"] = rank(row["ups"], row["downs"], counts=True)
            for above in {row["parent_id"], row["root_id"]} - {None}:
                by_id[above]["replies"] += 1
            if row["root_id"] is not None:
                top = by_id[row["root_id"]]
                top["replies_numbered"] += 1
                row["reply_number"] = top["replies_numbered"]

    def _text(self, row: Mapping[str, Any], body: str) -> dict[str, Any]:
        return {
            "comment_id": row["id"], "number": 1, "body": body, "html": self.html[body], "sanitised": SANITISER_VERSION,
            "digest": body_digest(body),
            "at": row["created_at"], "published_at": row["published_at"],
        }  # fmt: skip

    def _insert(self, table: type[Base], rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> None:
        left = iter(rows)
        while some := list(islice(left, A_CHUNK)):
            with self.database.writing() as db:
                db.connection().execute(insert(Base.metadata.tables[table.__tablename__]), some)


def pages(host: str, talk: Discussion) -> list[bytes]:
    """Every order; a third of the readers are on the first page, the others anywhere, as of a few instants."""
    instants = [talk.now + timedelta(seconds=n) for n in range(-4, 1)]
    found = []
    for _number in range(REQUESTS):
        path = f"/petitions/1/discussion?sort={talk.chance.choice(SORTS)}"
        if talk.chance.random() > 0.33:
            path += f"&after={Place(talk.chance.choice(instants), talk.chance.choice(talk.tops))}"
        found.append(get(path, host, AS_BROWSERS))
    return found


def votes(host: str, comment: int, cookies: Sequence[str], chance: random.Random) -> tuple[list[bytes], list[int]]:
    """One vote of each person, and what it is worth."""
    words = [chance.choice(("up", "up", "down")) for _cookie in cookies]
    path = f"/comments/{comment}/vote"
    asked = [
        post_form(path, host, {"vote": word}, {"Cookie": f"{COOKIE}={cookie}", "Accept": "text/html"})
        for word, cookie in zip(words, cookies, strict=True)
    ]
    return asked, [1 if word == "up" else -1 for word in words]


@dataclass(slots=True)
class Measured:
    """What one database's site does; booked in the report."""

    database: str
    driver: Driver
    site: servers.Site
    talk: Discussion
    report: Report

    def thread(self, seconds: float) -> None:
        plan = Plan(self.site.port, pages(self.site.host, self.talk), CLIENTS, seconds, cycle=True)
        self.driver.run(plan)
        slices: list[Tally] = [self.site.metered(lambda: self.driver.run(plan)) for _slice in range(SLICES)]
        self._book("thread.p95_ms", percentile_ms(pooled(slices), 95))
        self._book("thread.cpu_ms", rounded(1000 / per_cpu_second(slices, OK)))
        self._note("thread", slices, OK)

    def votes(self, cookies: Sequence[str]) -> None:
        comment = self.talk.subject_of_votes()
        before = self.talk.figures(comment)
        asked, worth = votes(self.site.host, comment, cookies, self.talk.chance)
        tally = self.site.metered(lambda: self.driver.run(Plan(self.site.port, asked, VOTING)))
        given = [value for value, status in zip(worth, tally.answers, strict=True) if status == SEE_OTHER]
        expected = (before[0] + given.count(1), before[1] + given.count(-1))
        found = self.talk.figures(comment)
        self._book("votes.per_second", rounded(tally.rate_of(SEE_OTHER)))
        self._book("votes.p95_ms", percentile_ms(pooled([tally]), 95))
        self.report.figures[f"{self.database}.votes.exact"] = found == (*expected, *expected)
        self._note("votes", [tally], SEE_OTHER)

    def _book(self, key: str, value: float) -> None:
        self.report.figures[f"{self.database}.{key}"] = value

    def _note(self, lane: str, slices: list[Tally], good: int) -> None:
        self.report.notes.append(spread(f"{self.database} {lane}", slices))
        if wrong := sum(one.statuses.total() - one.statuses[good] for one in slices):
            raise RuntimeError(f"{wrong} answers were not {good}:\n" + "\n".join(self.report.notes))


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """The lanes ``thread`` and ``votes`` of one database."""
    with servers.site(database, "comments", SETTINGS) as site:
        site.run("import", "uk-petitions", str(library.write(site.folder / "petitions.json", 1)), "--demo")
        url = site.settings["TOWNSQUARE_DATABASE_URL"]
        talk = Discussion(Database(url), max(int(COMMENTS * chosen.scale), 100), max(int(VOTERS * chosen.scale), 100))
        talk.fill()
        cookies = talk.sign_in()
        with site:
            measured = Measured(database, driver, site, talk, report)
            measured.thread(chosen.slice_seconds)
            measured.votes(cookies)
            report.figures[f"{database}.peak_mb"] = rounded(servers.peak_mb(site.pid))
        talk.database.close()


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("comments", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
            queue.measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
