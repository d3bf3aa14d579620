"""Judging content: one case, one decision, one coded reason, whatever the content is.

Moderation knows no content. Rooms contribute, by kind, how to show and how to settle theirs
(:class:`app.moderation.contribution.Moderated`).
"""
