"""With its first publication a consultation's questions become version 1, which never changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from consultations.model import Consultation, StoredQuestionnaire


def freeze_first(db: Session, consultation: Consultation, *, by: int, now: datetime) -> None:
    """The working copy as it stands becomes what is asked. The caller holds the consultation's lock."""
    draft = db.get(StoredQuestionnaire, (consultation.id, 0), populate_existing=True)
    if draft is None or db.get(StoredQuestionnaire, (consultation.id, 1)) is not None:
        return
    first = StoredQuestionnaire(
        consultation_id=consultation.id, version=1, document=draft.document, easy=draft.easy, at=now, by_id=by
    )
    db.add(first)
    consultation.questionnaire_version = 1
    db.flush()
