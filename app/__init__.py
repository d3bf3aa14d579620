"""The platform that the rooms stand on.

``app`` holds what every room needs (database, intake, accounts, mail, moderation, outcomes)
and what starts everything (:mod:`app.main`, :mod:`app.cli`). It never imports a room: rooms
are named in the settings and plug themselves in through ``room.install(site)``.
Read :mod:`app.site` first.
"""

__version__ = "0.1.0"
