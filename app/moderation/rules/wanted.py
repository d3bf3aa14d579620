"""Which part of the desk's queue is looked at, as an address says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.core.text.figures import is_whole
from app.core.text.plain import tidy_line

STATES = ("waiting", "held", "reported", "appeals", "mine", "decided")
AGES = ("", "soon", "late")
HOLDERS = ("", "nobody", "me", "others")
SIZES = (25, 50, 200)
SOON = 2  # days
MOST_WORDS = 80


@dataclass(frozen=True)
class Wanted:
    """As its address says it, see :func:`read_wanted`."""

    state: str = "waiting"
    kind: str = ""
    signal: str = ""
    age: str = ""
    who: str = ""
    q: str = ""
    size: int = SIZES[0]

    @property
    def query(self) -> dict[str, str]:
        """What differs from the plain queue, for addresses."""
        found = {name: getattr(self, name) for name in ("state", "kind", "signal", "age", "who", "q")}
        found["size"] = "" if self.size == SIZES[0] else str(self.size)
        return {name: value for name, value in found.items() if value and (name, value) != ("state", "waiting")}

    @property
    def narrows(self) -> bool:
        """Whether it asks for more than a state."""
        return bool(self.query.keys() - {"state", "size"})


class Place(NamedTuple):
    """Where in the queue: the instant it is sorted by, and the case."""

    at: datetime
    case_id: int

    def __str__(self) -> str:
        return f"{int(self.at.timestamp() * 1_000_000)}.{self.case_id}"


def read_wanted(asked: Mapping[str, str], kinds: Mapping[str, object]) -> Wanted:
    """From an address; what makes no sense there is as if it were not there."""

    def one_of(name: str, allowed: Sequence[str] | Mapping[str, object]) -> str:
        value = asked.get(name, "")
        return value if value in allowed else ""

    size = asked.get("size", "")
    return Wanted(
        state=one_of("state", STATES) or "waiting",
        kind=one_of("kind", kinds),
        signal=asked.get("signal", "")[:40] if asked.get("signal", "").replace("-", "").isalnum() else "",
        age=one_of("age", AGES),
        who=one_of("who", HOLDERS),
        q=tidy_line(asked.get("q", "").replace("\0", ""))[:MOST_WORDS],
        size=int(size) if size in map(str, SIZES) else SIZES[0],
    )


def read_place(text: str) -> Place | None:
    """As :class:`Place` writes itself; None where it does not."""
    micros, _dot, case = text.partition(".")
    if not (is_whole(micros) and is_whole(case)):
        return None
    try:
        at = datetime.fromtimestamp(int(micros) // 1_000_000, UTC) + timedelta(microseconds=int(micros) % 1_000_000)
    except (OverflowError, OSError, ValueError):
        return None
    return Place(at, int(case)) if int(case) < 2**63 else None
