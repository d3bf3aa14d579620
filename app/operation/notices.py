"""What every page says of switches that are on, and of notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from app.core import switches
from app.core.i18n import _
from app.core.notice import Notice
from app.core.switches import Switch
from app.operation import banners

_SENTENCES = {
    Switch.READ_ONLY: _("You can only read this site at the moment. Nothing can be sent."),
    Switch.COMMENTS: _("Comments are stopped at the moment."),
    Switch.SIGN_UP: _("New accounts cannot be made at the moment."),
}


def said(db: Session, now: datetime) -> Iterator[Notice]:
    """Switches first; while the site is read-only, that says it all."""
    on = switches.standing(db)
    shown = [Switch.READ_ONLY] if Switch.READ_ONLY in on else [s for s in Switch if s in on]
    for switch in shown:
        yield Notice(f"{_SENTENCES[switch]} {on[switch].message}".strip())
    yield from banners.said(db, now)
