"""Reading the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.audit.model import AuditEntry, AuditHead
from app.core.subject import SubjectRef


def acts_on(db: Session, subject: SubjectRef) -> Sequence[AuditEntry]:
    """Everything staff did to one subject, oldest first."""
    return db.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == subject.kind, AuditEntry.subject_id == subject.id)
        .order_by(AuditEntry.id)
    ).all()


def newest_on(db: Session, subject: SubjectRef, most: int = 10, *, but: str = "") -> Sequence[AuditEntry]:
    """What staff did to one subject last, the newest first; ``but``: an act that changes nothing."""
    return db.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == subject.kind, AuditEntry.subject_id == subject.id, AuditEntry.act != but)
        .order_by(AuditEntry.id.desc())
        .limit(most)
    ).all()


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are wanted; what is None is not asked. ``clock``: those that nobody's hand did."""

    actor: int | None = None
    clock: bool = False
    #: an act, or with a full stop at its end every act of an area
    act: str = ""
    subject_kind: str = ""
    subject_id: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.clock:
            found.append(AuditEntry.actor_id.is_(None))
        elif self.actor is not None:
            found.append(AuditEntry.actor_id == self.actor)
        if self.act:
            is_area = self.act.endswith(".")
            found.append(
                AuditEntry.act.startswith(self.act, autoescape=True) if is_area else AuditEntry.act == self.act
            )
        if self.subject_kind:
            found.append(AuditEntry.subject_kind == self.subject_kind)
        if self.subject_id is not None:
            found.append(AuditEntry.subject_id == self.subject_id)
        return found


def entries(db: Session, wanted: AuditFilter, *, offset: int, most: int) -> tuple[Sequence[AuditEntry], int]:
    """A page of the record, the newest first, and how many there are in all."""
    conditions = wanted.conditions()
    total = db.scalar(select(func.count()).select_from(AuditEntry).where(*conditions)) or 0
    rows = select(AuditEntry).where(*conditions).order_by(AuditEntry.id.desc()).offset(offset).limit(most)
    return db.scalars(rows).all(), total


def known_acts(db: Session) -> Sequence[str]:
    """Every act that is on record, by name."""
    return db.scalars(select(AuditEntry.act).distinct().order_by(AuditEntry.act)).all()


def known_kinds(db: Session) -> Sequence[str]:
    """Every kind of thing that was acted on."""
    return db.scalars(select(AuditEntry.subject_kind).distinct().order_by(AuditEntry.subject_kind)).all()


def known_actors(db: Session) -> Sequence[int]:
    """Every account that acted."""
    return db.scalars(select(AuditEntry.actor_id).where(AuditEntry.actor_id.is_not(None)).distinct()).all()  # type: ignore[return-value]


def head(db: Session) -> AuditHead | None:
    """The newest link of the chain."""
    return db.get(AuditHead, 1)
