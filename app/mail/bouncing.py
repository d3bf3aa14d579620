"""What mail servers report about letters: delivery reports (RFC 3464, 6533) and complaints (RFC 5965).

Anyone can write to the address that reports come to. So a report counts only where it names a
letter by the Message-ID that we alone can write, and the address that this letter went to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import HeaderParser
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.security.keys import Keys
from app.mail import suppression
from app.mail.mailbox import address_of
from app.mail.model import BOUNCED, Letter, LetterState
from app.mail.render import letter_named
from app.mail.statuses import Weight, exact_status, weigh

MOST_BYTES = 1024 * 1024
COMPLAINT = "complaint"
#: how deep reports are wrapped in other messages' parts, and how much of one is looked at
_DEEPEST, _MOST_PARTS, _MOST_HEADER, _MOST_BLOCKS = 4, 50, 65_536, 100
_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_PARTS = frozenset(
    {"message/rfc822", "message/global", "message/global-headers", "text/rfc822-headers", "message/rfc822-headers"}
)
_COMPLAINT_PART = "message/feedback-report"
#: feedback that accuses nobody
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dkim"})
_BLANK = re.compile(r"\n[ \t]*\n")
_CODE_POINT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")

#: the address of one row of a kind, where it is still known
AddressOf = Callable[[Session, int], str | None]


class NotUnderstood(Exception):
    """Neither a delivery report nor a complaint."""


@dataclass(frozen=True)
class Fate:
    """What became of a letter for one recipient: ``action`` as in RFC 3464, ``status`` such as ``5.1.1``."""

    addresses: tuple[str, ...]
    action: str
    status: str = ""


@dataclass(frozen=True)
class Report:
    """``names``: headers that may hold our Message-ID, the surest first."""

    names: tuple[str, ...]
    fates: tuple[Fate, ...]


@dataclass(frozen=True)
class _Part:
    kind: str
    text: str


def read_report(raw: bytes) -> Report:
    """A message as it came in; raises :class:`NotUnderstood`, and nothing else for any bytes."""
    try:
        return _read(raw)
    except NotUnderstood:
        raise
    except Exception as fault:  # the library's parser is not proof against everything that strangers write
        raise NotUnderstood from fault


def settle(db: Session, keys: Keys, recipients: Mapping[str, AddressOf], report: Report, now: datetime) -> list[str]:
    """Act on a report; answers a line for each thing done or ignored, without an address."""
    number = next((n for name in report.names if (n := letter_named(keys, name)) is not None), None)
    if number is None:
        return ["ignored: it names no letter of this site"]
    letter = db.scalars(select(Letter).where(Letter.id == number).with_for_update()).one_or_none()
    if letter is None:
        return [f"ignored: letter {number} was forgotten"]
    if not _has_left(letter):
        return [f"ignored: letter {number} has not left"]
    find = recipients.get(letter.recipient_kind)
    address = find(db, letter.recipient_id) if find else None
    if not address:
        return [f"ignored: who got letter {number} is no longer known"]
    fates = [fate for fate in report.fates if any(_is_same(address, told) for told in fate.addresses)]
    if not fates:
        return [f"ignored: letter {number} went to another address than the report says"]
    return [_note(db, keys, letter, address, fate, now) for fate in fates]


def _note(db: Session, keys: Keys, letter: Letter, address: str, fate: Fate, now: datetime) -> str:
    """One recipient's fate. A report that comes twice counts once."""
    fault = f"{BOUNCED} {fate.status}".rstrip()
    if fate.action == COMPLAINT:
        if letter.fault == COMPLAINT:
            return f"letter {letter.id}: complaint, known already"
        suppression.note_complaint(db, keys, address, COMPLAINT, now)
        letter.fault = COMPLAINT
        return f"letter {letter.id}: complaint noted, no more news to its address"
    if fate.action != "failed":
        return f"letter {letter.id}: {fate.action or 'no action'}, nothing to do"
    if letter.fault == fault:
        return f"letter {letter.id}: {fault}, known already"
    letter.fault = fault
    if weigh(fate.status) is Weight.HARD:
        suppression.note_hard(db, keys, address, fault, now)
        letter.state, letter.settled_at, letter.claimed_until = LetterState.DEAD, now, None
        return f"letter {letter.id}: {fault}, no more letters to its address"
    count = suppression.note_soft(db, keys, address, fault, now)
    return f"letter {letter.id}: {fault}, noted ({count} of {suppression.SOFT_MOST} in 14 days)"


