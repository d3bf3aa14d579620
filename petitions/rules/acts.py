"""Who of the staff may do what with petitions and signatures."""

from app.accounts.rules.acts import ADMINISTRATORS, MODERATORS, OFFICERS, Allowed

ACTS = (
    Allowed("petitions.find", MODERATORS),
    Allowed("petitions.sort", MODERATORS),
    Allowed("petitions.correct", MODERATORS),
    Allowed("petitions.keep-signers", ADMINISTRATORS, fresh=True),
    Allowed("petitions.signatures", MODERATORS),
    Allowed("petitions.signatures.end", MODERATORS),
    Allowed("petitions.statistics", MODERATORS),
    Allowed("petitions.held", MODERATORS),
    Allowed("petitions.blocks", ADMINISTRATORS),
    Allowed("petitions.stops", ADMINISTRATORS),
    Allowed("petitions.stop", ADMINISTRATORS, fresh=True),
    Allowed("petitions.topics", ADMINISTRATORS),
    Allowed("petitions.debate", OFFICERS),
)
