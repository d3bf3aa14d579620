"""Who may answer for a department, and who watches over all of them; which department it is, the service asks."""

from app.accounts.rules.acts import ADMINISTRATORS, OFFICERS, Allowed
from app.accounts.rules.roles import Role
from app.tokens.rules.scopes import Scope

#: they re-route what no department wants, return answers, put dates off: officials, for the committee
STEERING = frozenset({Role.OFFICIAL, Role.ADMINISTRATOR})

ACTS = (
    Allowed("outcomes.desk", OFFICERS, scope=Scope.READ),
    Allowed("outcomes.answer", OFFICERS, scope=Scope.WRITE),
    Allowed("outcomes.release", OFFICERS, scope=Scope.RELEASE),
    Allowed("outcomes.progress", OFFICERS, scope=Scope.PROGRESS),
    Allowed("outcomes.steer", STEERING),
    Allowed("outcomes.routes", ADMINISTRATORS),
)
