"""Who may answer for a department, and who watches over all of them; which department it is, the service asks."""

from app.accounts.rules.acts import ADMINISTRATORS, OFFICERS, Allowed
from app.accounts.rules.roles import Role

#: they re-route what no department wants, return answers, put dates off: officials, for the committee
STEERING = frozenset({Role.OFFICIAL, Role.ADMINISTRATOR})

ACTS = (
    Allowed("outcomes.desk", OFFICERS),
    Allowed("outcomes.answer", OFFICERS),
    Allowed("outcomes.steer", STEERING),
    Allowed("outcomes.routes", ADMINISTRATORS),
)
