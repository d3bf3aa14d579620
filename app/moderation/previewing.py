"""The letter that a decision would send: the decision is made for real, the letter composed, and all of it undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mail.model import Letter
from app.mail.render import Composer, Renderer

#: a mailed token gives its holder power over somebody's text: moderators do not see one
_TOKEN = re.compile(r"(?<=/)[\w-]{32}(?![\w-])", re.ASCII)


class Previewed(NamedTuple):
    """A letter as its reader would see it; its links lead nowhere."""

    subject: str
    text: str


def preview(
    db: Session,
    composers: Mapping[str, Composer],
    renderer: Renderer,
    author: tuple[str, int] | None,
    decide: Callable[[], object],
    now: datetime,
) -> Previewed | None:
    """What ``author`` would be sent; None for no letter. Raises what the decision would. Nothing is stored."""
    try:
        decide()
        db.flush()
        letter = _letter_to(db, author, now) if author else None
        if letter is None or letter.template not in composers:
            return None
        envelope = composers[letter.template](db, letter)
        if envelope is None:
            return None
        message = renderer.message(letter, envelope)
        return Previewed(str(message["Subject"]), _TOKEN.sub("…", message.get_content()))
    finally:
        db.rollback()


def _letter_to(db: Session, author: tuple[str, int], now: datetime) -> Letter | None:
    kind, row = author
    theirs = (Letter.recipient_kind == kind, Letter.recipient_id == row, Letter.created_at == now)
    return db.scalars(select(Letter).where(*theirs).order_by(Letter.id.desc()).limit(1)).first()
