"""What people told a department in discussions: beside its consultations, and about clauses of its draft texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.comments.queries.searching import said_about
from app.core.subject import SubjectRef
from app.core.text.words import Wanted
from app.outcomes.contribution import Told
from consultations.model import Clause, Consultation, DraftText
from consultations.queries.reach import within
from consultations.queries.texts import KIND

CONSULTATION = "consultation"


def comments(db: Session, department_id: int, words: str, most: int) -> Sequence[Told]:
    """The newest first; only where anyone may still read it."""
    sought = Wanted(words)
    if not sought:
        return ()
    mine = select(Consultation.id).where(within(department_id))
    clauses = (
        select(Clause.id).join(DraftText, DraftText.id == Clause.text_id).where(DraftText.consultation_id.in_(mine))
    )
    found = [*_told(db, CONSULTATION, mine, sought, most), *_told(db, KIND, clauses, sought, most)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


def _told(db: Session, kind: str, subjects: Select[Any], sought: Wanted, most: int) -> list[Told]:
    said = said_about(db, kind, subjects, sought, most)
    about = (
        {s.subject_id: s.subject_id for s in said}
        if kind == CONSULTATION
        else _owners(db, {s.subject_id for s in said})
    )
    titles = _titles(db, set(about.values()))
    return [
        Told(
            kind="comment",
            title=titles[about[s.subject_id]],
            href=f"/comments/{s.id}",
            excerpt=sought.excerpt(s.body),
            at=s.published_at,
            subject=SubjectRef(CONSULTATION, about[s.subject_id]),
        )
        for s in said
    ]


def _owners(db: Session, clause_ids: set[int]) -> Mapping[int, int]:
    """Clause to consultation."""
    wanted = select(Clause.id, DraftText.consultation_id).join(DraftText, DraftText.id == Clause.text_id)
    return (
        {clause: owner for clause, owner in db.execute(wanted.where(Clause.id.in_(clause_ids)))} if clause_ids else {}
    )


def _titles(db: Session, ids: set[int]) -> Mapping[int, str]:
    rows = db.execute(select(Consultation.id, Consultation.title).where(Consultation.id.in_(ids))) if ids else ()
    return {i: title for i, title in rows}
