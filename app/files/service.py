"""Keeping files and letting go of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound, Unavailable
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt, length, tidy_line
from app.files.checks import Checked
from app.files.model import FileState, StoredFile
from app.files.rules import kinds
from app.files.rules.kinds import Kind
from app.files.store import Content
from app.files.upload import Upload

MOST_FILES = 20
MOST_TITLE = 200


def keep(
    db: Session,
    upload: Upload,
    owner: SubjectRef,
    *,
    title: str,
    by: int | None,
    now: datetime,
    wanted: frozenset[Kind] = kinds.ALL,
) -> StoredFile:
    """Check a file and keep it for ``owner``, under its own name where it has no title.

    Raises :class:`Invalid` that names the upload's field, or ``title``. Where a scanner is set it waits in
    quarantine until that has looked. The caller has the right to do this, and has locked its subject.
    """
    checked = upload.check(wanted)
    title = read_title(title) or excerpt(checked.name, MOST_TITLE)
    if _count(db, owner) >= MOST_FILES:
        raise Invalid([FieldError(upload.field, _("There are 20 files already. Remove one first."))])
    content = _put(upload, checked, now)
    waits = upload.cabinet.scanner is not None
    row = StoredFile(
        subject_kind=owner.kind,
        subject_id=owner.id,
        digest=content.digest,
        size=content.size,
        media_type=checked.media_type,
        name=checked.name,
        title=title,
        state=FileState.QUARANTINED if waits else FileState.CLEAN,
        at=now,
        by_id=by,
        checked_at=None if waits else now,
    )
    db.add(row)
    db.flush()
    return row


def read_title(text: str) -> str:
    """On one line; raises :class:`Invalid` where it is too long."""
    title = tidy_line(text)
    if length(title) > MOST_TITLE:
        raise Invalid([FieldError("title", _("The title must be 200 characters or fewer"))])
    return title


def remove(db: Session, file_id: int, owner: SubjectRef, *, now: datetime) -> StoredFile:
    """Gone for everyone at once; :class:`NotFound` where ``owner`` has no such file. The bytes go a day later,
    unless another row has the same."""
    row = db.scalars(
        select(StoredFile)
        .where(
            StoredFile.id == file_id,
            StoredFile.subject_kind == owner.kind,
            StoredFile.subject_id == owner.id,
            StoredFile.removed_at.is_(None),
        )
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    row.removed_at = now
    db.flush()
    return row


def remove_all(db: Session, owner: SubjectRef, *, now: datetime) -> int:
    """Everything of a subject that goes itself; answers how many."""
    rows = db.scalars(
        select(StoredFile)
        .where(
            StoredFile.subject_kind == owner.kind,
            StoredFile.subject_id == owner.id,
            StoredFile.removed_at.is_(None),
        )
        .order_by(StoredFile.id)
        .with_for_update(key_share=True)
    ).all()
    for row in rows:
        row.removed_at = now
    db.flush()
    return len(rows)


def _put(upload: Upload, checked: Checked, now: datetime) -> Content:
    try:
        return upload.cabinet.store.put(checked.file, now)
    except OSError as full:
        raise Unavailable(retry_after=60) from full


def _count(db: Session, owner: SubjectRef) -> int:
    rows = select(func.count()).where(
        StoredFile.subject_kind == owner.kind,
        StoredFile.subject_id == owner.id,
        StoredFile.removed_at.is_(None),
    )
    return db.scalar(rows) or 0
