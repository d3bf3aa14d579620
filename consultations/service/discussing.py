"""How consultations and clauses of draft texts are discussed: while the consultation is open, read as long as it is."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Select, func, select
from sqlalchemy.orm import Session

from app.comments.contribution import About
from app.comments.rules.lifecycle import Mode
from app.core import ready
from app.core.i18n import _
from app.core.text.plain import excerpt
from consultations.model import Clause, ClauseVersion, Consultation, DraftText
from consultations.queries.texts import KIND as CLAUSE
from consultations.rules.clauses import Block, clause_name
from consultations.rules.lifecycle import READABLE, next_turn, takes_responses

CONSULTATION = "consultation"
MOST_CRUMB = 40
_C, _T, _L, _V = Consultation.__table__.c, DraftText.__table__.c, Clause.__table__.c, ClauseVersion.__table__.c

__all__ = ["CLAUSE", "CONSULTATION", "ClauseDiscussed", "ConsultationDiscussed"]


class _Standing(NamedTuple):
    id: int
    title: str
    state: str
    opens_at: datetime
    closes_at: datetime
    has_outcome: bool
    discussion: str


class _Words(NamedTuple):
    """A clause as it stands in the newest version, or stood last."""

    text_title: str
    text_version: int
    comments: str
    removed_in: int | None
    number: str
    heading: str
    body: str


class ConsultationDiscussed:
    """The discussion beside it, where its officials want one."""

    asks_stance = False

    def about(self, db: Session, subject_id: int, now: datetime) -> About | None:
        def build() -> Select[tuple[object, ...]]:
            wanted = select(*(_C[name] for name in _Standing._fields))
            return wanted.where(_C.id == ready.given("consultation", BigInteger()))

        found = ready.rows(db, "consultation discussed", build, {"consultation": subject_id})
        if not found:
            return None
        row = _Standing._make(found[0])
        href = f"/consultations/{row.id}"
        return About(
            title=row.title,
            href=href,
            discussion=f"{href}/discussion",
            is_open=takes_responses(row, now),
            is_public=row.state in READABLE,
            closes_at=_until(row, now),
            mode=Mode(row.discussion) if row.discussion != "off" else None,
            crumbs=_crumbs(row),
            nav="consultations",
            keys=(f"consultation:{row.id}",),
        )


class ClauseDiscussed:
    """Comments on one clause of a draft text, through all its versions."""

    asks_stance = False

    def about(self, db: Session, subject_id: int, now: datetime) -> About | None:
        found = ready.rows(db, "clause discussed", _clause_now, {"clause": subject_id})
        if not found:
            return None
        words, row = _Words._make(found[0][: len(_Words._fields)]), _Standing._make(found[0][len(_Words._fields) :])
        name = clause_name(words.number, words.heading)
        href = f"/consultations/{row.id}/text/clauses/{subject_id}"
        is_there = words.removed_in is None
        return About(
            title=_("{text}: {clause}").format(text=words.text_title, clause=name),
            href=href,
            discussion=href,
            is_open=is_there and takes_responses(row, now),
            is_public=row.state in READABLE,
            closes_at=_until(row, now),
            mode=Mode(words.comments) if words.comments != "off" else None,
            crumbs=(*_crumbs(row), (f"/consultations/{row.id}/text", str(_("Draft text")))),
            nav="consultations",
            text=Block(words.heading, words.body).text if is_there else None,
            version=words.text_version,
            keys=(f"consultation:{row.id}",),
        )

    def text_of(self, db: Session, subject_id: int, version: int) -> str | None:
        found = db.get(ClauseVersion, (subject_id, version))
        return Block(found.heading, found.body).text if found else None


def _clause_now() -> Select[tuple[object, ...]]:
    newest = func.coalesce(_L.removed_in - 1, _T.version)
    joined = (
        Clause.__table__.join(DraftText.__table__, _T.id == _L.text_id)
        .join(Consultation.__table__, _C.id == _T.consultation_id)
        .join(ClauseVersion.__table__, (_V.clause_id == _L.id) & (_V.version == newest))
    )
    words = (_T.title.label("text_title"), _T.version.label("text_version"), _T.comments, _L.removed_in)
    wanted = select(*words, _V.number, _V.heading, _V.body, *(_C[name] for name in _Standing._fields))
    return wanted.select_from(joined).where(_L.id == ready.given("clause", BigInteger()))


def _until(row: _Standing, now: datetime) -> datetime | None:
    return next_turn(row, now) if row.state in READABLE else None


def _crumbs(row: _Standing) -> tuple[tuple[str, str], ...]:
    href = f"/consultations/{row.id}"
    return ("/", str(_("Home"))), ("/consultations", str(_("Consultations"))), (href, excerpt(row.title, MOST_CRUMB))
