"""Digests, put into the outbox in steps: what is due and not there yet, one letter for each follower.

An *issue* is all digests of one period that were due at one instant. A step looks at some followers,
in the order of their numbers, and is one transaction: whoever is killed between two of them goes on
where they were. A machine that stood still for a week makes one issue, which tells of the week.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, Table, and_, bindparam, case, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from app.core import ready
from app.core.batches import Prepared, upsert
from app.core.ids import new_id
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
A_STEP, SEARCHES_A_STEP = 800, 50
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
    return f"digest:{follower_id}:{_stamp(until)}"


@lru_cache(maxsize=64)
def _stamp(until: datetime) -> str:
    return f"{until.astimezone(UTC):%Y%m%dT%H%M%S}"


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
        """The next followers of this period: a letter for each for whom something happened.

        Whatever can be read is read before anything is locked: whoever signs waits for the rest alone.
        """
        before = issue.reached_id
        last, looked_at = _next_followers(db, issue)
        some = and_(Follower.id > before, Follower.id <= last, Follower.period == issue.period)
        due = db.execute(_with_news(issue).where(some)).all() if looked_at else []
        late = _waiting(db, due, now)
        if not _is_still_ours(db, issue, before):
            return 1
        # followers before their letters, as everybody locks them
        db.execute(select(Follower.id).where(some).order_by(Follower.id).with_for_update(key_share=True))
        self._write(db, issue, due, _replaced(db, late, now), now)
        told = update(Follower).where(some, queries.LIVE, Follower.told_until.is_distinct_from(issue.until))
        db.execute(told.values(told_until=issue.until).execution_options(synchronize_session=False))
        issue.reached_id, issue.queued = last, issue.queued + len(due)
        if looked_at < A_STEP:
            issue.done_at = now
        db.flush()
        return 1

    def _write(
        self, db: Session, issue: Issue, due: Sequence[Any], replaced: Mapping[int, datetime], now: datetime
    ) -> None:
        """``replaced``: from when the digests told that were dropped for these."""
        since = {**{row.id: row.told_until or row.confirmed_at for row in due}, **replaced}
        leaves = news_due(self.policy.window, self.policy.zone, now)
        _note(db, due, issue.until)
        _NOTE.run(db, [{"row": row, "since": since[row], "until": issue.until} for row in sorted(replaced)])
        mail.queue_once(db, list(_letters(issue, due, since, leaves, now)))


def _letters(
    issue: Issue, due: Sequence[Any], since: Mapping[int, datetime], leaves: datetime, now: datetime
) -> Iterator[dict[str, Any]]:
    """A row for each; what is the same in all of them is worked out once."""
    until, told = issue.until.isoformat(), cache(datetime.isoformat)
    like = mail.row(DIGEST, (RECIPIENT, 0), now, lane=Lane.NEWS, due=leaves)
    for row in due:
        own = {"id": new_id(), "recipient_id": row.id, "language": row.language, "once": once(row.id, issue.until)}
        yield {**like, **own, "facts": {"since": told(since[row.id]), "until": until}}


def _note(db: Session, due: Sequence[Any], until: datetime) -> None:
    """What their digests tell, and that they are told: all of them in one statement, whose columns are as before it."""
    if not due:
        return
    told = case((queries.LIVE, until), else_=Follower.told_until)
    noted = (
        update(Follower)
        .where(ready.among(db, _FOLLOWER.c.id))
        .values(  # type: ignore[arg-type]
            digest_since=func.coalesce(Follower.told_until, Follower.confirmed_at),
            digest_until=until,
            told_until=told,
        )
    )
    db.execute(noted.execution_options(synchronize_session=False), {"ids": ready.as_one(db, [row.id for row in due])})


def _unfinished(db: Session) -> Issue | None:
    """The oldest of them."""
    todo = select(Issue).where(Issue.done_at.is_(None)).order_by(Issue.until, Issue.id).limit(1)
    return db.scalars(todo).one_or_none()


def _is_still_ours(db: Session, issue: Issue, reached: int) -> bool:
    """Locks the issue; False where somebody else has gone on with it, or closed it, since it was read."""
    wanted = select(Issue).where(Issue.id == issue.id).with_for_update().execution_options(populate_existing=True)
    now = db.scalars(wanted).one_or_none()
    return now is not None and now.reached_id == reached and now.done_at is None


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


def _waiting(db: Session, due: Sequence[Any], now: datetime) -> dict[str, Any]:
    """Followers whose last digest no postman has taken yet, by what the outbox calls it; as a rule nobody's."""
    named = {once(row.id, row.digest_until): row for row in due if row.digest_until is not None}
    names = list(named)
    found: list[str | None] = []
    for start in range(0, len(names), 500):
        found += db.scalars(_free(names[start : start + 500], now))
    return {name: named[name] for name in found if name}


def _replaced(db: Session, late: Mapping[str, Any], now: datetime) -> dict[int, datetime]:
    """Those letters are dropped: the new ones tell their news too, from when they would have told it."""
    found: list[str] = []
    for start in range(0, len(late), 500):
        locked = _free(list(late)[start : start + 500], now).with_for_update(skip_locked=True)
        found += [name for name in db.scalars(locked) if name]
    mail.drop_unwanted(db, found, REPLACED, now)
    return {late[name].id: late[name].digest_since for name in found}


def _free(names: Sequence[str], now: datetime) -> Select[str | None]:
    """Letters that wait, and that no postman holds at this moment."""
    held = or_(Letter.claimed_until.is_(None), Letter.claimed_until < now)
    return select(Letter.once).where(Letter.once.in_(names), Letter.state == LetterState.WAITING, held)
