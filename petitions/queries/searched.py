"""Petitions as the search across rooms finds them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import ready
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.moderation.queries import newest_cases
from app.outcomes.model import Referral, Support
from app.search.contribution import Document
from petitions.model.petition import Petition
from petitions.rules.lifecycle import STATE_NAMES, VISIBLE, PetitionState, is_readable

KIND = "petition"
#: who finds what the public does not: moderators, and officers of a department that owes something for it
FINDERS, DESK = "petitions.find", "outcomes.desk@{}"
_P = Petition.__table__.c
_COLUMNS = (
    "id",
    "action",
    "background",
    "additional_details",
    "state",
    "source",
    "signature_count",
    "lead_department_id",
    "created_at",
    "opened_at",
)


class PetitionsSearched:
    """Whatever can be read, rejected ones after the others; what cannot, by moderators."""

    name: str = _("Petitions")
    one: str = _("Petition")
    code = 1
    is_called_by_title = True
    rank = 1.0
    states: Mapping[str, str] = {str(state): name for state, name in STATE_NAMES.items()}
    owners = frozenset[str]()

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return db.scalars(select(_P.id).where(_P.id > after).order_by(_P.id).limit(most)).all()

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        return ()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        wanted = select(*(_P[name] for name in _COLUMNS)).where(ready.among(db, _P.id))
        rows = db.execute(wanted, {"ids": ready.as_one(db, ids)}).all()
        duties = duties_for(db, KIND, [row.id for row in rows])
        cases = newest_cases(db, KIND, [row.id for row in rows if row.state not in VISIBLE])
        return [_document(row, duties.get(row.id, ()), cases.get(row.id)) for row in rows]


def _document(row: Any, duties: Sequence[int], case: int | None) -> Document:
    departments = list(dict.fromkeys(i for i in (row.lead_department_id, *duties) if i is not None))
    beside = f"/moderation/{case}" if case else f"/moderation/petitions?q={row.id}"
    public = is_readable(row.state, was_published=row.opened_at is not None or row.source is not None)
    return Document(
        id=row.id,
        title=row.action,
        href=f"/petitions/{row.id}" if public else beside,
        at=row.opened_at or row.created_at,
        body="\n\n".join(text for text in (row.background, row.additional_details) if text),
        departments=departments,
        state=row.state,
        weight=math.log10(1 + row.signature_count) - (3 if row.state == PetitionState.REJECTED else 0),
        readers=() if public else (FINDERS, *(DESK.format(i) for i in sorted(duties))),
    )


def duties_for(db: Session, kind: str, ids: Collection[int]) -> Mapping[int, Sequence[int]]:
    """Departments that owe something for these subjects, or help with it."""
    if not ids:
        return {}
    owed = select(Referral.subject_id, Referral.department_id).where(Referral.department_id.is_not(None))
    helped = select(Referral.subject_id, Support.department_id).join(Support, Support.referral_id == Referral.id)
    of_these = (Referral.subject_kind == kind, Referral.sandbox.is_(False), Referral.subject_id.in_(ids))
    found: dict[int, list[int]] = {}
    for wanted in (owed, helped):
        for subject, department in db.execute(wanted.where(*of_these).order_by(Referral.id)):
            found.setdefault(subject, []).append(department)  # type: ignore[arg-type]  # none without one
    return found
