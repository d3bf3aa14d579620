"""A program is given a token: shown once, told to the department, on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.departments.queries import officers_of
from app.mail import service as mail
from app.tokens.model import Token
from app.tokens.policy import TokensPolicy
from app.tokens.queries import living
from app.tokens.rules import texts
from app.tokens.rules.wishes import Wish

ISSUED = "tokens/mail/issued"


class Dissolved(Conflict):
    code = "department-dissolved"
    title = _("This department was dissolved")
    message = _("Nobody acts for it, and no program either. Nothing was issued.")
    way_on = ("/admin/departments", _("Back to the departments"))


def issue(
    db: Session, department_id: int, wish: Wish, policy: TokensPolicy, *, by: int, now: datetime
) -> tuple[Token, str]:
    """The token with its text, which nobody can read again.

    A name says which program it is, so no two that work share one: whoever presses twice gets one token.
    """
    department = db.get(Department, department_id, with_for_update=True, populate_existing=True)
    if department is None:
        raise NotFound
    if department.dissolved_at is not None:
        raise Dissolved
    _check(living(db, department_id, now), wish, policy)
    text = texts.new_text()
    token = Token(
        department_id=department_id,
        name=wish.name,
        scopes=[str(scope) for scope in wish.scopes],
        digest=texts.digest(text),
        prefix=text[: texts.RECOGNISED],
        created_at=now,
        created_by_id=by,
        expires_at=now + timedelta(days=wish.days),
    )
    db.add(token)
    db.flush()
    facts = {"token": token.id}
    mail.queue(db, [mail.row(ISSUED, ("account", p), now, facts=facts) for p in officers_of(db, department_id)])
    said = {"department": department_id, "scopes": token.scopes, "days": wish.days}
    audit.record(db, "tokens.issue", SubjectRef("token", token.id), by=by, now=now, facts=said)
    return token, text


def _check(standing: Sequence[Token], wish: Wish, policy: TokensPolicy) -> None:
    if any(token.name.casefold() == wish.name.casefold() for token in standing):
        words = _("A token that works has this name. If nobody kept its text, revoke it first, or use another name.")
        raise Invalid([FieldError("name", words)])
    if len(standing) >= policy.most:
        words = _("The department has {most} tokens already. Revoke one that no program uses.")
        raise Invalid([FieldError("name", str(words).format(most=policy.most))])
