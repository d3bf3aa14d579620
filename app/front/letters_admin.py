"""What administrators do about letters: those that could not be delivered, and addresses that get none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.audit import service as audit
from app.core.errors import BadField, NotFound
from app.core.i18n import _
from app.core.paging import A_PAGE, Page, read_page
from app.core.people.addresses import Address, read_address
from app.core.subject import SubjectRef
from app.core.text.plain import tidy_line
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.mail import queries as mail
from app.mail import service as letters
from app.mail import suppression
from app.mail.mailbox import mailbox_key
from app.mail.model import Suppression
from app.mail.suppression import Kind

ADDRESSES = "/admin/suppression"
REASON_MOST = 200
_MAILBOX_BYTES = 32


@get("/admin/letters", name="front.admin-letters", guards=[may("front.letters")], sync_to_thread=True)
def dead_letters(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Letters given up, without their recipients' addresses."""
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_letters.html",
        staff=account,
        letters=mail.dead_letters(db),
        waiting=mail.count_waiting(db),
        stopped=suppression.count_stopped(db),
    )
    return response


@post(
    "/admin/letters/{letter_id:int}/retry",
    name="front.admin-letters.retry",
    guards=[may("front.letters")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def retry_letter(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    letter_id: FromPath[int],
) -> Response[Any]:
    now = request.app.state.clock.now()
    if letters.try_again(db, letter_id, now):
        audit.record(db, "letters.retry", SubjectRef("letter", letter_id), by=account.id, now=now)
    return see_other("/admin/letters")


@get(ADDRESSES, name="front.admin-suppression", guards=[may("front.suppression")], sync_to_thread=True)
def stopped_addresses(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Newest first, masked; after a change what was done, with its undo."""
    query = request.query_params
    return _listed(
        request,
        db,
        account,
        page=read_page(query.get("page", "")),
        lifted=_known(query.get("lifted", "")),
        stopped="stopped" in query,
    )


@post(
    f"{ADDRESSES}/find",
    name="front.admin-suppression.find",
    guards=[may("front.suppression")],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def find_address(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[bytes]:
    """Whether letters to one address are stopped; by POST, so that the address stays out of logs and histories."""
    state = request.app.state
    looked_for = Form(values={"address": form.get("address", "")})
    address = looked_for.read("address", _read_address)
    if address is None:
        return _listed(request, db, account, finding=looked_for, status=422)
    found = suppression.found(db, state.keyring, address)
    audit.record(
        db, "suppression.find", _subject(mailbox_key(state.keyring, address)), by=account.id, now=_now(request)
    )
    return _listed(request, db, account, finding=looked_for, found=found)


@post(
    ADDRESSES,
    name="front.admin-suppression.add",
    guards=[may("front.suppression")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def stop_address(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """No more letters of any kind to an address, for a reason."""
    keys, now = request.app.state.keyring, _now(request)
    adding = Form(values={name: form.get(name, "") for name in ("email", "reason")})
    address, reason = adding.read("email", _read_address), adding.read("reason", _read_reason)
    if address is None or reason is None:
        return _listed(request, db, account, adding=adding, status=422)
    row = suppression.stop_by_hand(db, keys, address, reason, now)
    _record(db, "suppression.add", row, account, now)
    return see_other(f"{ADDRESSES}?stopped")


@post(
    f"{ADDRESSES}/{{mailbox:str}}/lift",
    name="front.admin-suppression.lift",
    guards=[may("front.suppression")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def lift(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    mailbox: FromPath[str],
) -> Response[Any]:
    """Letters go there again."""
    now = _now(request)
    row = suppression.lift(db, _mailbox(mailbox), now)
    if row is None:
        return see_other(ADDRESSES)
    _record(db, "suppression.lift", row, account, now)
    return see_other(f"{ADDRESSES}?lifted={mailbox}")


@post(
    f"{ADDRESSES}/{{mailbox:str}}/stop",
    name="front.admin-suppression.stop",
    guards=[may("front.suppression")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def stop_again(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    mailbox: FromPath[str],
) -> Response[Any]:
    """The undo of :func:`lift`."""
    now = _now(request)
    row = suppression.stop_again(db, _mailbox(mailbox), now)
    if row is not None:
        _record(db, "suppression.stop", row, account, now)
    return see_other(f"{ADDRESSES}?stopped")


def _listed(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    *,
    page: int = 1,
    finding: Form | None = None,
    adding: Form | None = None,
    found: Any = None,
    lifted: str = "",
    stopped: bool = False,
    status: int = 200,
) -> Response[bytes]:
    keys = request.app.state.keyring
    rows, total = suppression.listed(db, offset=(page - 1) * A_PAGE, most=A_PAGE)
    paging = Page(rows, total, page, ADDRESSES, {})
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_suppression.html",
        status=status,
        staff=account,
        paging=paging,
        address=lambda row: suppression.masked_address(keys, row),
        finding=finding or Form(),
        adding=adding or Form(),
        found=found,
        lifted=lifted,
        stopped=stopped,
        soft_most=suppression.SOFT_MOST,
    )
    return response


def _record(db: Session, act: str, row: Suppression, account: Account, now: datetime) -> None:
    """Which kind of reason; the reason's words stay on the row, because they may name somebody."""
    audit.record(db, act, _subject(row.mailbox), by=account.id, now=now, facts={"kind": str(Kind(row.kind))})


def _subject(mailbox: bytes) -> SubjectRef:
    """A mailbox has no number of its own: eight bytes of its keyed digest tell it from others."""
    return SubjectRef("mailbox", int.from_bytes(mailbox[:8], "big") >> 1)


def _mailbox(text: str) -> bytes:
    """A mailbox's digest from an address of ours; anything else is no page."""
    if not _known(text):
        raise NotFound
    return bytes.fromhex(text)


def _known(text: str) -> str:
    """The digest in hex, or nothing."""
    is_hex = len(text) == 2 * _MAILBOX_BYTES and all(letter in "0123456789abcdef" for letter in text)
    return text if is_hex else ""


def _read_address(text: str) -> Address:
    if not text.strip():
        raise BadField(str(_("Enter an email address")))
    return read_address(text)


def _read_reason(text: str) -> str:
    reason = tidy_line(text)
    if not reason:
        raise BadField(str(_("Say why letters to this address stop")))
    if len(reason) > REASON_MOST:
        raise BadField(str(_("The reason must be 200 characters or fewer")))
    return reason


def _now(request: Request[Any, Any, Any]) -> datetime:
    now: datetime = request.app.state.clock.now()
    return now


HANDLERS = [dead_letters, retry_letter, stopped_addresses, find_address, stop_address, lift, stop_again]
