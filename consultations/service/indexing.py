"""The words of answers into the index, shortly after they are stored; submitting a response never waits for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, column, select, table
from sqlalchemy.orm import Session
from sqlalchemy.sql.sqltypes import BigInteger

from consultations.model import Response, ResponseVersion
from consultations.queries.searching import store_words

A_STEP = 200
#: ids grow with time, by 2**22 a millisecond: what was stored a minute late is found all the same
BEHIND = 60_000 << 22
_KNOWN = table("consultations_words_of", column("response_id", BigInteger), column("version", Integer))


class Indexing:
    """Goes on where it was; a new process looks through everything once."""

    def __init__(self) -> None:
        self._upto = 0

    def step(self, db: Session, now: datetime) -> int:
        """The words of some responses whose newest version is not in the index; how many those were."""
        rows = _missing(db, self._upto - BEHIND)
        store_words(db, [(r.response_id, r.consultation_id, r.number, r.answers) for r in rows]) if rows else None
        self._upto = max([self._upto, *(r.act_id for r in rows)])
        return len(rows) if len(rows) == A_STEP else 0


def _missing(db: Session, since: int) -> list[Any]:
    known = (_KNOWN.c.response_id == ResponseVersion.response_id) & (_KNOWN.c.version == ResponseVersion.number)
    newest = (Response.id == ResponseVersion.response_id) & (Response.version == ResponseVersion.number)
    rows = (
        select(
            ResponseVersion.response_id,
            Response.consultation_id,
            ResponseVersion.number,
            ResponseVersion.answers,
            ResponseVersion.act_id,
        )
        .join(Response, newest)
        .outerjoin(_KNOWN, known)
        .where(ResponseVersion.act_id > since, _KNOWN.c.response_id.is_(None))
        .order_by(ResponseVersion.act_id)
        .limit(A_STEP)
    )
    return list(db.execute(rows))
