"""Who of the staff may do what with halls. Which hall is theirs, the services ask."""

from app.accounts.rules.acts import EVERYONE, OFFICERS, Allowed
from app.accounts.rules.roles import Role

OFFICIALS = frozenset({Role.OFFICIAL})
#: moderators are let in too: whoever took over a hall hosts it
HOSTS = frozenset({Role.OFFICIAL, Role.MODERATOR})
MODERATORS = frozenset({Role.MODERATOR, Role.ADMINISTRATOR})

ACTS = (
    #: drafts, dates, agenda, people, polls, documents
    Allowed("townhalls.schedule", OFFICIALS),
    Allowed("townhalls.cancel", OFFICIALS, fresh=True),
    #: the stage, polls, the agenda, beginning and ending
    Allowed("townhalls.host", HOSTS),
    Allowed("townhalls.take", HOSTS),
    Allowed("townhalls.moderate", MODERATORS),
    #: promises, captions, announcements, what came by telephone
    Allowed("townhalls.record", HOSTS | MODERATORS),
    Allowed("townhalls.answer", OFFICERS),
    Allowed("townhalls.minutes", OFFICIALS, fresh=True),
    Allowed("townhalls.export", HOSTS | MODERATORS),
    #: what one registered for and asked
    Allowed("townhalls.own", EVERYONE),
)
