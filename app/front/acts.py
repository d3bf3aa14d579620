"""Who may do what in the administration."""

from app.accounts.rules.acts import ADMINISTRATORS, Allowed

ACTS = (
    Allowed("front.admin", ADMINISTRATORS),
    Allowed("front.departments", ADMINISTRATORS),
    Allowed("front.departments-change", ADMINISTRATORS, fresh=True),
    Allowed("front.banners", ADMINISTRATORS, fresh=True),
    Allowed("front.words", ADMINISTRATORS),
    Allowed("front.switches", ADMINISTRATORS),
    Allowed("front.breach", ADMINISTRATORS, fresh=True),
    Allowed("front.audit", ADMINISTRATORS),
    Allowed("front.letters", ADMINISTRATORS),
    Allowed("front.suppression", ADMINISTRATORS),
)
