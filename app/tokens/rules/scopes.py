"""What a program can be allowed to do; which acts that opens stands in the table of acts."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import _


class Scope(StrEnum):
    READ = "referrals:read"
    WRITE = "answers:write"
    RELEASE = "answers:release"
    PROGRESS = "progress:write"


#: name, and what it means to the department
SCOPE_NAMES = {
    Scope.READ: (
        _("Read matters"),
        _("The department's matters, its answers and its promises, as its desk shows them."),
    ),
    Scope.WRITE: (
        _("Accept matters and write answers"),
        _("What it writes waits until an officer of the department releases it."),
    ),
    Scope.RELEASE: (
        _("Publish answers"),
        _("What it writes is public at once, unless two people release an answer in this department."),
    ),
    Scope.PROGRESS: (_("Note progress of promises"), _("Everyone reads these notes as soon as they are sent.")),
}
#: a program that publishes must be able to write
NEEDS = {Scope.RELEASE: Scope.WRITE}
