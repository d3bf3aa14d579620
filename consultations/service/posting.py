"""The letters that a batch of responses brings: one to confirm, or the receipt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.mail import service as mail

CONFIRM_LETTER, RECEIPT_LETTER = "consultations/mail/confirm", "consultations/mail/receipt"
RESPONSE, DRAFT = "consultations.response", "consultations.draft"


@dataclass
class Letters:
    """Queued together at the end. Letters that strangers can cause count against their mailbox."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[bytes, dict[str, Any]]] = field(default_factory=list)

    def confirm(self, mailbox: bytes, response_id: int, at: datetime, language: str) -> None:
        row = mail.row(CONFIRM_LETTER, (RESPONSE, response_id), at)
        self.asked.append((mailbox, row | {"language": language}))

    def receipt(self, response_id: int, version: int, at: datetime, language: str) -> None:
        row = mail.row(RECEIPT_LETTER, (RESPONSE, response_id), at, facts={"version": version})
        self.rows.append(row | {"language": language})

    def __iadd__(self, other: Letters) -> Letters:
        self.rows += other.rows
        self.asked += other.asked
        return self

    def queue(self, db: Session, now: datetime) -> None:
        mail.queue(db, self.rows + self._within_caps(db, now))

    def _within_caps(self, db: Session, now: datetime) -> list[dict[str, Any]]:
        if not self.asked:
            return []
        room = mail.room_in_mailboxes(db, [mailbox for mailbox, _row in self.asked], now)
        sent: Counter[bytes] = Counter()
        rows = []
        for mailbox, row in self.asked:
            if room[mailbox] > 0:
                room[mailbox] -= 1
                sent[mailbox] += 1
                rows.append(row)
        mail.count_letters(db, sent, now)
        return rows
