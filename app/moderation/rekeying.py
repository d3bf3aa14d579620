"""Sealed evidence of illegal content, moved to a new secret of the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.security.keys import CannotUnseal, Keys
from app.core.security.rekeying import Step
from app.moderation.illegal import bound_to
from app.moderation.model import IllegalReport

A_STEP = 200


class ModerationRekeyer:
    """Reports of illegal content that still hold their evidence."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        with_evidence = select(IllegalReport).where(IllegalReport.id > after, IllegalReport.evidence.is_not(None))
        rows = db.scalars(with_evidence.order_by(IllegalReport.id).limit(A_STEP)).all()
        moved = 0
        for report in rows:
            try:
                facts = old.unseal(report.evidence or b"", bound_to(report))
            except CannotUnseal:
                continue
            report.evidence = new.seal(facts, bound_to(report))
            moved += 1
        db.flush()
        return Step(rows[-1].id if rows else after, moved, len(rows) - moved, is_last=len(rows) < A_STEP)

    def unreadable(self, db: Session, keys: Keys) -> Iterator[str]:
        for report in db.scalars(select(IllegalReport).where(IllegalReport.evidence.is_not(None))):
            try:
                keys.unseal(report.evidence or b"", bound_to(report))
            except CannotUnseal:
                yield f"the evidence of report {report.id} cannot be opened"

    def left_to_do(self, db: Session) -> Iterable[str]:
        if db.scalar(select(IllegalReport.id).limit(1)) is not None:
            yield str(
                _("Numbers that reporters of illegal content got before are void: they ask for their report anew.")
            )
