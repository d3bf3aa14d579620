"""Consultations as the search across rooms finds them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.search.contribution import Document
from consultations.model import Consultation, Supporting
from consultations.rules.lifecycle import EDITORIAL_NAMES, PHASE_NAMES, READABLE, EditorialState, next_turn, phase_of
from consultations.rules.showing import shown_count

#: who finds what is not published yet
EDITORS = "consultations.edit"
_GONE = (EditorialState.DISCARDED,)


class ConsultationsSearched:
    """What can be read; drafts, by those who write them."""

    name: str = _("Consultations")
    one: str = _("Consultation")
    code = 2
    is_called_by_title = True
    rank = 2.5
    states: Mapping[str, str] = {str(s): n for s, n in (*EDITORIAL_NAMES.items(), *PHASE_NAMES.items())}
    owners = frozenset[str]()

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        wanted = select(Consultation.id).where(Consultation.id > after)
        return db.scalars(wanted.order_by(Consultation.id).limit(most)).all()

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        return ()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        rows = db.scalars(select(Consultation).where(Consultation.id.in_(ids), Consultation.state.not_in(_GONE))).all()
        helping = _helping(db, ids)
        return [_document(one, helping.get(one.id, ()), now) for one in rows]


def _document(one: Consultation, helping: Sequence[int], now: datetime) -> Document:
    public = one.state in READABLE
    phase = phase_of(one, now) if one.state == EditorialState.PUBLISHED else None
    return Document(
        id=one.id,
        title=one.title,
        href=f"/consultations/{one.id}" if public else f"/hosting/consultations/{one.id}",
        at=one.opens_at or one.created_at,
        body="\n\n".join(text for text in (one.summary, one.body, one.scope) if text),
        departments=[one.department_id, *helping],
        state=str(phase or one.state),
        weight=math.log10(1 + (shown_count(one, now) or 0)),
        readers=() if public else (EDITORS,),
        turns_at=next_turn(one, now) if public else None,
    )


def _helping(db: Session, ids: Collection[int]) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = {}
    rows = select(Supporting.consultation_id, Supporting.department_id).where(Supporting.consultation_id.in_(ids))
    for consultation, department in db.execute(rows.order_by(Supporting.department_id)):
        found.setdefault(consultation, []).append(department)
    return found
