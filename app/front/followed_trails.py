"""That something led to something, as those are told who follow what came first.

It stands here because trails and what is followed do not know each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.following.contribution import Happened, Line, Teller, Told
from app.trails import queries
from app.trails.contribution import Storied
from app.trails.events import SubjectLedTo

LED_TO = "trails.led-to"
MOST_QUOTED = 200


def _led_to(db: Session, event: SubjectLedTo) -> Told:
    href = f"/trails/{event.before.kind}/{event.before.id}"
    return Told(LED_TO, event.before, event.at, facts={"link": event.link_id}, href=href)


TELLERS: Mapping[type, Teller] = {SubjectLedTo: _led_to}


@dataclass(frozen=True)
class Lines:
    """``stories`` is :attr:`app.site.Site.stories`."""

    stories: Mapping[str, Storied]

    def by_code(self) -> dict[str, Line]:
        return {LED_TO: self.led_to}

    def led_to(self, db: Session, told: Happened) -> str | None:
        """No news once the link was taken back, or what it led to is public no more."""
        link = queries.standing(db, told.facts["link"])
        after = self._public(db, link.after, told) if link is not None else None
        if after is None or link is None:
            return None
        kind, title = str(self.stories[link.to_kind].name), excerpt(after, MOST_QUOTED)
        words = _("It led to this. {kind}: {title}")
        return words.format(kind=kind, title=title)

    def _public(self, db: Session, subject: SubjectRef, told: Happened) -> str | None:
        member = queries.members(self.stories, db, [subject], told.at).get(subject)
        return member.title if member is not None and member.public else None
