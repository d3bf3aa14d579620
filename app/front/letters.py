"""``/dev/mail``: the letters of a demo, so that a whole journey can be walked with a browser alone."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from app.accounts.guards import anyone
from app.core.errors import NotFound

MOST = 100
_NAME = re.compile(r"[0-9]{1,20}\Z")


@dataclass(frozen=True)
class ShownLetter:
    """One ``.eml`` as a reader sees it."""

    id: str
    to: str
    subject: str
    sent_at: datetime
    body_text: str


@get("/dev/mail", name="front.dev-mail", guards=[anyone], sync_to_thread=True)
def dev_mail(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The newest hundred letters; ``?to=`` keeps those to one address."""
    folder = _folder(request)
    wanted = request.query_params.get("to", "").strip().lower()
    files = sorted(folder.glob("*.eml"), key=lambda p: p.name, reverse=True) if folder.is_dir() else []
    letters = []
    for file in files:
        letter = _read(file)
        if not wanted or wanted in letter.to.lower():
            letters.append(letter)
        if len(letters) == MOST:
            break
    response: Response[bytes] = request.app.state.pages.personal("front/dev_mail.html", letters=letters)
    return response


@get("/dev/mail/{letter_id:str}", name="front.dev-mail-letter", guards=[anyone], sync_to_thread=True)
def dev_letter(request: Request[Any, Any, Any], letter_id: FromPath[str]) -> Response[bytes]:
    folder = _folder(request)
    if not _NAME.match(letter_id) or not (file := folder / f"{letter_id}.eml").is_file():
        raise NotFound
    response: Response[bytes] = request.app.state.pages.personal("front/dev_mail_letter.html", letter=_read(file))
    return response


def _folder(request: Request[Any, Any, Any]) -> Path:
    settings = request.app.state.settings
    if not settings.shows_letters:
        raise NotFound
    folder: Path = settings.mail_folder
    return folder


def _read(file: Path) -> ShownLetter:
    message: EmailMessage = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)  # type: ignore[assignment]
    return ShownLetter(
        id=file.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=message["Date"].datetime,
        body_text=message.get_content(),
    )


HANDLERS = [dev_mail, dev_letter]
