"""The night's dump, a step at a time, so that other jobs have their turn in between."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core import freshness
from app.core.jobs import Job
from app.opendata.contribution import At, Dataset
from app.opendata.metadata.csvw import Publisher
from app.opendata.policy import OpenDataPolicy
from app.opendata.rules.nights import last_night
from app.opendata.service.writing import Writing
from app.opendata.shelf import Lock, Manifest, Shelf

log = logging.getLogger("townsquare.opendata")
#: what public pages show of dumps
KEY = "opendata"
#: older than this, pages say that a dump is late
LATE_AFTER = timedelta(hours=48)
#: after a dump that could not be written
PAUSE = timedelta(minutes=10)
#: batches in a row
AT_ONCE = 10


class Begun(NamedTuple):
    writing: Writing
    lock: Lock


class Dumping:
    """Writes a dump once a night, and the first one as soon as there is somebody to write it.

    A step takes one batch of rows with whatever session it is given and keeps nothing of that; what is open between
    two steps is files. A process that dies leaves a folder that the next one clears away.
    """

    def __init__(
        self, shelf: Shelf, datasets: Sequence[Dataset], by: Publisher, policy: OpenDataPolicy, zone: ZoneInfo
    ) -> None:
        self.shelf, self.datasets, self.by, self.policy, self.zone = shelf, datasets, by, policy, zone
        self._begun: Begun | None = None
        self._not_before: datetime | None = None

    def __call__(self, db: Session, now: datetime) -> int:
        """1 while there is more to write."""
        if self._begun is None and not self._begin(now):
            return 0
        assert self._begun is not None
        try:
            if self._begun.writing.step(db) is not None:
                return 1
            self._finish(db, now)
        except BaseException as fault:
            self._abandon(now)
            if not isinstance(fault, OSError):
                raise
            log.error("the dump could not be written: %s", fault.strerror or type(fault).__name__)
        return 0

    def is_due(self, now: datetime) -> bool:
        if self.policy.dump_at is None:
            return False
        newest = self.shelf.newest()
        return newest is None or newest.as_of < last_night(self.policy.dump_at, self.zone, now)

    def _begin(self, now: datetime) -> bool:
        if self._not_before is not None and now < self._not_before:
            return False
        if not self.is_due(now):
            return False
        try:
            return self._try_begin(now)
        except OSError as fault:
            self._not_before = now + PAUSE
            log.error("the dump could not be begun: %s", fault.strerror or type(fault).__name__)
            return False

    def _try_begin(self, now: datetime) -> bool:
        lock = self.shelf.try_lock()
        if lock is None:
            return False
        try:
            if left := self.shelf.clear():
                log.warning("cleared away %d dumps that were never finished", left)
            at = At(now, self.zone, self.by.base_url)
            self._begun = Begun(Writing(self.shelf, self.datasets, self.by, at), lock)
        except BaseException:
            lock.release()
            raise
        return True

    def _finish(self, db: Session, now: datetime) -> None:
        begun = self._begun
        assert begun is not None
        manifest = begun.writing.finish(now)
        self.shelf.forget(self.policy.keeps_for, now)
        self._begun, self._not_before = None, None
        begun.lock.release()
        self.touch(db)
        log.info("dumped %d rows in %d bytes", sum(d.rows for d in manifest.datasets), manifest.size)

    @staticmethod
    def touch(db: Session) -> None:
        """Public pages show the new dump."""
        freshness.touch(db, KEY)

    def _abandon(self, now: datetime) -> None:
        begun, self._begun, self._not_before = self._begun, None, now + PAUSE
        if begun is not None:
            begun.writing.abandon()
            begun.lock.release()


def is_late(newest: Manifest | None, now: datetime) -> bool:
    """The newest dump is older than it should ever be. A site without any is new."""
    return newest is not None and now - newest.as_of > LATE_AFTER


def jobs(dumping: Dumping) -> list[Job]:
    return [Job("open data: dump", dumping, timedelta(seconds=1), at_once=AT_ONCE)]
