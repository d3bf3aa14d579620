"""Who of the staff may do what with consultations; whose department it is, the services ask."""

from app.accounts.rules.acts import ADMINISTRATORS, OFFICERS, Allowed
from app.accounts.rules.roles import Role

#: they write consultations and approve each other's
EDITORS = frozenset({Role.OFFICIAL})

ACTS = (
    Allowed("consultations.edit", EDITORS),
    Allowed("consultations.approve", EDITORS),
    #: a version of a draft text; it never changes after
    Allowed("consultations.publish-text", EDITORS, fresh=True),
    #: publishing without a second person's approval, extending, withdrawing
    Allowed("consultations.force", EDITORS, fresh=True),
    Allowed("consultations.extend", EDITORS, fresh=True),
    Allowed("consultations.withdraw", EDITORS, fresh=True),
    Allowed("consultations.admit", EDITORS),
    #: officers of the lead department, and of those that support it
    Allowed("consultations.read", OFFICERS),
    Allowed("consultations.code", OFFICERS),
    #: all responses as a file; it leaves a line in the record
    Allowed("consultations.export", OFFICERS),
    #: what the department does with the comments on a clause
    Allowed("consultations.dispose", OFFICERS),
    Allowed("consultations.transcribe", OFFICERS),
    Allowed("consultations.publish", OFFICERS, fresh=True),
    Allowed("consultations.oversee", ADMINISTRATORS),
)
