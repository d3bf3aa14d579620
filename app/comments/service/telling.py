"""Letters about comments: somebody answered yours. What a moderator decides, the moderation itself tells."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.holding import wants
from app.accounts.model import Account
from app.comments.service.family import Family
from app.mail import service as mail
from app.mail.model import Lane

REPLIED = "comments/mail/replied"
#: what an account calls these letters where it chooses among them
CHOICE = "replies"


def tell_of_reply(db: Session, family: Family, now: datetime, *, due: datetime | None = None) -> None:
    """One letter to whoever is answered, once a reply is public; not to oneself, nor to who wants none."""
    reply = family.comment
    parent = next((c for c in family.above if c.id == reply.parent_id), None)
    if parent is None or parent.author_id is None or parent.author_id == reply.author_id:
        return
    if not wants(db.scalar(select(Account.letters).where(Account.id == parent.author_id)), CHOICE):
        return
    to = ("account", parent.author_id)
    facts = {"comment": reply.id}
    row = mail.row(REPLIED, to, now, lane=Lane.NEWS, facts=facts, once=f"comment-reply:{reply.id}", due=due)
    mail.queue_once(db, [row])
