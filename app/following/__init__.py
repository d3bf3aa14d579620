"""Following along: by petition, topic, department, search, and whatever a room adds; one digest a day or a week.

Rooms say what can be followed (:class:`~app.following.contribution.Followable`) and which of their
events are news (:class:`~app.following.contribution.Told`). The house writes each down as a
*happening* with *tags*, in the event's own transaction; a digest gathers what bears the tags that
somebody follows. See docs/decisions/0030.
"""
