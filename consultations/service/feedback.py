""" "You said": written, handed to a second person, released as a version that never changes; corrected by the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid
from app.core.events import announce as happened
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from consultations.events import FeedbackPublished
from consultations.model import Consultation, Feedback, FeedbackDraft, Finding, FindingAnswer
from consultations.queries.counted import feedback_versions, finding_answers, findings_of
from consultations.rules.findings import Chosen, ShownFinding
from consultations.rules.lifecycle import Phase, Stage, phase_of
from consultations.service.announcing import FEEDBACK, announce
from consultations.service.figures import freeze

_CHOSEN = msgspec.json.Decoder(list[Chosen])


class DraftChanged(Conflict):
    code = "draft-changed"
    title = _("A colleague changed this while you were writing")
    message = _("Your text was not stored. Read theirs, then add what is missing.")
    way_on = ("/desk/consultations/{consultation}/feedback", _("Read the draft"))


class NeedsSecondPerson(Conflict):
    code = "second-person"
    title = _("A second person has to release this")
    message = _("Nobody releases what they wrote last. A colleague of your department can.")
    way_on = ("/desk/consultations/{consultation}/feedback", _("Back to the draft"))


class NotClosed(Conflict):
    code = "not-closed"
    title = _("It is still open")
    message = _("What people said is published after closing.")
    way_on = ("/desk/consultations/{consultation}", _("Back to the consultation"))


class NotPublished(Conflict):
    code = "finding-not-published"
    title = _("This finding is not published")
    message = _("Publish what people said first; then each finding can be answered.")
    way_on = ("/desk/consultations/{consultation}/feedback", _("Write what people said"))


def draft_of(db: Session, consultation_id: int) -> FeedbackDraft | None:
    return db.get(FeedbackDraft, consultation_id, populate_existing=True)


def chosen_in(draft: FeedbackDraft | None) -> list[Chosen]:
    return _CHOSEN.decode(draft.findings) if draft is not None else []


def save(
    db: Session,
    consultation: Consultation,
    *,
    summary: str,
    body: str,
    note: str,
    chosen: Sequence[Chosen],
    revision: int,
    by: int,
    now: datetime,
) -> FeedbackDraft:
    """Keep it; ``revision`` is the draft its writer had seen (0: none). What waited for a second person waits no more."""
    draft = draft_of(db, consultation.id)
    if (draft.revision if draft else 0) != revision:
        raise DraftChanged(consultation=consultation.id)
    draft = draft or FeedbackDraft(consultation_id=consultation.id)
    draft.summary, draft.body, draft.note = summary, body, note
    draft.findings = msgspec.json.encode(list(chosen)).decode()
    draft.after_version = _newest_version(db, consultation.id)
    draft.revision, draft.at, draft.by_id, draft.waits_since = revision + 1, now, by, None
    db.add(draft)
    if consultation.stage == Stage.WAITING and _is_over(consultation, now):
        consultation.stage, consultation.analysing_at = Stage.ANALYSING, now
    db.flush()
    return draft


def hand_in(db: Session, consultation: Consultation, *, revision: int, by: int, now: datetime) -> None:
    """It waits for a second person."""
    draft = _seen(db, consultation, revision)
    draft.waits_since = now
    db.flush()
    _record(db, "consultations.hand-in-feedback", consultation.id, by, now, {"revision": revision})


def hand_back(db: Session, consultation: Consultation, *, revision: int, by: int, now: datetime) -> None:
    """It is written at again."""
    draft = _seen(db, consultation, revision)
    draft.waits_since = None
    db.flush()
    _record(db, "consultations.hand-back-feedback", consultation.id, by, now, {"revision": revision})


def release(
    db: Session, consultation: Consultation, *, revision: int, small: int, by: int, now: datetime, leaves_at: datetime
) -> Feedback:
    """A second person publishes what waits, with counts and quotations as they are now; respondents are told of the first.

    With the first the figures of closed questions are published, without those of fewer than ``small`` people.
    """
    if not _is_over(consultation, now):
        raise NotClosed(consultation=consultation.id)
    draft = _seen(db, consultation, revision)
    if draft.waits_since is None or _wrote_last(db, draft, by):
        raise NeedsSecondPerson(consultation=consultation.id)
    version = draft.after_version + 1
    if version > 1 and not draft.note:
        raise Invalid([FieldError("note", str(_("Write what is corrected")))])
    given = Feedback(
        consultation_id=consultation.id, version=version, summary=draft.summary, body=draft.body,
        findings=msgspec.json.encode(snapshot(db, consultation.id, chosen_in(draft))).decode(),
        responses=consultation.response_count, note=draft.note if version > 1 else "", at=now,
        by_id=draft.by_id, released_by_id=by,
    )  # fmt: skip
    db.add(given)
    db.delete(draft)
    _stage(consultation, now)
    db.flush()
    if version == 1:
        freeze(db, consultation, small, now)
        announce(db, consultation.id, FEEDBACK, version, now=now, leaves_at=leaves_at)
    _record(db, "consultations.release-feedback", consultation.id, by, now, {"version": version})
    happened(db, FeedbackPublished(consultation.id, version, now))
    touch(db, f"consultation:{consultation.id}", "consultations")
    return given


def _is_over(consultation: Consultation, now: datetime) -> bool:
    """Before that nothing is said to be read, whatever its department writes meanwhile."""
    return phase_of(consultation, now) in (Phase.CLOSED, Phase.OUTCOME)


def _wrote_last(db: Session, draft: FeedbackDraft, by: int) -> bool:
    """At the draft, or at one of its findings since it was handed in: nobody else has read that."""
    wanted = {c.id for c in chosen_in(draft)}
    since = select(Finding.id).where(
        Finding.id.in_(wanted), Finding.changed_by_id == by, Finding.changed_at > draft.waits_since
    )
    return draft.by_id == by or db.scalar(since.limit(1)) is not None


def _stage(consultation: Consultation, now: datetime) -> None:
    consultation.feedback_at = consultation.feedback_at or now
    if consultation.stage in (Stage.WAITING, Stage.ANALYSING):
        consultation.stage = Stage.FEEDBACK


def snapshot(db: Session, consultation_id: int, chosen: Sequence[Chosen]) -> list[ShownFinding]:
    """The chosen findings as they would be released now, in the desk's order."""
    wanted = {c.id: set(c.quotes) for c in chosen}
    return [
        ShownFinding(
            id=f.row.id,
            title=f.row.title,
            text=f.row.text,
            people=f.people,
            codes=tuple(f.codes),
            codings=tuple(f.codings),
            quotes=tuple(quote for coding, quote in f.quotes.items() if coding in wanted[f.row.id]),
        )
        for f in findings_of(db, consultation_id)
        if f.row.id in wanted
    ]


