"""How the letters are made that tell the owner of an account what was done with it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.telling import LetterAbout
from app.mail.model import Letter
from app.mail.render import Composer, Envelope


class AccountLetters:
    """Composers for these templates."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {about.value: self.to_owner for about in LetterAbout}

    def to_owner(self, db: Session, letter: Letter) -> Envelope | None:
        """None once the account is erased."""
        account = db.get(Account, letter.recipient_id)
        if account is None or account.email is None:
            return None
        values = {"at": letter.created_at, "sessions_link": f"{self.base_url}/account/sessions"}
        return Envelope(account.email, values)
