"""Officials write draft texts: a working copy first, then versions that never change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.batches import upsert
from app.core.errors import BadField, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.queries import of_officer
from consultations.events import ConsultationPublished, TextChanged
from consultations.model import (
    Authorship,
    Clause,
    ClauseSource,
    ClauseVersion,
    Consultation,
    DraftText,
    TextVersion,
)
from consultations.queries import texts as queries
from consultations.rules import mapping as rules
from consultations.rules.clauses import Block
from consultations.rules.lifecycle import EditorialState
from consultations.rules.mapping import Known, Mapping, Settled
from consultations.rules.working import (
    MOST_TEXTS,
    WRITABLE,
    NothingWritten,
    NotMapped,
    TextBeingReviewed,
    TextChangedMeanwhile,
    TextFixed,
    TooManyTexts,
    Working,
)


def working(text: DraftText) -> Working | None:
    """What officials write at; None where nothing waits."""
    return msgspec.json.decode(text.working, type=Working) if text.working else None


def current_blocks(db: Session, text: DraftText) -> tuple[Known, ...]:
    """The clauses of the published version; none before there is one."""
    return tuple(Known(c.id, c.block) for c in queries.clauses(db, text.id, text.version)) if text.version else ()


def add(db: Session, consultation_id: int, title: str, comments: str, *, by: int, now: datetime) -> DraftText:
    """A further text of a consultation, without words yet."""
    consultation = _locked(db, consultation_id, by)
    last = db.scalar(select(func.max(DraftText.number)).where(DraftText.consultation_id == consultation_id)) or 0
    if last >= MOST_TEXTS:
        raise TooManyTexts(consultation=consultation_id)
    text = DraftText(
        consultation_id=consultation_id,
        number=last + 1,
        title=title,
        comments=comments,
        version=0,
        revision=1,
        working="",
        created_at=now,
        updated_at=now,
    )
    db.add(text)
    db.flush()
    _written(db, consultation, by, now)
    record(db, "text-added", _subject(consultation_id), by=by, now=now, facts={"text": text.number})
    return text


def settle_name(
    db: Session, consultation_id: int, number: int, title: str, comments: str, *, by: int, now: datetime
) -> None:
    """Its title, and whether its clauses can be commented on."""
    consultation, text = locked_text(db, consultation_id, number, by)
    if (text.title, text.comments) == (title, comments):
        return
    text.title, text.comments, text.updated_at = title, comments, now
    _written(db, consultation, by, now)
    record(db, "text-named", _subject(consultation_id), by=by, now=now, facts={"text": number, "comments": comments})
    touch(db, page_key(consultation_id))


def write(
    db: Session,
    consultation_id: int,
    number: int,
    blocks: tuple[Block, ...],
    *,
    based_on: int,
    after_revision: int,
    by: int,
    now: datetime,
) -> DraftText:
    """Store the working copy; ``based_on``: the version that was public when its author began. Of a later version the
    clauses are mapped anew, for a person to confirm."""
    consultation, text = locked_text(db, consultation_id, number, by)
    if based_on < text.version:
        raise TextFixed(version=text.version, consultation=consultation_id, number=number)
    _check_revision(text, after_revision)
    old = current_blocks(db, text)
    if [k.block for k in old] == list(blocks):
        raise BadField(str(_("This is the published version, word for word. Change the text first.")))
    mapping = rules.suggest(old, blocks) if old else None
    _keep(text, Working(blocks, mapping), now)
    _written(db, consultation, by, now)
    record(db, "text-written", _subject(consultation_id), by=by, now=now, facts={"text": number})
    return text


def confirm(
    db: Session, consultation_id: int, number: int, mapping: Mapping, *, after_revision: int, by: int, now: datetime
) -> Settled:
    """A person says where each clause came from; answers what becomes of the old ones."""
    consultation, text = locked_text(db, consultation_id, number, by)
    _check_revision(text, after_revision)
    draft = working(text)
    if draft is None:
        raise NothingWritten(consultation=consultation_id, number=number)
    settled = rules.settle(current_blocks(db, text), draft.blocks, mapping)
    _keep(text, Working(draft.blocks, mapping, confirmed=True), now)
    _written(db, consultation, by, now)
    record(db, "text-mapped", _subject(consultation_id), by=by, now=now, facts={"text": number})
    return settled


def drop(db: Session, consultation_id: int, number: int, *, after_revision: int, by: int, now: datetime) -> None:
    """The working copy goes; what was published stays."""
    consultation, text = locked_text(db, consultation_id, number, by)
    _check_revision(text, after_revision)
    text.working, text.revision, text.updated_at = "", text.revision + 1, now
    _written(db, consultation, by, now)
    record(db, "text-dropped", _subject(consultation_id), by=by, now=now, facts={"text": number})


def publish(
    db: Session, consultation_id: int, number: int, note: str, *, after_revision: int, by: int, now: datetime
) -> DraftText:
    """The working copy becomes the next version, which everyone reads. A first one goes with its consultation."""
    consultation, text = locked_text(db, consultation_id, number, by)
    if consultation.state != EditorialState.PUBLISHED:
        raise TextBeingReviewed(consultation=consultation_id)
    _check_revision(text, after_revision)
    _publish(db, text, note, by, now)
    record(
        db,
        "text-published",
        _subject(consultation_id),
        by=by,
        now=now,
        facts={"text": number, "version": text.version},
    )
    announce(db, TextChanged(consultation_id, text.version, now))
    touch(db, page_key(consultation_id))
    return text


def publish_first(db: Session, event: ConsultationPublished) -> None:
    """What was written before its consultation was published is public with it."""
    consultation = db.get_one(Consultation, event.consultation_id)
    for text in queries.texts_of(db, event.consultation_id):
        if text.version == 0 and text.working:
            _publish(db, text, "", consultation.published_by_id, event.at)


def locked_text(db: Session, consultation_id: int, number: int, by: int) -> tuple[Consultation, DraftText]:
    """Both rows, in this order; raises where nobody may write at it."""
    consultation = _locked(db, consultation_id, by)
    wanted = select(DraftText).where(DraftText.consultation_id == consultation_id, DraftText.number == number)
    text = db.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if text is None:
        raise NotFound
    return consultation, text


def page_key(consultation_id: int) -> str:
    return f"consultation:{consultation_id}"


def may_write(db: Session, consultation: Consultation | None, by: int) -> bool:
    """Officials of the department that leads it; to others its texts are not there."""
    department = of_officer(db, by)
    if consultation is None or department is None or consultation.state == EditorialState.DISCARDED:
        return False
    return department.id == consultation.department_id


def _locked(db: Session, consultation_id: int, by: int) -> Consultation:
    wanted = select(Consultation).where(Consultation.id == consultation_id)
    found = db.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if found is None or not may_write(db, found, by):
        raise NotFound
    if found.state not in WRITABLE:
        raise TextBeingReviewed(consultation=consultation_id)
    return found


def _check_revision(text: DraftText, seen: int) -> None:
    if text.revision != seen:
        raise TextChangedMeanwhile(consultation=text.consultation_id, number=text.number)


def _keep(text: DraftText, draft: Working, now: datetime) -> None:
    text.working, text.revision, text.updated_at = msgspec.json.encode(draft).decode(), text.revision + 1, now


def _written(db: Session, consultation: Consultation, by: int, now: datetime) -> None:
    """Whoever wrote at a consultation does not approve it."""
    if consultation.state != EditorialState.DRAFT:
        return
    made = upsert(db, Authorship.__table__).values(  # type: ignore[arg-type]
        consultation_id=consultation.id, account_id=by, at=now
    )
    db.execute(made.on_conflict_do_nothing(index_elements=["consultation_id", "account_id"]))


def _publish(db: Session, text: DraftText, note: str, by: int | None, now: datetime) -> None:
    draft, old = working(text), current_blocks(db, text)
    if draft is None:
        raise NothingWritten(consultation=text.consultation_id, number=text.number)
    if old and not draft.confirmed:
        raise NotMapped(consultation=text.consultation_id, number=text.number)
    mapping = draft.mapping if old and draft.mapping else Mapping((None,) * len(draft.blocks))
    settled = rules.settle(old, draft.blocks, mapping)
    text.version, text.working, text.revision, text.updated_at = text.version + 1, "", text.revision + 1, now
    db.add(TextVersion(text_id=text.id, number=text.version, note=note, at=now, by_id=by))
    ids = _store_clauses(db, text, settled)
    _end_clauses(db, text, settled, ids)
    db.flush()


def _store_clauses(db: Session, text: DraftText, settled: Settled) -> Sequence[int]:
    """The clauses of the version that this text has now; answers the id of each, in their order."""
    rows = [
        None if clause.id is not None else Clause(text_id=text.id, first_version=text.version)
        for clause in settled.clauses
    ]
    db.add_all([row for row in rows if row is not None])
    db.flush()
    ids = [clause.id if row is None else row.id for clause, row in zip(settled.clauses, rows, strict=True)]
    for place, (one, clause) in enumerate(zip(ids, settled.clauses, strict=True), 1):
        assert one is not None
        db.add(
            ClauseVersion(
                clause_id=one,
                version=text.version,
                text_id=text.id,
                place=place,
                number=clause.block.number,
                heading=clause.block.heading,
                body=clause.block.body,
            )
        )
        db.add_all([ClauseSource(clause_id=one, version=text.version, source_id=s) for s in clause.sources])
    return [one for one in ids if one is not None]


def _end_clauses(db: Session, text: DraftText, settled: Settled, ids: Sequence[int]) -> None:
    for one in db.scalars(select(Clause).where(Clause.id.in_(settled.removed)).order_by(Clause.id)):
        one.removed_in = text.version
        one.merged_into_id = ids[settled.merged[one.id]] if one.id in settled.merged else None


def _subject(consultation_id: int) -> SubjectRef:
    return SubjectRef("consultation", consultation_id)
