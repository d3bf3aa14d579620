"""What must be true of every file; one line of ``townsquare verify`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.files.cabinet import Cabinet
from app.files.checks import kind_of
from app.files.model import FileState, StoredFile
from app.files.queries import has_bytes
from app.files.rules.kinds import KINDS
from app.files.rules.refusals import Unfit
from app.files.store import Content, NotThere, Store, digest_of

Line = Callable[[Session, datetime], Iterable[str]]


def bytes_are_there(cabinet: Cabinet, db: Session, now: datetime) -> Iterable[str]:
    """Every row's bytes are in the store, as many and the same as were kept. Each is read once."""
    seen: dict[Content, str] = {}
    for row in _rows(db):
        content = Content(row.digest, row.size)
        if content not in seen:
            seen[content] = _wrong_with(cabinet.store, content)
        if seen[content]:
            yield f"file {row.id}: its bytes {seen[content]}"


def public_files_are_clean(cabinet: Cabinet, db: Session, now: datetime) -> Iterable[str]:
    """What anybody can be given was checked, and is by its content what the row says."""
    for row in _rows(db):
        if row.state != FileState.CLEAN:
            continue
        try:
            with cabinet.store.open(row.digest) as file:
                kind = kind_of(file, row.name)
        except NotThere:
            continue  # the line above says so
        except Unfit as why:
            yield f"file {row.id} must not be handed out ({why.reason})"
            continue
        if KINDS[kind].media_type != row.media_type:
            yield f"file {row.id} is no {row.media_type}"


def owners_are_known(kinds: Iterable[str], db: Session, now: datetime) -> Iterable[str]:
    """Some room knows whose it is: otherwise nobody can ever get it, and nobody removes it."""
    unknown = select(StoredFile.id, StoredFile.subject_kind).where(StoredFile.subject_kind.not_in(sorted(kinds)))
    for row in db.execute(unknown.where(StoredFile.removed_at.is_(None)).order_by(StoredFile.id)):
        yield f"file {row.id}: no room knows a {row.subject_kind!r}"


def lines(cabinet: Cabinet, kinds: Iterable[str]) -> dict[str, Line]:
    """``kinds``: of subjects that rooms have said own files; read when the line is, so rooms may come later."""
    return {
        "every file's bytes are there": partial(bytes_are_there, cabinet),
        "what is handed out is what was checked": partial(public_files_are_clean, cabinet),
        "every file belongs to something": partial(owners_are_known, kinds),
    }


def _rows(db: Session) -> Iterator[StoredFile]:
    return iter(
        db.scalars(select(StoredFile).where(has_bytes()).order_by(StoredFile.id).execution_options(yield_per=500))
    )


def _wrong_with(store: Store, content: Content) -> str:
    try:
        with store.open(content.digest) as file:
            return "" if digest_of(file) == content else "are not what was kept"
    except NotThere:
        return "are missing"
