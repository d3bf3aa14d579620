"""A consultation as the rest of the site sees it: departments' desks, lists of outcomes, the home page, the calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.web.calendar import Asked, Entry
from app.outcomes.contribution import Referred
from consultations.model import Consultation
from consultations.queries import shown as found
from consultations.rules.lifecycle import READABLE
from consultations.rules.lifecycle import EditorialState as E
from consultations.service.locking import locked


class ConsultationReferred:
    """One consultation with its texts, or many of them for a list."""

    def __call__(self, db: Session, consultation_id: int) -> Referred | None:
        one = db.get(Consultation, consultation_id)
        if one is None:
            return None
        texts = [(_("What it is about"), one.body), (_("What can still change"), one.scope)]
        return _referred(one, [(str(name), text) for name, text in texts if text])

    def many(self, db: Session, ids: Collection[int]) -> dict[int, Referred]:
        rows = db.scalars(select(Consultation).where(Consultation.id.in_(ids)))
        return {one.id: _referred(one) for one in rows}


def _referred(one: Consultation, paragraphs: Collection[tuple[str, str]] = ()) -> Referred:
    note = str(_("Withdrawn. Nothing is owed for it.")) if one.state == E.WITHDRAWN else ""
    return Referred(
        one.title,
        f"/consultations/{one.id}",
        one.response_count,
        list(paragraphs),
        note=note,
        public=one.state in READABLE,
    )


def lock(db: Session, consultation_id: int) -> None:
    locked(db, consultation_id)


class ConsultationsOnLists:
    """Which consultations stand on public lists of outcomes."""

    name: str = _("Consultations")

    def readable(self, subject_id: ColumnElement[int]) -> ColumnElement[bool]:
        return exists().where(Consultation.id == subject_id, Consultation.state.in_(READABLE))

    def shown(self, db: Session, ids: Collection[int]) -> Mapping[int, Referred]:
        wanted = select(Consultation).where(Consultation.id.in_(ids), Consultation.state.in_(READABLE))
        return {one.id: _referred(one) for one in db.scalars(wanted)} if ids else {}


@dataclass(frozen=True)
class OpeningAndClosing:
    """For the public calendar: the hours in which each consultation opens and closes."""

    base_url: str

    def __call__(self, db: Session, asked: Asked) -> Iterable[Entry]:
        for one, changes in found.dated(db, asked.now, asked.department_id):
            yield from self._entries(one, changes)

    def _entries(self, one: Consultation, changes: int) -> Iterable[Entry]:
        days = (
            ("opens", _("Consultation opens: {title}"), one.opens_at),
            ("closes", _("Consultation closes: {title}"), one.closes_at),
        )
        host, gone = urlsplit(self.base_url).hostname or "localhost", one.state != E.PUBLISHED
        for key, words, at in days:
            if at is None:
                continue
            yield Entry(
                uid=f"consultation-{one.id}-{key}@{host}",
                sequence=changes + gone,
                changed_at=_changed(one),
                begins=at,
                ends=at,
                title=str(_("No longer planned")) if gone else words.format(title=one.title),
                link="" if gone else f"{self.base_url}/consultations/{one.id}",
                cancelled=gone,
            )


def _changed(one: Consultation) -> datetime:
    return max(t for t in (one.updated_at, one.published_at, one.withdrawn_at, one.unpublished_at) if t is not None)


__all__ = ["ConsultationReferred", "ConsultationsOnLists", "OpeningAndClosing", "lock"]
