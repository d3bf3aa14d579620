"""Who may see what is on record about areas."""

from app.accounts.rules.acts import ADMINISTRATORS, Allowed

ACTS = (Allowed("areas.see", ADMINISTRATORS),)
