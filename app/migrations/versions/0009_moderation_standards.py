"""Moderation: the first version of the published standards."""

import sqlalchemy as sa
from alembic import op

revision = "0009_moderation_standards"
down_revision = "0008_petitions"

SHOWN = (
    ("duplicate", "There is one already", "It asks for the same as a petition that is open. Sign that one instead."),
    ("irrelevant", "Not ours to decide", "It asks for something that the bodies answering here have no say in."),
    ("no-action", "No clear action", "It must say what somebody should do or change, in words that can be answered."),
    ("already-done", "Already done", "What it asks for has happened or has been decided."),
    ("advert", "Advertising", "It promotes a product, a service or a business."),
    ("spam", "Spam", "It is nonsense, a joke, or the same text sent again and again."),
)
HIDDEN = (
    ("libellous", "May be libellous", "It says something damaging about someone that may not be true."),
    ("offensive", "Offensive", "It insults, threatens or degrades people."),
    ("personal-data", "Personal details", "It gives away private details of a person."),
    ("fake-name", "Not a real name", "It must be started under the creator's own name."),
)


def upgrade() -> None:
    reason = sa.table(
        "moderation_reason",
        *(sa.column(name) for name in ("code", "standards_version", "title", "rule", "place")),
        sa.column("hides", sa.Boolean),
    )
    rows = [(*rule, False) for rule in SHOWN] + [(*rule, True) for rule in HIDDEN]
    op.bulk_insert(
        reason,
        [
            {"code": code, "standards_version": 1, "title": title, "rule": rule, "hides": hides, "place": place}
            for place, (code, title, rule, hides) in enumerate(rows, start=1)
        ],
    )
