"""Who issues tokens, sees them and ends them. What tokens themselves may do stands with the acts, as their scope."""

from app.accounts.rules.acts import ADMINISTRATORS, OFFICERS, Allowed

ACTS = (
    Allowed("tokens.see", ADMINISTRATORS),
    Allowed("tokens.issue", ADMINISTRATORS, fresh=True),
    Allowed("tokens.revoke", ADMINISTRATORS),
    Allowed("tokens.mine", OFFICERS),
    Allowed("tokens.revoke-mine", OFFICERS),
)
