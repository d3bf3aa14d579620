"""Who may record what about the service."""

from app.accounts.rules.acts import ADMINISTRATORS, Allowed

ACTS = (Allowed("performance.accessibility", ADMINISTRATORS),)
