"""Who sees how the dumps are made. What is in them is everybody's."""

from app.accounts.rules.acts import ADMINISTRATORS, Allowed

ACTS = (Allowed("opendata.dumps", ADMINISTRATORS),)
