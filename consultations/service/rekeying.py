"""Respondents and drafts moved to a new secret: their sealed words, and the keys under which addresses responded.

In the order of the responses' own numbers, then of the drafts'. Where the words were erased nothing can be worked out
anew: nobody is found under those keys any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.people.addresses import read_address
from app.core.security.keys import CannotUnseal, Keys
from app.core.security.rekeying import Step
from app.mail.mailbox import address_of
from consultations.identity import address_key, open_draft, open_respondent, seal_draft, seal_respondent
from consultations.model import Consultation, Draft, Respondent, Response

A_STEP = 500


class ConsultationRekeyer:
    """``after`` counts responses by their number, and drafts by theirs; both are of one row of random numbers."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        people = _people(db, after)
        drafts = db.scalars(
            select(Draft).where(Draft.sealed.is_not(None), Draft.id > after).order_by(Draft.id).limit(A_STEP)
        ).all()
        full = [rows[-1] for rows in ([r.id for r, _s, _p in people], [d.id for d in drafts]) if len(rows) == A_STEP]
        until = min(full) if full else None
        people = [row for row in people if until is None or row[0].id <= until]
        drafts = [draft for draft in drafts if until is None or draft.id <= until]
        moved = sum(_move_person(old, new, *row) for row in people) + sum(_move_draft(old, new, d) for d in drafts)
        db.flush()
        seen = [r.id for r, _s, _p in people] + [d.id for d in drafts]
        db.expire_all()
        return Step(until or max(seen, default=after), moved, len(seen) - moved, is_last=until is None)

    def unreadable(self, db: Session, keys: Keys) -> Iterator[str]:
        rows = select(Response, Consultation.salt, Respondent).join(Respondent, Respondent.response_id == Response.id)
        rows = rows.join(Consultation, Consultation.id == Response.consultation_id)
        for response, salt, person in db.execute(rows.execution_options(yield_per=A_STEP)):
            try:
                words = open_respondent(keys, response.id, person.sealed)
            except CannotUnseal:
                yield f"the respondent of response {response.id} cannot be opened"
                continue
            key = _key(keys, salt, words) if salt is not None and words["email"] else None
            if response.address_key is not None and key is not None and response.address_key != key:
                yield f"response {response.id} has another key than its respondent"
        for draft in db.scalars(select(Draft).where(Draft.sealed.is_not(None)).execution_options(yield_per=A_STEP)):
            try:
                open_draft(keys, draft.id, draft.sealed or b"")
            except CannotUnseal:
                yield f"draft {draft.id} cannot be opened"

    def left_to_do(self, db: Session) -> Iterable[str]:
        return ()


def _people(db: Session, after: int) -> list[Any]:
    rows = (
        select(Response, Consultation.salt, Respondent)
        .join(Respondent, Respondent.response_id == Response.id)
        .join(Consultation, Consultation.id == Response.consultation_id)
        .where(Response.id > after)
        .order_by(Response.id)
        .limit(A_STEP)
    )
    return list(db.execute(rows.execution_options(populate_existing=True)).all())


def _move_person(old: Keys, new: Keys, response: Response, salt: bytes | None, person: Respondent) -> int:
    try:
        words = open_respondent(old, response.id, person.sealed)
    except CannotUnseal:
        return 0
    address = address_of(words["email"]) if words["email"] else None
    person.sealed = seal_respondent(new, response.id, words["name"], address, words["organisation"])
    if response.address_key is not None and salt is not None and address is not None:
        response.address_key = _key(new, salt, words)
    return 1


def _move_draft(old: Keys, new: Keys, draft: Draft) -> int:
    try:
        words = open_draft(old, draft.id, draft.sealed or b"")
    except CannotUnseal:
        return 0
    draft.sealed = seal_draft(new, draft.id, **words)
    return 1


def _key(keys: Keys, salt: bytes, words: dict[str, str]) -> bytes:
    return address_key(keys, salt, read_address(words["email"]).canonical)
