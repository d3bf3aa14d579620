"""From an outbox row to a message: rooms say to whom and about what, templates say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from app.core.i18n import gettext_now, language, ngettext_now
from app.core.people.addresses import smtp_form
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


class Renderer:
    """Plain text first and only: one link that matters, no pictures, no other person's words."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
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

    def message(self, letter: Letter, envelope: Envelope) -> EmailMessage:
        """The same letter gives the same Message-ID and date each time it is tried."""
        token = language.set(letter.language)
        try:
            template = self.jinja.get_template(f"{letter.template}.txt")
            context = template.new_context({"facts": letter.facts, **envelope.values})
            subject = " ".join("".join(template.blocks["subject"](context)).split())
            body = template.render({"facts": letter.facts, **envelope.values})
        finally:
            language.reset(token)
        message = EmailMessage()
        message["From"] = self.settings.mail_from
        message["To"] = _recipient(envelope.address)
        message["Subject"] = subject
        message["Date"] = format_datetime(letter.created_at)
        message["Message-ID"] = f"<{letter.id}@{self._domain()}>"
        message["Auto-Submitted"] = "auto-generated"
        for name, value in envelope.headers.items():
            message[name] = value
        message.set_content(body.strip() + "\n", cte="8bit" if body.isascii() is False else None)
        return message

    def _domain(self) -> str:
        sender = parseaddr(self.settings.mail_from)[1]
        return sender.partition("@")[2] or urlsplit(self.settings.base_url).hostname or "localhost"


def _recipient(address: str) -> Address:
    """As a header value: the domain in ASCII, whatever the local part is."""
    local, _at, domain = smtp_form(address).rpartition("@")
    return Address(username=local, domain=domain)
