"""Who may do what at the moderators' desk."""

from app.accounts.rules.acts import ADMINISTRATORS, MODERATORS, Allowed

#: the named roles that may read sealed evidence of illegal content
EVIDENCE_READERS = ADMINISTRATORS

ACTS = (
    Allowed("moderation.queue", MODERATORS),
    Allowed("moderation.decide", MODERATORS, states=frozenset({"waiting"}), own=False),
    Allowed("moderation.lead", MODERATORS),
    Allowed("moderation.take-down", MODERATORS),
    Allowed("moderation.restore", ADMINISTRATORS),
    Allowed("moderation.reports", MODERATORS),
    Allowed("moderation.holidays", ADMINISTRATORS),
    Allowed("moderation.standards", ADMINISTRATORS),
    Allowed("moderation.duty", MODERATORS),
    Allowed("moderation.illegal", MODERATORS),
    Allowed("moderation.evidence", EVIDENCE_READERS, fresh=True),
)