def answer_finding(
    db: Session,
    consultation: Consultation,
    finding_id: int,
    text: str,
    note: str,
    *,
    after: int,
    by: int,
    now: datetime,
) -> FindingAnswer:
    """What the department does about one published finding; a version, never a change. ``after``: the one that was seen."""
    versions = feedback_versions(db, consultation.id)
    known = {f.id for f in msgspec.json.decode(versions[0].findings, type=list[ShownFinding])} if versions else set()
    if finding_id not in known:
        raise NotPublished(consultation=consultation.id)
    given = finding_answers(db, consultation.id).get(finding_id, [])
    newest = given[0].version if given else 0
    if newest != after:
        raise DraftChanged(consultation=consultation.id)
    if newest and consultation.has_outcome and not note:
        raise Invalid([FieldError(f"note-{finding_id}", str(_("Write what is corrected")))])
    row = FindingAnswer(
        consultation_id=consultation.id, finding_id=finding_id, version=newest + 1, text=text, note=note, at=now, by_id=by
    )  # fmt: skip
    db.add(row)
    db.flush()
    facts = {"finding": finding_id, "version": row.version}
    _record(db, "consultations.answer-finding", consultation.id, by, now, facts)
    if consultation.has_outcome:
        touch(db, f"consultation:{consultation.id}")
    return row


def _seen(db: Session, consultation: Consultation, revision: int) -> FeedbackDraft:
    draft = draft_of(db, consultation.id)
    if draft is None or draft.revision != revision or draft.after_version != _newest_version(db, consultation.id):
        raise DraftChanged(consultation=consultation.id)
    return draft


def _newest_version(db: Session, consultation_id: int) -> int:
    versions = feedback_versions(db, consultation_id)
    return versions[0].version if versions else 0


def _record(db: Session, act: str, consultation_id: int, by: int, now: datetime, facts: dict[str, Any]) -> None:
    audit.record(db, act, SubjectRef("consultation", consultation_id), by=by, now=now, facts=facts)
