"""Matters, answers and promises as a department's programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes import queries
from app.outcomes.api.schema import (
    AnswerOut,
    CommitmentOut,
    DraftOut,
    NoteOut,
    ReferralAnswers,
    ReferralLinks,
    ReferralOut,
    ReferralWhole,
    Said,
    SubjectOut,
)
from app.outcomes.contribution import Referred
from app.outcomes.model import Answer, AnswerDraft, Commitment, Referral
from app.outcomes.queries import worklist
from app.outcomes.queries.worklist import Changed
from app.outcomes.rules.answers import grades_for
from app.outcomes.rules.referrals import is_late
from app.outcomes.service import desk, drafting
from app.outcomes.subjects import shown
from app.outcomes.web.lookup import door_of, subject_of
from app.tokens.service.using import Program


def owned(db: Session, program: Program, referral_id: int) -> Referral:
    """A matter of another department is as good as none."""
    referral = queries.referral_of(db, referral_id, program.department_id)
    if referral is None:
        raise NotFound
    return referral


def matters(state: Any, db: Session, rows: Sequence[Changed], now: datetime) -> list[ReferralOut]:
    """As a list has them."""
    refs = [SubjectRef(each.row.subject_kind, each.row.subject_id) for each in rows]
    found = shown(state.site.referred, db, refs)
    return [
        ReferralOut(**_facts(state, each.row, found.get(ref), each.at, now))
        for each, ref in zip(rows, refs, strict=True)
    ]


def whole(state: Any, db: Session, referral: Referral, now: datetime) -> ReferralWhole:
    """Everything of one."""
    subject = subject_of(state, db, referral)
    department = db.get_one(Department, referral.department_id)
    stands = answers(db, referral)
    return ReferralWhole(
        **_facts(state, referral, subject, worklist.last_change(db, referral), now),
        asked=[Said(str(heading), str(text)) for heading, text in (subject.paragraphs if subject else ())],
        grades=[str(grade) for grade in grades_for(referral.cause)],
        two_people=department.two_person,
        answers=stands.answers,
        draft=stands.draft,
        notes=[NoteOut(note.text, note.at) for note in desk.notes(db, referral.id)],
        commitments=[
            commitment(promise, state.settings.base_url) for promise in queries.commitments_of(db, referral.id)
        ],
    )


def answers(db: Session, referral: Referral) -> ReferralAnswers:
    """Every version with those that were taken back, and the draft."""
    draft = drafting.of(db, referral.id)
    return ReferralAnswers(
        referral_id=referral.id,
        state=referral.state,  # type: ignore[arg-type]
        answers=[answer(given) for given in queries.all_versions(db, referral.id)],
        draft=_draft(draft) if draft else None,
    )


def answer(given: Answer) -> AnswerOut:
    return AnswerOut(
        version=given.version,
        grade=given.grade,
        summary=given.summary,
        details=given.details,
        examine_by=given.examine_by,
        given_at=given.at,
        by_program=given.token_id is not None,
        withdrawn_at=given.withdrawn_at,
    )


def commitment(promise: Commitment, base: str) -> CommitmentOut:
    return CommitmentOut(
        id=promise.id,
        text=promise.text,
        owner=promise.owner,
        due=promise.due_on,
        progress=promise.progress,  # type: ignore[arg-type]
        updates=promise.updates,
        page=f"{base}/commitments/{promise.id}",
    )


def _draft(draft: AnswerDraft) -> DraftOut:
    return DraftOut(
        revision=draft.revision,
        summary=draft.summary,
        waits=draft.waits_since is not None,
        by_program=draft.token_id is not None,
        at=draft.at,
    )


def _facts(state: Any, row: Referral, subject: Referred | None, at: datetime, now: datetime) -> dict[str, Any]:
    base = state.settings.base_url
    return {
        "id": row.id,
        "state": row.state,
        "cause": row.cause,
        "subject": _subject(row, subject, base) if subject else None,
        "received_at": row.received_at,
        "accepted_at": row.accepted_at,
        "due_at": row.due_at,
        "late": is_late(row.state, row.due_at, now),
        "answered_at": row.answered_at,
        "closed_at": row.closed_at,
        "closed_why": row.closed_why,
        "practice": row.sandbox,
        "updated_at": at,
        "links": _links(state, row, base),
    }


def _subject(row: Referral, subject: Referred, base: str) -> SubjectOut:
    return SubjectOut(
        kind=row.subject_kind,
        id=row.subject_id,
        title=subject.title,
        page=base + subject.href,
        people=subject.people,
        public=subject.public,
        note=str(subject.note),
    )


def _links(state: Any, row: Referral, base: str) -> ReferralLinks:
    own, door = f"{base}/api/v1/referrals/{row.id}", door_of(state, row)
    return ReferralLinks(
        self=own,
        answers=f"{own}/answers",
        accept=f"{own}/accept",
        desk=f"{base}/desk/referrals/{row.id}",
        elsewhere=base + door if door else None,
    )
