"""How a letter leaves: as a file for demo and tests, or to a mail server."""

from __future__ import annotations

import os
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.mail.statuses import status_in


class Refused(Exception):
    """The server will never take this letter; ``status`` is its enhanced code, where it gave one."""

    def __init__(self, words: str, status: str = "") -> None:
        super().__init__(words)
        self.status = status


class TryLater(Exception):
    """The server did not take this letter now."""


class ServerGone(Exception):
    """There is no server to ask: no letter is to blame."""


class Transport(Protocol):
    def send(self, message: EmailMessage, name: str) -> None:
        """Hand over one letter; ``name`` is the same for every attempt at it."""

    def close(self) -> None: ...


class FileTransport:
    """One ``.eml`` a letter. A repeat after a crash overwrites its own file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage, name: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        half = self.folder / f".{name}.half"
        try:
            half.write_bytes(message.as_bytes())
            os.replace(half, self.folder / f"{name}.eml")
        except OSError as fault:
            raise ServerGone(str(fault)) from fault

    def close(self) -> None:
        """Nothing is held open."""


class SmtpTransport:
    """A kept connection to a mail server; ``smtp://`` upgrades by STARTTLS where it is offered."""

    def __init__(self, url: str, timeout: float = 20.0) -> None:
        self.parts, self.timeout = urlsplit(url), timeout
        self.must_encrypt = parse_qs(self.parts.query).get("starttls", [""])[0] == "required"
        self._server: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, name: str) -> None:
        server = self._server or self._connect()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            raise _answered("recipient refused with", *next(iter(refused.recipients.values()))) from refused
        except smtplib.SMTPServerDisconnected as gone:  # every SMTPException is an OSError: this order matters
            self.close()
            raise ServerGone(type(gone).__name__) from gone
        except smtplib.SMTPResponseException as answer:
            self.close()
            words = answer.smtp_error if isinstance(answer, smtplib.SMTPDataError) else b""
            raise _answered("answered", answer.smtp_code, words) from answer
        except smtplib.SMTPException as fault:
            self.close()
            raise TryLater(type(fault).__name__) from fault
        except OSError as gone:
            self.close()
            raise ServerGone(type(gone).__name__) from gone

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()

    def _connect(self) -> smtplib.SMTP:
        host, safe = self.parts.hostname or "localhost", ssl.create_default_context()
        try:
            if self.parts.scheme == "smtps":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    host, self.parts.port or 465, timeout=self.timeout, context=safe
                )
            else:
                server = smtplib.SMTP(host, self.parts.port or 25, timeout=self.timeout)
                self._encrypt(server, safe)
            if self.parts.username:
                server.login(unquote(self.parts.username), unquote(self.parts.password or ""))
        except (smtplib.SMTPException, OSError) as gone:
            raise ServerGone(type(gone).__name__) from gone
        self._server = server
        return server

    def _encrypt(self, server: smtplib.SMTP, safe: ssl.SSLContext) -> None:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=safe)
            server.ehlo()
        elif self.must_encrypt or self.parts.username:
            server.close()
            raise smtplib.SMTPNotSupportedError("no STARTTLS: a password will not be sent in clear")


def _answered(what: str, code: int, words: bytes | str) -> Refused | TryLater:
    """The codes alone: a server's words quote addresses."""
    status = status_in(words.decode("ascii", "replace") if isinstance(words, bytes) else words)
    said = f"{what} {code} {status}".rstrip()
    return Refused(said, status) if code >= 500 else TryLater(said)


def transport_for(url: str) -> Transport:
    """``file:///dir``, ``smtp://user:pw@host:port`` or ``smtps://…``."""
    parts = urlsplit(url)
    return FileTransport(Path(unquote(parts.path))) if parts.scheme == "file" else SmtpTransport(url)
