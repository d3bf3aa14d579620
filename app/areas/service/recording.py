"""What became of a file, on record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.areas.model import AreaImport
from app.areas.queries import KEY
from app.audit import service as audit
from app.core.freshness import touch
from app.core.subject import SubjectRef

#: refused rows that are told one by one; the others are counted
MOST_TOLD = 50
#: how many of them are told where the whole file is refused
FIRST = 5


@dataclass
class Report:
    """Counts, and of refused rows why: ``row 649: …``."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    retired: int = 0
    refused: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def first(self) -> str:
        """The first few reasons, to follow a sentence."""
        return f" {'; '.join(self.reasons[:FIRST])}" if self.reasons else ""

    def refuse(self, reason: str) -> None:
        self.refused += 1
        if len(self.reasons) < MOST_TOLD:
            self.reasons.append(reason)

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated or self.retired)

    def in_words(self) -> str:
        retired = f", {self.retired:,} retired" if self.retired else ""
        return (
            f"{self.created:,} created, {self.updated:,} updated, {self.unchanged:,} unchanged{retired}, "
            f"{self.refused:,} refused."
        )


def record(db: Session, kind: str, file: str, report: Report, *, by: int | None, now: datetime) -> None:
    """Last of all in the transaction that stores what the file brought; pages are made anew where it changed anything."""
    row = AreaImport(
        kind=kind,
        at=now,
        by_id=by,
        file=file[-200:],
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        refused=report.refused,
        retired=report.retired,
    )
    db.add(row)
    db.flush()
    facts = {"kind": kind, "created": report.created, "updated": report.updated, "retired": report.retired}
    audit.record(db, "areas.import", SubjectRef("areas.import", row.id), by=by, now=now, facts=facts)
    if report.changed:
        touch(db, KEY)
