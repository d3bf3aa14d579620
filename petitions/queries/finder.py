"""Staff find any petition, whatever became of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.core.text.plain import fold
from petitions.model.petition import Petition
from petitions.queries.finding import matching

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_NUMBER = re.compile(r"#?(\d{1,15})\Z|.*/petitions/(\d{1,15})\b", re.ASCII)


def found_by_staff(db: Session, q: str, state: str = "", *, offset: int, most: int) -> tuple[Sequence[Petition], int]:
    """By number, by address or by words, the newest first; without any, all of them."""
    wanted = select(Petition)
    if state:
        wanted = wanted.where(Petition.state == state)
    if q.strip():
        wanted = wanted.where(_named(db, q.strip()))
    total = db.scalar(select(func.count()).select_from(wanted.with_only_columns(Petition.id).subquery())) or 0
    return db.scalars(wanted.order_by(Petition.id.desc()).offset(offset).limit(most)).all(), total


def _named(db: Session, q: str) -> ColumnElement[bool]:
    number, words = _NUMBER.match(q), _WORD.findall(fold(q))[:12]
    named = [Petition.id == int(number[1] or number[2])] if number else []
    if words and not (number and number[2]):
        named.append(Petition.id.in_(matching(db, words)))
    return or_(*named) if named else Petition.id.is_(None)
