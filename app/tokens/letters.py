"""Letters about tokens: to a department's officers, and to whoever issued one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.departments.model import Department
from app.departments.queries import of_officer
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from app.tokens.model import Token
from app.tokens.rules.scopes import SCOPE_NAMES, Scope
from app.tokens.service.issuing import ISSUED
from app.tokens.service.telling import EXPIRES


@dataclass(frozen=True)
class TokenLetters:
    base_url: str

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {ISSUED: self.of_token, EXPIRES: self.of_token}

    def of_token(self, db: Session, letter: Letter) -> Envelope | None:
        """None once it has ended, and for who has nothing to do with its department any more."""
        token, account = db.get(Token, letter.facts["token"]), db.get(Account, letter.recipient_id)
        if token is None or token.ended_at is not None:
            return None
        if account is None or account.email is None or account.disabled_at is not None:
            return None
        path = _path(db, account, token)
        if path is None:
            return None
        values = {
            "name": account.name,
            "token": token,
            "department": db.get_one(Department, token.department_id),
            "may": [SCOPE_NAMES[Scope(scope)][0] for scope in token.scopes],
            "link": self.base_url + path,
        }
        return Envelope(account.email, values)


def _path(db: Session, account: Account, token: Token) -> str | None:
    if account.role == Role.ADMINISTRATOR:
        return f"/admin/departments/{token.department_id}/tokens/{token.id}"
    department = of_officer(db, account.id)
    mine = department is not None and department.id == token.department_id
    return f"/desk/tokens/{token.id}" if account.role == Role.OFFICER and mine else None
