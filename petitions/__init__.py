"""The petitions room: citizens ask for one action, others sign, a department owes an answer.

A petition is started by its creator, gathers sponsors by a secret link, is checked by a moderator,
opens to signatures for some months, and brings a duty when it passes a threshold.
Start reading at :mod:`petitions.room`, then :mod:`petitions.rules.lifecycle` and
:mod:`petitions.service.signing`.
"""
