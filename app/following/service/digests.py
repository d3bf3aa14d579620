"""Digests, put into the outbox in steps: what is due and not there yet, one letter for each follower.

An *issue* is all digests of one period that were due at one instant. A step looks at some followers,
in the order of their numbers, and is one transaction: whoever is killed between two of them goes on
where they were. A machine that stood still for a week makes one issue, which tells of the week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, bindparam, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from app.core.batches import Prepared, upsert
from app.following import queries
from app.following.contribution import Followable
from app.following.model import Follow, Follower, HappeningTag, Issue
from app.following.policy import FollowingPolicy
from app.following.rules.periods import Period, last_cut
from app.mail import service as mail
from app.mail.model import Lane, Letter, LetterState
from app.mail.schedule import news_due

DIGEST = "following/mail/digest"
RECIPIENT = "following.follower"
A_STEP, SEARCHES_A_STEP = 2_000, 50
#: whatever was stored by clocks before an instant is readable so long after it
SETTLED = timedelta(minutes=1)
#: no search looks further back
LOOKS_BACK = timedelta(days=60)
#: what a letter's row says whose news stand in a newer one
REPLACED = "replaced"
_FOLLOWER: Table = Follower.__table__  # type: ignore[assignment]
_NOTE = Prepared(
    lambda _insert: (
        update(_FOLLOWER)
        .where(_FOLLOWER.c.id == bindparam("row"))
        .values(digest_since=bindparam("since"), digest_until=bindparam("until"))
    )
)


def once(follower_id: int, until: datetime) -> str:
    """What the outbox calls one follower's digest: there is one for each instant, whatever happens."""
    return f"digest:{follower_id}:{until.astimezone(UTC):%Y%m%dT%H%M%S}"


class Digests:
    """The job. Answers 0 when nothing is left to do."""

    def __init__(self, policy: FollowingPolicy, followable: Mapping[str, Followable]) -> None:
        self.policy, self.followable = policy, followable

    def __call__(self, db: Session, now: datetime) -> int:
        self._begin_due(db, now)
        issue = _unfinished(db)
        if issue is None:
            return 0
        if issue.searched is not None:
            return self._search(db, issue)
        return self._queue(db, issue, now)

    def _begin_due(self, db: Session, now: datetime) -> None:
        """One issue for each period, however many were due meanwhile; it tells what an unfinished one has not."""
        for period in Period:
            until = last_cut(period, self.policy.digest_at, self.policy.zone, now - SETTLED)
            newest = db.scalar(select(func.max(Issue.until)).where(Issue.period == period))
            if newest is None or newest < until:
                older = update(Issue).where(Issue.period == period, Issue.done_at.is_(None))
                db.execute(older.values(done_at=now))
                db.add(Issue(period=period, until=until, begun_at=now, searched=""))
                db.flush()

    def _search(self, db: Session, issue: Issue) -> int:
        """Look through some of the followed searches, each once, whoever follows it: what they find is tagged."""
        found = _searches(db, issue, [k for k, what in self.followable.items() if what.is_searched])
        for kind, key, since in found:
            since = max(since, issue.until - LOOKS_BACK)
            subjects = self.followable[kind].matches(db, key, since, issue.until)
            happened = queries.happenings_of(db, list(subjects), since, issue.until)
            rows = [{"kind": kind, "key": key, "at": at, "happening_id": row} for row, at in happened]
            if rows:
                db.execute(upsert(db, HappeningTag.__table__).on_conflict_do_nothing(), rows)  # type: ignore[arg-type]
        issue.searched = f"{found[-1][0]}:{found[-1][1]}" if len(found) == SEARCHES_A_STEP else None
        db.flush()
        return 1

    def _queue(self, db: Session, issue: Issue, now: datetime) -> int:
        """The next followers of this period: a letter for each for whom something happened."""
        last, looked_at = _next_followers(db, issue)
        if looked_at:
            some = and_(Follower.id > issue.reached_id, Follower.id <= last, Follower.period == issue.period)
            # their rows before their letters, as everybody locks them
            due = db.execute(_with_news(issue).where(some).with_for_update(key_share=True, of=Follower)).all()
            self._write(db, issue, due, now)
            told = update(Follower).where(some, queries.LIVE).values(told_until=issue.until)
            db.execute(told.execution_options(synchronize_session=False))
            issue.reached_id, issue.queued = last, issue.queued + len(due)
        if looked_at < A_STEP:
            issue.done_at = now
        db.flush()
        return 1

    def _write(self, db: Session, issue: Issue, due: Sequence[Any], now: datetime) -> None:
        since = _since_each(db, due, now)
        leaves = news_due(self.policy.window, self.policy.zone, now)
        _NOTE.run(db, [{"row": row.id, "since": since[row.id], "until": issue.until} for row in due])
        rows = [
            mail.row(
                DIGEST,
                (RECIPIENT, row.id),
                now,
                lane=Lane.NEWS,
                facts={"since": since[row.id].isoformat(), "until": issue.until.isoformat()},
                once=once(row.id, issue.until),
                due=leaves,
            )
            | {"language": row.language}
            for row in due
        ]
        mail.queue_once(db, rows)


