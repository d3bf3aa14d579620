"""The letters of following: to confirm, to say that it is followed already, and the digest itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.security.keys import Keys
from app.following.contribution import Followable
from app.following.model import Follow, Follower
from app.following.policy import FollowingPolicy
from app.following.service import followers
from app.following.service.asking import ALREADY, CONFIRM
from app.following.service.digests import DIGEST
from app.following.service.gathering import Gathering
from app.mail.model import Letter
from app.mail.render import Composer, Envelope

#: what the links of letters are made for
CONFIRMING, MANAGING = "following.confirm", "following.manage"
#: one-click, as RFC 8058 has it: works without a page, a cookie or a session, and outlives rotations of keys
STOPPING = "following.stop"


class FollowingLetters:
    """Composers for every template of following."""

    def __init__(
        self,
        keys: Keys,
        base_url: str,
        policy: FollowingPolicy,
        followable: Mapping[str, Followable],
        gathering: Gathering,
    ) -> None:
        self.keys, self.base_url, self.policy = keys, base_url, policy
        self.followable, self.gathering = followable, gathering

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {CONFIRM: self.confirm, ALREADY: self.already, DIGEST: self.digest}

    def confirm(self, db: Session, letter: Letter) -> Envelope | None:
        """Only while it waits to be confirmed. No word of whoever typed the address goes with it."""
        found = self._asked(db, letter)
        if found is None or found[1].confirmed_at is not None:
            return None
        follower, follow, title = found
        link = f"{self.base_url}/following/confirm/{self.keys.token(CONFIRMING, follow.id)}"
        typed = self.followable[follow.kind].is_typed
        values = {"link": link, "title": "" if typed else title, "days": self.policy.confirm_days}
        return self._to(db, follower, values)

    def already(self, db: Session, letter: Letter) -> Envelope | None:
        found = self._asked(db, letter)
        if found is None or found[1].confirmed_at is None:
            return None
        follower, _follow, title = found
        return self._to(db, follower, {"title": title, "link": manage_link(self.keys, self.base_url, follower)})

    def digest(self, db: Session, letter: Letter) -> Envelope | None:
        """None where nothing of it may be read any more, or its reader wants no more."""
        follower = db.get(Follower, letter.recipient_id)
        if follower is None or follower.stopped_at is not None or follower.confirmed_at is None:
            return None
        since, until = (datetime.fromisoformat(letter.facts[name]) for name in ("since", "until"))
        news = self.gathering.gather(db, follower.id, since, until)
        if not news.shown:
            return None
        stop = f"{self.base_url}/following/stop/{self.keys.token(STOPPING, follower.id, lasting=True)}"
        manage = manage_link(self.keys, self.base_url, follower)
        headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        values = {"news": news, "period": follower.period, "manage": manage, "unsubscribe": stop}
        return self._to(db, follower, values, headers)

    def address_of(self, db: Session, follower_id: int) -> str | None:
        """Where a follower's letters go; for those that bounce."""
        follower = db.get(Follower, follower_id)
        return followers.address_of(db, self.keys, follower) if follower is not None else None

    def _asked(self, db: Session, letter: Letter) -> tuple[Follower, Follow, str] | None:
        """None once what was asked for is gone, or may not be read any more."""
        follower, follow = db.get(Follower, letter.recipient_id), db.get(Follow, letter.facts["follow"])
        what = self.followable.get(follow.kind) if follow is not None else None
        titled = what.titled(db, follow.key) if what is not None and follow is not None else None
        if follower is None or follow is None or titled is None:
            return None
        return follower, follow, titled.title

    def _to(
        self, db: Session, follower: Follower, values: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> Envelope | None:
        address = followers.address_of(db, self.keys, follower)
        return Envelope(address, values, headers or {}) if address is not None else None


def manage_link(keys: Keys, base_url: str, follower: Follower) -> str:
    """The page of everything that this follower follows."""
    return f"{base_url}/following/{keys.token(MANAGING, follower.id)}"
