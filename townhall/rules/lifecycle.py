"""A hall's life, and who may take part in it."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import _


class HallState(StrEnum):
    """``scheduled`` is public; ``ended`` is its archive."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"


S = HallState
HALL_MOVES: dict[HallState, frozenset[HallState]] = {
    S.DRAFT: frozenset({S.SCHEDULED, S.DISCARDED}),
    S.SCHEDULED: frozenset({S.LIVE, S.CANCELLED}),
    S.LIVE: frozenset({S.ENDED}),
    S.ENDED: frozenset(),
    S.CANCELLED: frozenset(),
    S.DISCARDED: frozenset(),
}
#: whose page the public may read
READABLE = frozenset({S.SCHEDULED, S.LIVE, S.ENDED, S.CANCELLED})
#: what does not take place any more
OVER = frozenset({S.ENDED, S.CANCELLED, S.DISCARDED})
#: where people register, ask ahead and follow
OPEN_TO_PEOPLE = frozenset({S.SCHEDULED, S.LIVE})

HALL_STATE_NAMES = {
    S.DRAFT: _("Draft"),
    S.SCHEDULED: _("Upcoming"),
    S.LIVE: _("Live now"),
    S.ENDED: _("Ended"),
    S.CANCELLED: _("Cancelled"),
    S.DISCARDED: _("Discarded"),
}


class Entry(StrEnum):
    """Decision 17: who may ask, upvote and answer polls. ``open``: a browser's cookie, so not one per person."""

    REGISTERED = "registered"
    OPEN = "open"


ENTRY_NAMES = {
    Entry.REGISTERED: _("People who registered with a confirmed email address"),
    Entry.OPEN: _("Anyone who opens the page: results are not one per person"),
}


class Part(StrEnum):
    """What somebody of the staff is in one hall."""

    HOST = "host"
    MODERATOR = "moderator"
    SPEAKER = "speaker"


PART_NAMES = {Part.HOST: _("Host"), Part.MODERATOR: _("Moderator"), Part.SPEAKER: _("Speaker")}


class Video(StrEnum):
    """``hls``: played on the page; ``link``: a way out. Nothing of either loads before a click."""

    NONE = "none"
    HLS = "hls"
    LINK = "link"


class Place(StrEnum):
    """Where a participant stands. ``pending``: the address is not confirmed; ``waiting``: the hall is full.

    ``browser`` is somebody in an open hall who is known by a cookie alone.
    """

    PENDING = "pending"
    REGISTERED = "registered"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    BROWSER = "browser"


PLACE_STEPS: dict[Place, frozenset[Place]] = {
    Place.PENDING: frozenset({Place.REGISTERED, Place.WAITING, Place.CANCELLED}),
    Place.REGISTERED: frozenset({Place.CANCELLED}),
    Place.WAITING: frozenset({Place.REGISTERED, Place.CANCELLED}),
    Place.CANCELLED: frozenset({Place.PENDING, Place.REGISTERED, Place.WAITING}),  # registering again
    Place.BROWSER: frozenset(),
}
#: who may ask, upvote and answer polls
TAKES_PART = frozenset({Place.REGISTERED, Place.BROWSER})
PLACE_NAMES = {
    Place.PENDING: _("Address not confirmed yet"),
    Place.REGISTERED: _("Registered"),
    Place.WAITING: _("On the waiting list"),
    Place.CANCELLED: _("Cancelled"),
    Place.BROWSER: _("Takes part without registering"),
}