def _unfinished(db: Session) -> Issue | None:
    """The oldest of them, which nobody else is at."""
    todo = select(Issue).where(Issue.done_at.is_(None)).order_by(Issue.until, Issue.id).limit(1)
    return db.scalars(todo.with_for_update(skip_locked=True)).one_or_none()


def _searches(db: Session, issue: Issue, kinds: Sequence[str]) -> list[tuple[str, str, datetime]]:
    """The next searches that followers of this period follow, and since when the least told of them has not heard."""
    kind, _colon, key = (issue.searched or "").partition(":")
    rows = (
        select(Follow.kind, Follow.key, func.min(_since()))
        .join(Follower, Follower.id == Follow.follower_id)
        .where(
            Follow.kind.in_(kinds),
            Follow.confirmed_at.is_not(None),
            Follower.period == issue.period,
            queries.LIVE,
            tuple_(Follow.kind, Follow.key) > tuple_(kind, key),
        )
        .group_by(Follow.kind, Follow.key)
        .order_by(Follow.kind, Follow.key)
        .limit(SEARCHES_A_STEP)
    )
    return [(kind, key, since) for kind, key, since in db.execute(rows)]


def _since() -> Any:
    """What a follower has not heard of one thing yet begins there."""
    return func.coalesce(Follower.told_until, Follow.confirmed_at, type_=Follow.confirmed_at.type)


def _next_followers(db: Session, issue: Issue) -> tuple[int, int]:
    """The number of the last of the next followers of this period, and how many they are."""
    some = (
        select(Follower.id)
        .where(Follower.period == issue.period, Follower.id > issue.reached_id)
        .order_by(Follower.id)
        .limit(A_STEP)
        .subquery()
    )
    last, number = db.execute(select(func.max(some.c.id), func.count()).select_from(some)).one()
    return last or issue.reached_id, number


def _with_news(issue: Issue) -> Any:
    """Followers for whom something happened that they have not been told."""
    news = exists().where(
        Follow.follower_id == Follower.id,
        HappeningTag.kind == Follow.kind,
        HappeningTag.key == Follow.key,
        Follow.confirmed_at.is_not(None),
        HappeningTag.at > _since(),
        HappeningTag.at > Follow.confirmed_at,
        HappeningTag.at <= issue.until,
    )
    columns = (
        Follower.id,
        Follower.language,
        Follower.told_until,
        Follower.confirmed_at,
        Follower.digest_since,
        Follower.digest_until,
    )
    return select(*columns).where(queries.LIVE, news).order_by(Follower.id)


def _since_each(db: Session, due: Sequence[Any], now: datetime) -> dict[int, datetime]:
    """From when each digest tells. One that still waits for the postman is dropped: the new one tells its news too."""
    since = {row.id: row.told_until or row.confirmed_at for row in due}
    named = {once(row.id, row.digest_until): row for row in due if row.digest_until is not None}
    free = or_(Letter.claimed_until.is_(None), Letter.claimed_until < now)
    names = list(named)
    waiting: list[str] = []
    for start in range(0, len(names), 500):
        wanted = select(Letter.once).where(Letter.once.in_(names[start : start + 500]), free)
        locked = wanted.where(Letter.state == LetterState.WAITING).with_for_update(skip_locked=True)
        waiting += [name for name in db.scalars(locked) if name]
    mail.drop_unwanted(db, waiting, REPLACED, now)
    return since | {named[name].id: named[name].digest_since for name in waiting}
