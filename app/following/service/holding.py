"""What following holds about one person: what they follow, how often they hear of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.holding import HeldAct, HeldRow, Person, Section
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.security.keys import Keys
from app.following import queries
from app.following.contribution import Followable
from app.following.model import Follow, Follower
from app.following.rules.periods import PERIOD_NAMES, Period
from app.following.service import followers, stopping

DIGEST, FOLLOW = "digest", "follow"
STOP = "stop"
_OTHER = {Period.DAILY: Period.WEEKLY, Period.WEEKLY: Period.DAILY}
_SEND = {Period.DAILY: _("Send it once a day"), Period.WEEKLY: _("Send it once a week")}


@dataclass(frozen=True)
class FollowingHolding:
    """Following's part of what the site holds about somebody."""

    keys: Keys
    followable: Mapping[str, Followable]

    def sections(self, db: Session, person: Person, now: datetime) -> Sequence[Section]:
        mine = queries.followers_of(db, self.keys, person)
        follows = [follow for follower in mine for follow in queries.followed_by(db, follower.id)]
        followed = Section(
            FOLLOW,
            str(_("What you follow")),
            str(_("You follow nothing.")),
            [self._row(db, follow) for follow in follows],
        )
        digests = [row for follower in mine if (row := self._digest(db, follower)) is not None]
        return [followed, Section(DIGEST, str(_("Letters about it")), "", digests)] if digests else [followed]

    def act(self, db: Session, person: Person, kind: str, row: int, act: str, now: datetime) -> str:
        mine = {follower.id for follower in queries.followers_of(db, self.keys, person)}
        if kind == FOLLOW:
            return self._act_on_follow(db, mine, row, act, now)
        if kind != DIGEST or row not in mine:
            raise NotFound
        if act == STOP:
            stopping.stop_all(db, row, now)
            return str(_("You get no more letters about what you follow."))
        if act == "go-on":
            stopping.go_on(db, row)
            return str(_("You get letters about what you follow again."))
        if act not in set(Period):
            raise NotFound
        stopping.change_period(db, row, Period(act))
        return str(PERIOD_NAMES[Period(act)])

    def export(self, db: Session, person: Person) -> Mapping[str, Any]:
        return {"digests": [self._exported(db, f) for f in queries.followers_of(db, self.keys, person)]}

    def erase(self, db: Session, person: Person, now: datetime) -> None:
        for follower in queries.followers_of(db, self.keys, person, lock=True):
            stopping.forget(db, follower.id, now)

    def _act_on_follow(self, db: Session, mine: set[int], row: int, act: str, now: datetime) -> str:
        found = db.get(Follow, row)
        if act != STOP or found is None or found.follower_id not in mine:
            raise NotFound
        stopping.stop_one(db, found.follower_id, row, now)
        return str(_("You follow it no more."))

    def _row(self, db: Session, follow: Follow) -> HeldRow:
        title, href = title_of(db, self.followable, follow)
        acts = [HeldAct(STOP, str(_("Stop following")))]
        return HeldRow(follow.id, title, href, follow.confirmed_at or follow.asked_at, str(_("Followed")), acts=acts)

    def _digest(self, db: Session, follower: Follower) -> HeldRow | None:
        address = followers.address_of(db, self.keys, follower)
        if follower.confirmed_at is None or address is None:
            return None
        period = Period(follower.period)
        acts = [HeldAct(_OTHER[period], str(_SEND[_OTHER[period]])), HeldAct(STOP, str(_("Stop these letters")))]
        standing = str(PERIOD_NAMES[period])
        if follower.stopped_at is not None:
            acts, standing = [HeldAct("go-on", str(_("Send them again")))], str(_("Stopped"))
        return HeldRow(follower.id, address, "", follower.confirmed_at, standing, acts=acts)

    def _exported(self, db: Session, follower: Follower) -> Mapping[str, Any]:
        return {
            "to": followers.address_of(db, self.keys, follower),
            "period": follower.period,
            "language": follower.language,
            "since": follower.created_at.isoformat(),
            "stopped_at": follower.stopped_at.isoformat() if follower.stopped_at else None,
            "told_until": follower.told_until.isoformat() if follower.told_until else None,
            "follows": [
                {
                    "kind": f.kind,
                    "key": f.key,
                    "title": title_of(db, self.followable, f)[0],
                    "asked_at": f.asked_at.isoformat(),
                    "confirmed_at": f.confirmed_at.isoformat() if f.confirmed_at else None,
                }
                for f in queries.followed_by(db, follower.id, pending=True)
            ],
        }


def title_of(db: Session, followable: Mapping[str, Followable], follow: Follow) -> tuple[str, str]:
    """What is followed in words, and where it is; no link where nobody may read it any more."""
    what = followable.get(follow.kind)
    titled = what.titled(db, follow.key) if what is not None else None
    return (titled.title, titled.href) if titled is not None else (str(_("Something that is not public any more")), "")
