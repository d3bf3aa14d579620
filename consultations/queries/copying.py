"""Which consultations an official may take questions from: all that are not discarded."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from consultations.model import Consultation, StoredQuestionnaire
from consultations.rules.lifecycle import EditorialState

MOST = 50


def to_copy_from(db: Session, words: str, *, but: int) -> Sequence[Consultation]:
    """Those with questions whose title has all these words; what was changed last comes first, at most 50."""
    has_questions = select(StoredQuestionnaire.consultation_id)
    rows = select(Consultation).where(
        Consultation.id != but,
        Consultation.state != EditorialState.DISCARDED,
        Consultation.id.in_(has_questions),
        *(Consultation.title.icontains(word, autoescape=True) for word in words.split()[:10]),
    )
    return db.scalars(rows.order_by(Consultation.updated_at.desc(), Consultation.id.desc()).limit(MOST)).all()


def one_to_copy_from(db: Session, number: int) -> Consultation | None:
    found = db.get(Consultation, number)
    return found if found is not None and found.state != EditorialState.DISCARDED else None


def title_of(db: Session, number: int) -> str:
    found = one_to_copy_from(db, number)
    return found.title if found is not None else ""
