"""What the clock does with files: has new ones scanned, and forgets bytes that nobody has any more."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from app.core.db import rows_changed
from app.core.events import announce
from app.core.jobs import Job
from app.core.subject import SubjectRef
from app.files.cabinet import Cabinet
from app.files.clamd import Clamd, NoVerdict
from app.files.events import FileSettled
from app.files.model import FileState, StoredFile
from app.files.queries import has_bytes
from app.files.rules.refusals import Reason
from app.files.store import NotThere, Store

log = logging.getLogger("townsquare.files")
#: bytes that nobody names stay so long: their row may be about to come, or a backup about to read them
GRACE = timedelta(days=1)
A_STEP = 20
#: seconds of one step that may be spent on the scanner; other jobs wait meanwhile
BUDGET = 10.0
A_CHUNK = 500


def jobs(cabinet: Cabinet) -> list[Job]:
    return [
        Job("check new files", partial(check_waiting, cabinet), timedelta(seconds=5)),
        Job("forget files nobody has", partial(forget, cabinet), timedelta(hours=1)),
    ]


def check_waiting(cabinet: Cabinet, db: Session, now: datetime) -> int:
    """Those that wait in quarantine, whoever was tried longest ago first."""
    waiting = (
        select(StoredFile.id, StoredFile.digest, StoredFile.subject_kind, StoredFile.subject_id)
        .where(StoredFile.state == FileState.QUARANTINED, StoredFile.removed_at.is_(None))
        .order_by(StoredFile.tried_at.nulls_first(), StoredFile.id)
        .limit(A_STEP)
    )
    rows = db.execute(waiting).all()
    db.rollback()  # nothing is held while the scanner works
    verdicts = list(_verdicts(cabinet, [(row.id, row.digest) for row in rows]))
    owners = {row.id: SubjectRef(row.subject_kind, row.subject_id) for row in rows}
    for file_id, is_clean in sorted(verdicts):
        _settle(db, file_id, owners[file_id], is_clean, now)
    return int(bool(verdicts) and all(is_clean is not None for _id, is_clean in verdicts))


def _verdicts(cabinet: Cabinet, waiting: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, bool | None]]:
    """True, False, or None where there was none; then the others wait for the next time."""
    until = time.monotonic() + BUDGET
    for file_id, digest in waiting:
        verdict = _verdict(cabinet.scanner, cabinet.store, file_id, digest)
        yield file_id, verdict
        if verdict is None or time.monotonic() > until:
            return


def _verdict(scanner: Clamd | None, store: Store, file_id: int, digest: bytes) -> bool | None:
    if scanner is None:
        return True  # it was taken away since: what the other checks let pass is clean
    try:
        with store.open(digest) as file:
            return scanner.is_clean(file)
    except NoVerdict as why:
        log.warning("the virus scanner gives no answer about file %d: %s", file_id, why)
    except NotThere:
        log.error("the bytes of file %d are missing: see townsquare verify", file_id)
    return None


def _settle(db: Session, file_id: int, owner: SubjectRef, is_clean: bool | None, now: datetime) -> None:
    state = {None: FileState.QUARANTINED, True: FileState.CLEAN, False: FileState.REFUSED}[is_clean]
    values = {
        "state": state,
        "reason": Reason.INFECTED if is_clean is False else "",
        "tried_at": now,
        "checked_at": None if is_clean is None else now,
    }
    waits = (StoredFile.id == file_id, StoredFile.state == FileState.QUARANTINED)
    if rows_changed(db.execute(update(StoredFile).where(*waits).values(values))) and is_clean is not None:
        log.info("file %d is %s", file_id, state)
        announce(db, FileSettled(file_id, owner, is_clean))


def forget(cabinet: Cabinet, db: Session, now: datetime) -> int:
    """Bytes that no row has, then rows that were removed: their bytes get a day of grace anew."""
    before = now - GRACE
    _forget_bytes(cabinet.store, db, before)
    gone = db.execute(
        select(StoredFile.id, StoredFile.digest)
        .where(StoredFile.removed_at < before)
        .order_by(StoredFile.removed_at)
        .limit(A_CHUNK)
    ).all()
    for row in gone:
        cabinet.store.touch(row.digest, now)
    db.execute(delete(StoredFile).where(StoredFile.id.in_(sorted(row.id for row in gone))))
    return int(len(gone) == A_CHUNK)


def _forget_bytes(store: Store, db: Session, before: datetime) -> None:
    """Not for a database without any file: more likely it is the wrong one for this folder."""
    store.tidy(before)
    if not db.scalar(select(exists().where(has_bytes()))):
        return
    forgotten = 0
    for some in _chunks(store.older_than(before)):
        named = set(db.scalars(select(StoredFile.digest).where(StoredFile.digest.in_(some), has_bytes())))
        forgotten += sum(store.remove(digest, before) for digest in some if digest not in named)
    if forgotten:
        log.info("forgot the bytes of %d files that nobody has any more", forgotten)


def _chunks(digests: Iterable[bytes]) -> Iterator[list[bytes]]:
    left = iter(digests)
    while some := list(islice(left, A_CHUNK)):
        yield some
