"""What one deployment offers: its datasets, its dumps, what of it may be embedded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.settings import Settings
from app.opendata.contribution import At, Dataset, Embeddable, Feed
from app.opendata.jobs import Dumping, is_late
from app.opendata.metadata.csvw import Publisher
from app.opendata.policy import OpenDataPolicy
from app.opendata.rules.embedding import discovery, snippet
from app.opendata.service.writing import Writing
from app.opendata.shelf import Manifest, Shelf


@dataclass(frozen=True)
class OpenData:
    """Made once; what rooms contribute later is in it, too."""

    policy: OpenDataPolicy
    shelf: Shelf
    publisher: Publisher
    zone: ZoneInfo
    #: in the order in which rooms declared them
    datasets: Sequence[Dataset]
    embeds: Mapping[str, Embeddable]
    feeds: Sequence[Feed]

    @classmethod
    def from_settings(
        cls, settings: Settings, datasets: Sequence[Dataset], embeds: Mapping[str, Embeddable], feeds: Sequence[Feed]
    ) -> OpenData:
        """ValueError names the variable that is wrong."""
        policy = OpenDataPolicy.from_settings(settings)
        by = Publisher(
            policy.publisher,
            settings.base_url,
            settings.contact_email if "@" in settings.contact_email else "",
            policy.licence,
            policy.licence_name,
        )
        return cls(policy, Shelf(policy.folder), by, settings.zone, datasets, embeds, feeds)

    def embed_code(self, room: str, number: int, title: str) -> str:
        """The HTML that others paste; empty where nobody may embed, or nothing of that room can be."""
        return snippet(self.publisher.base_url, room, number, title) if self._embeds(room) else ""

    def embed_link(self, room: str, number: int) -> str:
        """Where programs find the same; empty likewise."""
        return discovery(self.publisher.base_url, f"/{room}/{number}") if self._embeds(room) else ""

    def _embeds(self, room: str) -> bool:
        return self.policy.may_be_embedded and room in self.embeds

    def dataset(self, key: str) -> Dataset | None:
        return next((dataset for dataset in self.datasets if dataset.key == key), None)

    def at(self, now: datetime) -> At:
        return At(now, self.zone, self.publisher.base_url)

    def is_late(self, newest: Manifest | None, now: datetime) -> bool:
        """The next dump should be there by now. Nothing is late where none is made by itself."""
        return self.policy.dump_at is not None and is_late(newest, now)

    def since(self, db: Session, now: datetime) -> Mapping[str, date | None]:
        """Of each dataset that says so, the day of its first row."""
        at = self.at(now)
        return {dataset.key: dataset.since(db, at) for dataset in self.datasets if dataset.since}

    def dumping(self) -> Dumping:
        """The night's work."""
        return Dumping(self.shelf, self.datasets, self.publisher, self.policy, self.zone)

    def writing(self, now: datetime) -> Writing:
        """A dump by hand. For whoever holds the shelf's lock."""
        return Writing(self.shelf, self.datasets, self.publisher, self.at(now))
