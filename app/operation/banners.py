"""Notices that administrators put on top of every page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import FieldError, Invalid, NotFound
from app.core.freshness import SITE, touch
from app.core.i18n import _
from app.core.notice import Notice
from app.core.subject import SubjectRef
from app.operation.model import Banner
from app.operation.rules import Level

SHOWN_AFTERWARDS = timedelta(days=90)


@dataclass(frozen=True)
class BannerText:
    """What a notice says and when; without an end it stands until somebody takes it down."""

    words: str
    level: Level
    starts_at: datetime
    ends_at: datetime | None

    def check(self, now: datetime) -> None:
        """Raises :class:`Invalid` where it ends before it begins, or would never be seen."""
        if self.ends_at is not None and self.ends_at <= max(self.starts_at, now):
            raise Invalid([FieldError("ends", _("It must end after it begins, and later than now"))])


def add(db: Session, text: BannerText, *, reason: str, by: int, now: datetime) -> Banner:
    """A new notice; it is seen from its beginning on."""
    text.check(now)
    banner = Banner(level=text.level, words=text.words, starts_at=text.starts_at, changed_at=now)
    _write(banner, text)
    db.add(banner)
    _changed(db, banner, "add", reason, by, now)
    return banner


def change(db: Session, banner_id: int, text: BannerText, *, reason: str, by: int, now: datetime) -> Banner:
    """Other words, another time; a notice that was taken down stays down."""
    text.check(now)
    banner = _locked(db, banner_id)
    _write(banner, text)
    _changed(db, banner, "change", reason, by, now)
    return banner


def take_down(db: Session, banner_id: int, *, reason: str, by: int, now: datetime) -> None:
    """Nobody sees it from now on. Twice is as once."""
    banner = _locked(db, banner_id)
    if banner.taken_down_at is None:
        banner.taken_down_at = now
        _changed(db, banner, "take-down", reason, by, now)


def put_back(db: Session, banner_id: int, *, reason: str, by: int, now: datetime) -> None:
    """The undo of :func:`take_down`."""
    banner = _locked(db, banner_id)
    if banner.taken_down_at is not None:
        banner.taken_down_at = None
        _changed(db, banner, "put-back", reason, by, now)


def one(db: Session, banner_id: int) -> Banner:
    """Raises :class:`NotFound`."""
    banner = db.get(Banner, banner_id)
    if banner is None:
        raise NotFound
    return banner


def standing(db: Session, now: datetime) -> Sequence[Banner]:
    """Those that are seen now or later, the oldest first."""
    return db.scalars(
        select(Banner)
        .where(Banner.taken_down_at.is_(None), or_(Banner.ends_at.is_(None), Banner.ends_at > now))
        .order_by(Banner.starts_at, Banner.id)
    ).all()


def over(db: Session, now: datetime) -> Sequence[Banner]:
    """Those that ended or were taken down within ninety days, the newest first."""
    since = now - SHOWN_AFTERWARDS
    ended = and_(Banner.ends_at.is_not(None), Banner.ends_at <= now, Banner.ends_at > since)
    down = and_(Banner.taken_down_at.is_not(None), Banner.taken_down_at > since)
    return db.scalars(select(Banner).where(or_(ended, down)).order_by(Banner.changed_at.desc(), Banner.id)).all()


def said(db: Session, now: datetime) -> Iterator[Notice]:
    """What every page says now."""
    for banner in standing(db, now):
        if banner.starts_at <= now:
            yield Notice(banner.words, banner.level)


def tell_pages(db: Session, now: datetime) -> int:
    """Pages that are kept ready learn that a notice begins or has ended: nobody is there to press a button then."""
    begins = and_(Banner.starts_at <= now, Banner.told_of_start.is_(False))
    ends = and_(Banner.ends_at <= now, Banner.told_of_end.is_(False))
    due = select(Banner).where(or_(begins, ends)).order_by(Banner.id)
    if not db.scalars(due.limit(1)).first():
        return 0  # without a lock
    for banner in db.scalars(due.with_for_update().execution_options(populate_existing=True)):
        _note_told(banner, now)
    db.flush()
    touch(db, SITE)
    return 0


def _write(banner: Banner, text: BannerText) -> None:
    banner.words, banner.level = text.words, text.level
    banner.starts_at, banner.ends_at = text.starts_at, text.ends_at


def _note_told(banner: Banner, now: datetime) -> None:
    banner.told_of_start = banner.starts_at <= now
    banner.told_of_end = banner.ends_at is not None and banner.ends_at <= now


def _locked(db: Session, banner_id: int) -> Banner:
    banner = db.get(Banner, banner_id, with_for_update=True, populate_existing=True)
    if banner is None:
        raise NotFound
    return banner


def _changed(db: Session, banner: Banner, act: str, reason: str, by: int, now: datetime) -> None:
    banner.reason, banner.by_id, banner.changed_at = reason, by, now
    _note_told(banner, now)
    db.flush()
    subject = SubjectRef("banner", banner.id)
    facts = {"reason": reason, "level": str(banner.level)}
    audit.record(db, f"operation.banner-{act}", subject, by=by, now=now, facts=facts)
    touch(db, SITE)
