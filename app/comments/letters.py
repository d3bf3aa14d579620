"""What the letters of discussions need, worked out when they leave."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.accounts.holding import wants
from app.accounts.model import Account
from app.accounts.queries import shown_names
from app.comments.contribution import Discussed
from app.comments.queries import threads
from app.comments.rules.lifecycle import COUNTED, CommentState
from app.comments.service.telling import CHOICE, REPLIED
from app.core.clock import Clock
from app.core.text.plain import excerpt
from app.mail.model import Letter
from app.mail.render import Composer, Envelope

MOST_QUOTED = 500


class CommentLetters:
    """Composers for every template of discussions."""

    def __init__(self, base_url: str, discussed: Mapping[str, Discussed], clock: Clock) -> None:
        self.base_url, self.discussed, self.clock = base_url, discussed, clock

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {REPLIED: self.replied}

    def replied(self, db: Session, letter: Letter) -> Envelope | None:
        """None where the reply is not public any more, or its reader has gone or wants no such letters."""
        account = db.get(Account, letter.recipient_id)
        reply = threads.one(db, int(letter.facts["comment"]))
        if account is None or account.email is None or not wants(account.letters, CHOICE):
            return None
        if reply is None or CommentState(reply.state) not in COUNTED:
            return None
        subject = threads.subject_of(db, reply.id)
        kind = self.discussed.get(subject.kind) if subject else None
        known = kind.about(db, subject.id, self.clock.now()) if kind and subject else None
        if known is None or not known.is_public:
            return None
        by = shown_names(db, {reply.author_id}).get(reply.author_id) if reply.author_id else None
        return Envelope(
            account.email,
            {
                "by": by.text if by else "",
                "title": known.title,
                "words": excerpt(reply.body, MOST_QUOTED),
                "link": f"{self.base_url}/comments/{reply.id}",
                "choices": f"{self.base_url}/account",
            },
        )
