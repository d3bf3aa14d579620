"""Who may do what with webhooks."""

from app.accounts.rules.acts import ADMINISTRATORS, Allowed

ACTS = (
    Allowed("webhooks.see", ADMINISTRATORS),
    Allowed("webhooks.send", ADMINISTRATORS),
    Allowed("webhooks.change", ADMINISTRATORS, fresh=True),
)
