"""Stand-ins for what tests must hold still: the clock, and the way letters leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FixedClock:
    """Shows the same instant until somebody turns it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.shown = now

    def now(self) -> datetime:
        return self.shown

    def set(self, now: datetime) -> None:
        self.shown = now

    def advance(self, by: timedelta) -> datetime:
        self.shown += by
        return self.shown


class Mailbox:
    """A transport that keeps what it is given; ``fault`` is raised instead while it is set."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.fault: Exception | None = None

    def send(self, message: EmailMessage, name: str) -> None:
        if self.fault is not None:
            raise self.fault
        self.letters.append(message)

    def close(self) -> None:
        """Nothing is held open."""

    def to(self, address: str) -> list[EmailMessage]:
        return [m for m in self.letters if str(m["To"]).lower() == address.lower()]

    def last_to(self, address: str) -> EmailMessage:
        return self.to(address)[-1]

    def subjects(self, address: str) -> list[str]:
        return [str(m["Subject"]) for m in self.to(address)]