def _has_left(letter: Letter) -> bool:
    """A report may be faster than the postman's own note that the letter is sent."""
    if letter.state == LetterState.WAITING:
        return letter.claimed_until is not None
    return letter.state in (LetterState.SENT, LetterState.DEAD)


def _is_same(address: str, told: str) -> bool:
    return bool(told) and address_of(address).display.lower() == address_of(told).display.lower()


# reading


def _read(raw: bytes) -> Report:
    whole = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    head = _headers(whole)
    parts = list(islice(_parts(whole, 0), _MOST_PARTS))
    returned = [_headers(part.text) for part in parts if part.kind in _RETURNED_PARTS]
    names = [str(message.get("Message-ID", "")) for message in returned]
    statuses = [block for part in parts if part.kind in _STATUS_PARTS for block in _blocks(part.text)]
    complaints = [_headers(part.text) for part in parts if part.kind == _COMPLAINT_PART]
    names += [str(block.get("X-Original-Message-ID", "")) for block in statuses]
    names += [str(head.get("In-Reply-To", "")), str(head.get("References", ""))]
    fates = [_fate(block) for block in statuses if "Final-Recipient" in block or "Original-Recipient" in block]
    fates += [_complaint(feedback, returned) for feedback in complaints]
    if not fates:
        raise NotUnderstood
    return Report(tuple(name for name in names if name), tuple(fates))


def _fate(block: Message) -> Fate:
    told = (str(block.get(name, "")) for name in ("Original-Recipient", "Final-Recipient"))
    action = re.search(r"[a-z]+", str(block.get("Action", "")).lower())
    status = exact_status(str(block.get("Status", "")), str(block.get("Diagnostic-Code", "")))
    return Fate(tuple(_address(text) for text in told if text), action[0] if action else "", status)


def _complaint(feedback: Message, returned: list[Message]) -> Fate:
    """Where the recipient is not said, the letter that came back has it in its To."""
    kind = str(feedback.get("Feedback-Type", "")).strip().lower()
    told = [_address(str(text)) for text in feedback.get_all("Original-Rcpt-To", [])]
    told = told or [_address(str(message.get("To", ""))) for message in returned]
    return Fate(tuple(told), kind if kind in _NO_COMPLAINT else COMPLAINT)


def _address(field: str) -> str:
    """``rfc822; omar@example.org``, ``utf-8; jürgen@…`` or its escaped form, or the address alone."""
    address = field.rpartition(";")[2]
    address = _CODE_POINT.sub(lambda found: _character(found[1]), address)
    return "".join(address.split()).strip("<>")


def _character(code: str) -> str:
    number = int(code, 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number < 0x11_0000 else ""


def _parts(text: str, depth: int) -> Iterator[_Part]:
    """The leaves of a message, decoded; what a returned letter holds is not looked into."""
    head = _headers(text)
    boundary = head.get_boundary()
    body = _body(text)
    if head.get_content_maintype() == "multipart" and boundary and depth < _DEEPEST:
        for chunk in _split(body, str(boundary))[:_MOST_PARTS]:
            yield from _parts(chunk, depth + 1)
    else:
        yield _Part(head.get_content_type(), _decoded(head, body))


def _split(body: str, boundary: str) -> list[str]:
    """Between the boundary's lines; a report that was cut off has no last one."""
    line = re.escape("--" + boundary)
    inside = re.split(rf"(?m)^{line}--[ \t]*$", body, maxsplit=1)[0]
    return [chunk.removeprefix("\n") for chunk in re.split(rf"(?m)^{line}[ \t]*$", inside)[1:]]


def _decoded(head: Message, body: str) -> str:
    if str(head.get("Content-Transfer-Encoding", "")).strip().lower() not in ("base64", "quoted-printable"):
        return body
    head.set_payload(body.encode("ascii", "replace").decode("ascii"))
    plain = head.get_payload(decode=True)
    return plain.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(plain, bytes) else ""


def _headers(text: str) -> Message:
    found = _BLANK.search("\n" + text, 0, _MOST_HEADER)
    return HeaderParser().parsestr(text[: found.start()] if found else text[:_MOST_HEADER])


def _body(text: str) -> str:
    found = _BLANK.search("\n" + text)
    return text[found.end() - 1 :] if found else ""


def _blocks(text: str) -> list[Message]:
    chunks = (chunk.strip("\n") for chunk in _BLANK.split(text.strip("\n")))
    return [HeaderParser().parsestr(chunk[:_MOST_HEADER]) for chunk in chunks if chunk.strip()][:_MOST_BLOCKS]
