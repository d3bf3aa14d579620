"""What a mail server's status codes (RFC 3463) say of a mailbox.

``5.x.x`` is for good, and the mailbox is to blame unless the code speaks of something else: of us
as the sender, of this one letter, of a rule of theirs, or of a state that passes. Those are soft:
they come and go, and a block of our server at one provider must not silence its customers.
"""

from __future__ import annotations

import re
from enum import StrEnum

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?:^|[;\s])([45]\d\d)[\s-]")
_SOFT = frozenset(
    {
        "5.1.7",  # our own address is malformed
        "5.1.8",  # our own domain is not known there
        "5.2.2",  # the mailbox is full
        "5.2.3",  # this letter is too long for it
        "5.3.4",  # this letter is too big for the server
        "5.4.6",  # a loop between servers
        "5.4.7",  # tried for too long: the server was away
    }
)
#: protocol, content, and policy (reputation, spam filters, SPF and DKIM): about us or the letter
_SOFT_CLASSES = ("5.5.", "5.6.", "5.7.")
_OVER_QUOTA = "5.2.2"


class Weight(StrEnum):
    HARD = "hard"
    SOFT = "soft"


def weigh(status: str) -> Weight:
    """Hard: no letter will ever arrive there. Anything unknown is soft."""
    if not status.startswith("5.") or status in _SOFT or status.startswith(_SOFT_CLASSES):
        return Weight.SOFT
    return Weight.HARD


def status_in(words: str) -> str:
    """The first enhanced code in what a server says, such as ``5.1.1``; empty where there is none."""
    found = _STATUS.search(words)
    return ".".join(found.groups()) if found else ""


def exact_status(status: str, diagnosis: str) -> str:
    """The code of a report; where it says no more than its class, what the other server's words say."""
    code, said = status_in(status), status_in(diagnosis)
    if code and not code.endswith(".0.0"):
        return code
    if said and (not code or said[0] == code[0]):
        return said
    reply = _REPLY.search(diagnosis)
    if reply and reply[1] == "552":  # "exceeded storage allocation", from before enhanced codes
        return _OVER_QUOTA
    return code or (f"{reply[1][0]}.0.0" if reply else "")


def blames_mailbox(status: str) -> bool:
    """While a letter is handed over: the server says that there is no such address (``5.1.x``)."""
    return status.startswith("5.1.") and weigh(status) is Weight.HARD
