"""News of one petition as the bench watches it: announced by the service, queued by the site's job."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import delete, func, select

from app.core.db import Database
from app.core.settings import Settings
from app.mail.model import Letter
from bench.archive import load_tables
from bench.servers import Site
from petitions.model.petition import Announcement, Petition
from petitions.model.signature import Signature, Signer
from petitions.service.announcing import CLOSED, Announcing

LETTER_WITHIN = 30.0  # seconds
LOOK_EVERY = 0.01  # seconds
BETWEEN = 0.2  # seconds between two signatures


class News:
    """One announcement; the data is as it was before when the block ends."""

    def __init__(self, site: Site) -> None:
        load_tables()
        self._site = site
        self._settings = Settings.from_environment(site.settings)
        self._database = Database(self._settings.database_url, pool=2)
        self._news = 0

    def __enter__(self) -> "News":
        return self

    def __exit__(self, *_: object) -> None:
        self._site.stop()
        self._database.retrying(self._clear)
        self._database.close()

    def announce(self, petition: int) -> None:
        """As if it had closed this moment; letters may leave at once."""
        announcing = Announcing("always", self._settings.zone)
        told = self._database.retrying(lambda db: announcing.tell_signers(db, petition, CLOSED, petition, _now()).id)
        self._news = int(told)

    def is_queued(self) -> bool:
        with self._database.reading() as db:
            return db.scalars(select(Announcement.done_at).where(Announcement.id == self._news)).one() is not None

    def queued(self) -> int:
        with self._database.reading() as db:
            return int(db.scalars(select(Announcement.queued).where(Announcement.id == self._news)).one())

    def open_petition_beside(self, other: int) -> int:
        """Any petition that can be signed, but that one."""
        with self._database.reading() as db:
            open_ones = select(func.min(Petition.id)).where(Petition.state == "open", Petition.id != other)
            return int(db.scalars(open_ones.where(Petition.closes_at > _now())).one())

    def seconds_to_letter(self, petition: int, fields: Mapping[str, str]) -> float:
        """From sending the form until the letter with the link has left."""
        time.sleep(BETWEEN)
        folder = Path(self._settings.mail_folder)
        before = set(folder.glob("*.eml"))
        began = time.monotonic()
        status = self._post(f"/petitions/{petition}/sign", fields)
        if status != 303:
            raise RuntimeError(f"a signature was answered {status}")
        while time.monotonic() - began < LETTER_WITHIN:
            if set(folder.glob("*.eml")) - before:
                return time.monotonic() - began
            time.sleep(LOOK_EVERY)
        return LETTER_WITHIN

    def _post(self, path: str, fields: Mapping[str, str]) -> int:
        connection = HTTPConnection("127.0.0.1", self._site.port, timeout=LETTER_WITHIN)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self._site.host}"}
        try:
            connection.request("POST", path, urlencode(fields), headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _clear(self, db: Any) -> None:
        """Nothing in the archive waits for a letter, so all that does is of this run."""
        waiting = select(Signature.id).where(Signature.state == "pending")
        db.execute(delete(Signer).where(Signer.signature_id.in_(waiting)))
        db.execute(delete(Signature).where(Signature.state == "pending"))
        db.execute(delete(Letter))
        db.execute(delete(Announcement))


def _now() -> datetime:
    return datetime.now(UTC)
