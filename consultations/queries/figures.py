"""Published figures, as they were frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from consultations.model import Figures, Roll
from consultations.rules.figures import ShownQuestion

_QUESTIONS = msgspec.json.Decoder(list[ShownQuestion])


@dataclass(frozen=True)
class Frozen:
    """``responses``: how many people the tables count; ``left_out``: how many of the roll they do not."""

    questions: Sequence[ShownQuestion]
    responses: int
    left_out: int
    small: int
    roll_version: int
    at: datetime

    @property
    def hides(self) -> bool:
        return any(table.hides for question in self.questions for table in question.tables)


def questions_of(row: Figures) -> Sequence[ShownQuestion]:
    return _QUESTIONS.decode(row.questions)


def frozen_figures(db: Session, consultation_id: int) -> Frozen | None:
    """None before "you said" was released, and where no closed question was asked."""
    wanted = select(Figures, Roll.version).join(Roll, Roll.id == Figures.roll_id)
    found = db.execute(wanted.where(Figures.consultation_id == consultation_id)).one_or_none()
    if found is None:
        return None
    row, version = found
    return Frozen(questions_of(row), row.responses, row.left_out, row.small, version, row.at)
