"""The form of somebody who registers: ``name``, ``email``, ``notify``, ``privacy``."""

from __future__ import annotations

from app.accounts.rules.names import read_shown_name
from app.core.i18n import _, language
from app.core.people.addresses import read_address
from app.core.web.forms import Form
from townhall.service.registering import Wish

PRIVACY_VERSION = "1"
_YES = frozenset({"true", "yes", "on", "1"})


def read_wish(form: Form) -> Wish | None:
    """What was asked for, checked, or None with every fault in ``form.errors``."""
    name, address = form.read("name", read_shown_name), form.read("email", read_address)
    if form.get("privacy") != PRIVACY_VERSION:
        form.refuse("privacy", _("The privacy notice has changed. Load the form again and read it."))
    if form.errors or name is None or address is None:
        return None
    return Wish(name, address, is_yes(form.get("notify")), PRIVACY_VERSION, language.get())


def is_yes(text: str) -> bool:
    return text.strip().lower() in _YES
