"""Town halls: news of answers, of promises and of what became of questions."""

import sqlalchemy as sa
from alembic import op

revision = "0030_townhall_outcomes"
down_revision = "0029_consultation_figures"
KINDS = "kind IN ('moved', 'cancelled', 'day-before', 'hour-before', 'outcome', 'answered', 'promised')"


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("townhall_news") as news:
        if not sqlite:  # SQLite's table is made anew, without its check
            news.drop_constraint(op.f("ck_townhall_news_kind"), type_="check")
        news.create_check_constraint(op.f("ck_townhall_news_kind"), sa.text(KINDS))
