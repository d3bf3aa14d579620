"""The only place that asks what time it is. Every instant is UTC; pages show the deployment's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where ``now`` comes from: the machine in service, a fake in tests."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock, as an aware UTC instant."""

    def now(self) -> datetime:
        return datetime.now(UTC)
