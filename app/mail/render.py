"""From an outbox row to a message: rooms say to whom and about what, templates say it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from app.core.i18n import gettext_now, language, ngettext_now
from app.core.people.addresses import smtp_form
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.core.web.page import TEMPLATES, number
from app.mail.model import Letter


@dataclass(frozen=True)
class Envelope:
    """To whom, and what the template needs. ``address`` never appears in a log."""

    address: str
    values: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


#: works out a row's envelope when it is sent; None where its recipient has gone or wants no letter
Composer = Callable[[Session, Letter], Envelope | None]


class LetterPolicy(EmailPolicy):
    """Leaves the addresses in ``List-…`` headers as they are, on one line.

    The library would turn one that is longer than 78 characters into encoded words, which mail
    programs do not read there; a line may have 998.
    """

    def fold(self, name: str, value: str) -> str:
        if self._stays(name, value):
            return f"{name}: {value}{self.linesep}"
        return super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii") if self._stays(name, value) else super().fold_binary(name, value)

    def _stays(self, name: str, value: str) -> bool:
        return name.lower().startswith("list-") and value.isascii() and value.isprintable() and len(value) < 900


_POLICY = LetterPolicy()
_NAMED = re.compile(r"(?<!\d)(\d{1,19})\.([0-9a-f]{16})@")


def message_name(keys: Keys, letter_id: int) -> str:
    """The part of a Message-ID before the @: the letter's number, and a proof that only this site can write.

    Numbers can be guessed; without the proof a stranger could report a letter to somebody else as bounced.
    """
    return f"{letter_id}.{keys.proof('message-id', letter_id.to_bytes(8, 'big'))[:8].hex()}"


def letter_named(keys: Keys, text: str) -> int | None:
    """The first letter of ours whose Message-ID stands in this header."""
    for found in _NAMED.finditer(text):
        number = int(found[1])
        if number < 2**63 and hmac.compare_digest(message_name(keys, number), f"{number}.{found[2]}"):
            return number
    return None


class Renderer:
    """Plain text first and only: one link that matters, no pictures, no other person's words."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.keys = settings, Keys(settings.secret_key)
        self.jinja = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=False,  # noqa: S701  plain text, never HTML
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.jinja.install_gettext_callables(gettext_now, ngettext_now, newstyle=True)  # type: ignore[attr-defined]
        self.jinja.globals.update(
            site_name=settings.site_name, base_url=settings.base_url, contact_email=settings.contact_email
        )
        self.jinja.filters["number"] = number

    def add_filters(self, **filters: Callable[..., Any]) -> None:
        self.jinja.filters.update(filters)

    def message(self, letter: Letter, envelope: Envelope, keys: Keys | None = None) -> EmailMessage:
        """The same letter gives the same Message-ID each time it is tried; ``keys``: of the newest generation.

        Its date is the instant from which it may leave: one that waited for its window, or for a server that was
        down, is not hours old when it arrives.
        """
        token = language.set(letter.language)
        try:
            subject, body = self.words(letter.template, {"facts": letter.facts, **envelope.values})
        finally:
            language.reset(token)
        message = EmailMessage(policy=_POLICY)
        message["From"] = self.settings.mail_from
        message["To"] = _recipient(envelope.address)
        message["Subject"] = subject
        message["Date"] = format_datetime(letter.due_at)
        message["Message-ID"] = f"<{message_name(keys or self.keys, letter.id)}@{self._domain()}>"
        message["Auto-Submitted"] = "auto-generated"
        for name, value in envelope.headers.items():
            message[name] = value
        message.set_content(body + "\n", cte="8bit" if body.isascii() is False else None)
        return message

    def words(self, name: str, values: Mapping[str, Any]) -> tuple[str, str]:
        """What stands in a letter: its subject, and its text without blank edges."""
        template = self.jinja.get_template(f"{name}.txt")
        context = template.new_context(dict(values))
        subject = " ".join("".join(template.blocks["subject"](context)).split())
        return subject, template.render(values).strip()

    def _domain(self) -> str:
        sender = parseaddr(self.settings.mail_from)[1]
        return sender.partition("@")[2] or urlsplit(self.settings.base_url).hostname or "localhost"


def _recipient(address: str) -> Address:
    """As a header value: the domain in ASCII, whatever the local part is."""
    local, _at, domain = smtp_form(address).rpartition("@")
    return Address(username=local, domain=domain)
