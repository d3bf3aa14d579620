"""The letter to administrators: an address was switched off."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from app.webhooks.model import Endpoint
from app.webhooks.rules.answers import EndpointState
from app.webhooks.rules.targets import split
from app.webhooks.service.settling import SWITCHED_OFF


@dataclass(frozen=True)
class WebhooksLetters:
    base_url: str

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {SWITCHED_OFF: self.switched_off}

    def switched_off(self, db: Session, letter: Letter) -> Envelope | None:
        """None where it is on again or was deleted, and for who is no administrator any more."""
        endpoint, account = db.get(Endpoint, letter.facts["endpoint"]), db.get(Account, letter.recipient_id)
        if endpoint is None or endpoint.state != EndpointState.OFF:
            return None
        if account is None or account.email is None or account.disabled_at is not None:
            return None
        if account.role != Role.ADMINISTRATOR:
            return None
        link = f"{self.base_url}/admin/webhooks/{endpoint.id}"
        host = split(endpoint.url).authority
        return Envelope(account.email, {"name": account.name, "link": link, "endpoint": endpoint, "host": host})
