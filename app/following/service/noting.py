"""Writing down what happened, in the transaction in which it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.core.batches import insert_many
from app.following.contribution import Tag, Tagger, Teller, Told
from app.following.model import MOST_KEY, Happening, HappeningTag


class Noting:
    """Hears one type of event. A happening is a row more, which nobody waits for."""

    def __init__(self, tell: Teller, taggers: Mapping[str, Tagger]) -> None:
        self.tell, self.taggers = tell, taggers

    def __call__(self, db: Session, event: Any) -> None:
        told = self.tell(db, event)
        if told is not None:
            note(db, told, self.taggers)


def note(db: Session, told: Told, taggers: Mapping[str, Tagger]) -> Happening:
    """Store a fact with everything that it is found by: its subject, what its room says of that, its own tags."""
    subject = told.subject
    happening = Happening(
        at=told.at,
        code=told.code,
        subject_kind=subject.kind,
        subject_id=subject.id,
        href=told.href,
        facts=dict(told.facts),
    )
    db.add(happening)
    db.flush()
    tags = {Tag(subject.kind, str(subject.id)), *told.tags}
    if subject.kind in taggers:
        tags.update(taggers[subject.kind](db, subject.id))
    rows = [
        {"kind": tag.kind, "key": tag.key, "at": told.at, "happening_id": happening.id}
        for tag in sorted(tags)
        if len(tag.key) <= MOST_KEY
    ]
    insert_many(db, HappeningTag.__table__, rows)  # type: ignore[arg-type]
    return happening
