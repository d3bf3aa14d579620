"""A response's life, where it came from, and what its writer agreed to."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import _


class ResponseState(StrEnum):
    """``pending``: its address is not confirmed. ``submitted`` counts. ``rejected``: abuse; kept, excluded, with a reason."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    REPLACED = "replaced"  # its words are a version of an earlier response of the same address


S = ResponseState
RESPONSE_MOVES: dict[ResponseState, frozenset[ResponseState]] = {
    S.PENDING: frozenset({S.SUBMITTED, S.WITHDRAWN, S.REPLACED}),
    S.SUBMITTED: frozenset({S.WITHDRAWN, S.REJECTED}),
    S.REJECTED: frozenset({S.SUBMITTED}),
    S.WITHDRAWN: frozenset(),
    S.REPLACED: frozenset(),
}
RESPONSE_NAMES = {
    S.PENDING: _("Not yet confirmed"),
    S.SUBMITTED: _("Counted"),
    S.WITHDRAWN: _("Withdrawn"),
    S.REJECTED: _("Left out as abuse"),
    S.REPLACED: _("Part of an earlier response"),
}


class Channel(StrEnum):
    WEB = "web"
    PAPER = "paper"
    EMAIL = "email"
    PHONE = "phone"
    MEETING = "meeting"


CHANNEL_NAMES = {
    Channel.WEB: _("This site"),
    Channel.PAPER: _("Paper"),
    Channel.EMAIL: _("Email"),
    Channel.PHONE: _("Telephone"),
    Channel.MEETING: _("Meeting"),
}


class Consent(StrEnum):
    """What may be published. The strictest stands last; see :func:`may_become`."""

    NAMED = "named"
    ANONYMOUS = "anonymous"
    NONE = "none"


CONSENT_NAMES = {
    Consent.NAMED: _("Publish my response with my name"),
    Consent.ANONYMOUS: _("Publish my response without my name"),
    Consent.NONE: _("Do not publish my response"),
}
_STRICTNESS = list(Consent)


def may_become(given: Consent, wanted: Consent) -> bool:
    """A promise of privacy, once given, is never weakened: consent may only grow stricter, by anyone but its writer;
    and its writer, too, asks for it anew in words before that."""
    return _STRICTNESS.index(wanted) >= _STRICTNESS.index(given)


class Publishing(StrEnum):
    """Where a response stands on its way to the public. Without consent it never is ``ready`` or ``published``."""

    WAITING = "waiting"
    READY = "ready"
    PUBLISHED = "published"
    WITHHELD = "withheld"


PUBLISHING_NAMES = {
    Publishing.WAITING: _("Not looked at"),
    Publishing.READY: _("Ready to publish"),
    Publishing.PUBLISHED: _("Published"),
    Publishing.WITHHELD: _("Withheld"),
}
