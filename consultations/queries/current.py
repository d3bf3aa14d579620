"""Which questionnaire a consultation asks at the moment, without asking the database for every response."""

from __future__ import annotations

import threading
import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from consultations.model import Consultation
from consultations.queries.questionnaires import Asked, asked

#: seconds; a version that is older than the newest is refused under the lock, and then looked up again
FRESH_FOR = 1.0
MOST = 1_000


class Current:
    """Remembered in this process for a second. None where nothing was published."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[float, int, Asked]] = {}

    def known(self, consultation_id: int) -> tuple[int, Asked] | None:
        """Its version and questions, where they were looked up just now."""
        kept = self._kept.get(consultation_id)
        return kept[1:] if kept is not None and time.monotonic() - kept[0] < FRESH_FOR else None

    def look(self, db: Session, consultation_id: int) -> tuple[int, Asked] | None:
        version = db.scalar(select(Consultation.questionnaire_version).where(Consultation.id == consultation_id))
        if not version:
            return None
        found = asked(db, consultation_id, version)
        with self._lock:
            if len(self._kept) > MOST:
                self._kept.clear()
            self._kept[consultation_id] = (time.monotonic(), version, found)
        return version, found

    def forget(self, consultation_id: int) -> None:
        with self._lock:
            self._kept.pop(consultation_id, None)
