"""The numbers of consulting that a deployment may change (``TOWNSQUARE_CONSULTATIONS_*``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.settings import civic_values


@dataclass(frozen=True)
class ConsultationPolicy:
    """Characters as people perceive them; days of the civic calendar; sizes in bytes."""

    #: characters of a short answer, and of a long one where its question names no limit
    short_most: int = 500
    long_most: int = 4000
    #: whatever the limits of single answers: one whole response
    response_bytes: int = 200_000
    files_a_response: int = 5
    file_bytes: int = 10_000_000
    questions_most: int = 200
    options_most: int = 100
    #: days for which the letter's link confirms a response that was sent in time
    confirm_days: int = 7
    letters_a_response: int = 5
    #: days after closing for which a draft that was never sent is kept
    keep_drafts_days: int = 30
    #: months after closing when respondents' names and addresses are erased
    erase_after_months: int = 24
    #: fewer people than this in a cell of a table are not shown
    small_cell: int = 5
    respond_a_minute: int = 60
    respond_an_hour: int = 1000
    #: shortest time in days between opening and closing that needs no reason on record
    shortest_days: int = 14

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> ConsultationPolicy:
        """Read the room's section; ValueError names the variable that is wrong."""
        return cls(**civic_values("consultations", section, cls))
