"""What the desk's automatic checks see in a petition. It waits for a person whatever they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.moderation import signals
from app.moderation.signals import Signal
from petitions.rules.texts import Texts


def look_at(db: Session, petition_id: int, texts: Texts, now: datetime) -> Sequence[Signal]:
    """Petitions are known to the desk by what they ask for: near-copies are looked for by that alone."""
    look = partial(signals.look, db, author=None, context=None, now=now, subject=SubjectRef("petition", petition_id))
    copies = look(texts.action, checks=(signals.near_copies,))
    words = look("\n".join(text for text in texts if text), checks=(signals.listed_words,))
    return [*words.found, *copies.found]
