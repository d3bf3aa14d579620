"""Who may answer for a department; which department it is, the service asks."""

from app.accounts.rules.acts import OFFICERS, Allowed

ACTS = (
    Allowed("outcomes.desk", OFFICERS),
    Allowed("outcomes.answer", OFFICERS),
)
