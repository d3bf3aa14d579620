"""The numbers of town halls that a deployment may change (``TOWNSQUARE_TOWNHALL_*``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.settings import civic_values


@dataclass(frozen=True)
class TownHallPolicy:
    """Characters as people perceive them; milliseconds, seconds, days as the names say."""

    question_most: int = 500
    answer_most: int = 8000
    caption_most: int = 400
    announcement_most: int = 300
    #: milliseconds between two frames to the crowd
    tick_ms: int = 200
    ping_seconds: int = 25
    #: without a sign of life a socket ends
    silence_seconds: int = 75
    hello_seconds: int = 5
    #: events that are replayed; whoever missed more gets the whole state
    replay_most: int = 300
    #: sockets of one hall in one process; past it the page polls
    viewers_most: int = 20_000
    tabs_most: int = 5
    frame_bytes: int = 16_384
    #: handshakes of one network in ten seconds: a whole room shares an address
    handshakes_most: int = 300
    host_away_seconds: int = 10
    #: days to confirm an address, at most until the hall ends
    confirm_days: int = 7
    letters_a_place: int = 5
    register_a_minute: int = 60
    register_an_hour: int = 1000
    capacity_most: int = 1_000_000
    #: months after the end when participants' names and addresses are erased
    erase_after_months: int = 6
    #: days after the end in which minutes are expected
    minutes_days: int = 14

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> TownHallPolicy:
        """Read the room's section; ValueError names the variable that is wrong."""
        return cls(**civic_values("townhall", section, cls))
