"""The letter that invites a member of staff to set their password."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.service.inviting import INVITATION, token
from app.core.security.keys import Keys
from app.mail.model import Letter
from app.mail.render import Composer, Envelope


def composers(keys: Keys, base_url: str) -> Mapping[str, Composer]:
    """Nobody is invited to an account that was shut meanwhile."""

    def invitation(db: Session, letter: Letter) -> Envelope | None:
        account = db.get(Account, letter.recipient_id)
        if account is None or account.email is None or account.disabled_at is not None:
            return None
        link = f"{base_url}/set-password/{token(keys, letter.id)}"
        return Envelope(account.email, {"name": account.name, "role": account.role, "link": link})

    return {INVITATION: invitation}
