"""Which hall an address means, and where its code leads."""

from __future__ import annotations

from typing import Final

from app.core.errors import NotFound
from app.core.text.figures import is_whole
from townhall.model import Hall
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, HallState

JSON: Final = "application/json; charset=utf-8"
#: any page of any site may read it
OPEN_DATA: Final = {"access-control-allow-origin": "*"}


def hall_id_of(ref: str) -> int:
    """The number in an address; anything else is no hall."""
    if not is_whole(ref):
        raise NotFound
    return int(ref)


def way_in(hall: Hall) -> str:
    """The path that a join code and a QR code lead to: into the room while there is one, else to the page."""
    page = f"/townhalls/{hall.id}"
    return f"{page}/room" if HallState(hall.state) in OPEN_TO_PEOPLE else page
