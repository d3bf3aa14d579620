"""Who may see what is on record about areas, and who may bring files in."""

from app.accounts.rules.acts import ADMINISTRATORS, Allowed

ACTS = (
    Allowed("areas.see", ADMINISTRATORS),
    Allowed("areas.import", ADMINISTRATORS, fresh=True),
)
