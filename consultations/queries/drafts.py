"""Drafts as their links open them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.security.keys import Keys
from consultations.identity import open_draft
from consultations.model import Draft, DraftPage, Response
from consultations.rules.drafts import Hand, Stored

LEAD, COLLEAGUE = "consultations.draft", "consultations.colleague"
_NOBODY = {"name": "", "email": "", "canonical": "", "organisation": ""}


class Opened(NamedTuple):
    draft: Draft
    hand: Hand


def opened(db: Session, keys: Keys, consultation_id: int, key: str) -> Opened | None:
    """The draft that a key or a mailed link opens, and whose hand holds it."""
    if (lead := keys.read_token(LEAD, key)) is not None:
        return _found(db.get(Draft, lead), consultation_id, Hand.LEAD)
    if (colleague := keys.read_token(COLLEAGUE, key)) is not None:
        return _found(db.get(Draft, colleague), consultation_id, Hand.COLLEAGUE)
    mine = select(Draft).where(Draft.consultation_id == consultation_id, Draft.form_key == key)
    return _found(db.scalars(mine).one_or_none(), consultation_id, Hand.BROWSER)


def _found(draft: Draft | None, consultation_id: int, hand: Hand) -> Opened | None:
    return Opened(draft, hand) if draft is not None and draft.consultation_id == consultation_id else None


def pages(db: Session, draft_id: int) -> dict[int, Stored]:
    """What is typed, by page."""
    rows = db.scalars(select(DraftPage).where(DraftPage.draft_id == draft_id).execution_options(populate_existing=True))
    return {row.page: Stored(row.revision, msgspec.json.decode(row.answers), row.by, row.at) for row in rows}


def facts(keys: Keys, draft: Draft) -> dict[str, str]:
    """Name, address, organisation as typed; empty where nothing was."""
    return open_draft(keys, draft.id, draft.sealed) if draft.sealed else dict(_NOBODY)


def became(db: Session, draft: Draft) -> Response | None:
    """The response that a draft was sent as."""
    if draft.submitted_at is None:
        return None
    if draft.amends_id is not None:
        return db.get(Response, draft.amends_id)
    mine = select(Response).where(
        Response.consultation_id == draft.consultation_id, Response.form_key == draft.form_key
    )
    return db.scalars(mine).one_or_none()
